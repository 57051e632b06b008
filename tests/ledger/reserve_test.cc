// Reserve and Charge: what is granted, what is refused and why, and what a retry gets.

#include "ledger/account_record.h"
#include "tests/ledger/ledger_harness.h"
#include "tests/ledger/matchers.h"

namespace quota::ledger {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

TEST(ReserveTest, GrantHoldsCreditsAndSlotAndTellsWhereTheOrganisationStands) {
  LedgerHarness ledger;
  const auto answer = ledger.Run(Ask("a", 30));
  ASSERT_THAT(answer, Decides(Decision::kGranted));
  EXPECT_EQ(answer->credits, Credits(30));
  EXPECT_EQ(answer->expires_at, test::kNoon + seconds(60));
  EXPECT_EQ(answer->state, HoldState::kOpen);
  EXPECT_FALSE(answer->repeated);
  EXPECT_THAT(answer->usage, Shows(0, 30, 70));
  EXPECT_EQ(answer->usage.allotment, Credits(100));
  EXPECT_EQ(answer->usage.resets_at, test::kNoon + hours(12));
  EXPECT_EQ(answer->usage.catalog_revision, 1);
  ASSERT_EQ(answer->usage.pools.size(), 2u);
  EXPECT_EQ(answer->usage.pools[0].name, "main");
  EXPECT_EQ(answer->usage.pools[0].limit, 3);
  EXPECT_EQ(answer->usage.pools[0].in_flight, 1);
  EXPECT_EQ(answer->usage.pools[1].name, "heavy");
  EXPECT_EQ(answer->usage.pools[1].in_flight, 0);
}

TEST(ReserveTest, ExactlyWhatIsLeftIsGrantedAndOneMoreIsNot) {
  LedgerHarness ledger;
  EXPECT_THAT(ledger.Run(Ask("a", 101)), Decides(Decision::kCreditsExhausted));
  EXPECT_THAT(ledger.Run(Ask("a", 100)), Decides(Decision::kGranted));
  EXPECT_THAT(ledger.Run(Ask("b", 1)), Decides(Decision::kCreditsExhausted));
  EXPECT_THAT(ledger.Run(Ask("b", 0)), Decides(Decision::kGranted));
}

TEST(ReserveTest, MethodIsPricedByTheCatalog) {
  LedgerHarness ledger;
  Reserve list = AskMethod("a", "tickets.list");
  std::get<MethodCall>(list.cost).attributes = {{"from", 2001}};
  EXPECT_EQ(ledger.Run(list)->credits, Credits(5));
  EXPECT_EQ(ledger.Run(AskMethod("b", "tickets.count"))->credits, Credits(50));
  EXPECT_THAT(ledger.Run(AskMethod("c", "tickets.fly")),
              FailsWith(absl::StatusCode::kInvalidArgument, "method: "));
}

TEST(ReserveTest, BothShortGivesCreditsFirst) {
  LedgerHarness ledger("small");
  ASSERT_THAT(ledger.Run(Ask("a", 25)), Decides(Decision::kGranted));
  ASSERT_THAT(ledger.Run(Ask("b", 25)), Decides(Decision::kGranted));
  const auto both = ledger.Run(Ask("c", 1));
  EXPECT_THAT(both, Decides(Decision::kCreditsExhausted));
  EXPECT_EQ(both->exhausted_pool, "");
  EXPECT_EQ(both->usage.resets_at, test::kNoon + hours(12));
  const auto slots_alone = ledger.Run(Ask("c", 0));
  EXPECT_THAT(slots_alone, Decides(Decision::kConcurrencyExhausted));
  EXPECT_EQ(slots_alone->exhausted_pool, "main");
}

TEST(ReserveTest, SlotsMustFitAsAWhole) {
  LedgerHarness ledger;
  Reserve two = Ask("a", 1);
  two.slots = 2;
  ASSERT_THAT(ledger.Run(two), Decides(Decision::kGranted));
  Reserve more = two;
  more.id = ReservationId::FromText("b");
  EXPECT_THAT(ledger.Run(more), Decides(Decision::kConcurrencyExhausted));
  more.slots = 1;
  EXPECT_EQ(ledger.Run(more)->usage.pools[0].in_flight, 3);
  Reserve none = Ask("c", 1);
  none.slots = 0;
  EXPECT_THAT(ledger.Run(none), Decides(Decision::kGranted));
  Reserve huge = Ask("d", 1);
  huge.slots = UINT32_MAX;
  EXPECT_THAT(ledger.Run(huge), Decides(Decision::kConcurrencyExhausted));
}

TEST(ReserveTest, SecondPoolIsNamedWhenItIsTheOneThatIsFull) {
  LedgerHarness ledger("enterprise");
  ASSERT_THAT(ledger.Run(AskMethod("a", "reports.run")), Decides(Decision::kGranted));
  const auto second = ledger.Run(AskMethod("b", "reports.run"));
  ASSERT_THAT(second, Decides(Decision::kGranted));
  EXPECT_EQ(second->usage.pools[0].in_flight, 2);
  EXPECT_EQ(second->usage.pools[1].in_flight, 2);
  const auto third = ledger.Run(AskMethod("c", "reports.run"));
  EXPECT_THAT(third, Decides(Decision::kConcurrencyExhausted));
  EXPECT_EQ(third->exhausted_pool, "heavy");
  EXPECT_THAT(ledger.Run(AskMethod("c", "tickets.get")), Decides(Decision::kGranted));
  ASSERT_TRUE(ledger.Release("a").ok());
  EXPECT_THAT(ledger.Run(AskMethod("d", "reports.run")), Decides(Decision::kGranted));
}

TEST(ReserveTest, TenThousandHoldsAreTheMost) {
  LedgerHarness ledger("enterprise");
  for (int i = 0; i < 10'000; ++i) {
    Reserve command = Ask("hold-" + std::to_string(i), 1);
    command.slots = 0;
    ASSERT_THAT(ledger.Run(command), Decides(Decision::kGranted));
  }
  Reserve next = Ask("next", 1);
  next.slots = 0;
  EXPECT_THAT(ledger.Run(next), Decides(Decision::kTooManyHolds));
  EXPECT_THAT(ledger.Run(AskCharge("charge", 1)), Decides(Decision::kGranted));
  ASSERT_TRUE(ledger.Commit("hold-0").ok());
  EXPECT_THAT(ledger.Run(next), Decides(Decision::kGranted));
}

TEST(ReserveTest, TenThousandHoldsThatExpireAtOnceEndInSeveralGroups) {
  LedgerHarness ledger("enterprise");
  for (int i = 0; i < 2'000; ++i) {
    Reserve command = Ask("hold-" + std::to_string(i), 1);
    command.slots = 0;
    ASSERT_THAT(ledger.Run(command), Decides(Decision::kGranted));
  }
  const uint64_t before = ledger.sequence();
  ledger.Advance(seconds(60));
  EXPECT_EQ(ledger.Usage().open_reservations, 0);
  EXPECT_GE(ledger.sequence() - before, 2'000 / Ledger::kMaxDueEvents);
  EXPECT_EQ(ledger.shard().counters().expired_holds, 2'000u);
  ledger.Restart();
}

TEST(ReserveTest, BestEffortGrantsWhatIsLeftButAtLeastOneCredit) {
  LedgerHarness ledger;
  Reserve command = Ask("a", 130);
  command.mode = Mode::kBestEffort;
  EXPECT_EQ(ledger.Run(command)->credits, Credits(100));
  EXPECT_EQ(ledger.Run(command)->credits, Credits(100)) << "a retry";
  command.id = ReservationId::FromText("b");
  EXPECT_THAT(ledger.Run(command), Decides(Decision::kCreditsExhausted));
  command.cost = Credits(0);
  EXPECT_THAT(ledger.Run(command), Decides(Decision::kGranted));
}

TEST(ReserveTest, CheckOnlyAsksAndChangesNothing) {
  LedgerHarness ledger;
  ledger.Usage();
  ledger.TakeEvents();
  const std::string before = ledger.shard().Dump();
  Reserve command = Ask("a", 30);
  command.mode = Mode::kCheckOnly;
  const auto granted = ledger.Run(command);
  EXPECT_THAT(granted, Decides(Decision::kGranted));
  EXPECT_EQ(granted->credits, Credits(30));
  EXPECT_EQ(granted->state, HoldState::kNone);
  EXPECT_THAT(granted->usage, Shows(0, 0, 100));
  command.cost = Credits(101);
  EXPECT_THAT(ledger.Run(command), Decides(Decision::kCreditsExhausted));
  Charge charge = AskCharge("a", 30);
  charge.mode = Mode::kCheckOnly;
  EXPECT_EQ(ledger.Run(charge)->charged, Credits(30));
  EXPECT_TRUE(ledger.TakeEvents().empty());
  EXPECT_EQ(ledger.shard().Dump(), before);
}

TEST(ReserveTest, CheckOnlyOpensTheDayAndNothingElse) {
  LedgerHarness ledger;
  ledger.TakeEvents();
  Reserve command = Ask("a", 30);
  command.mode = Mode::kCheckOnly;
  ASSERT_TRUE(ledger.Run(command).ok());
  const Events events = ledger.TakeEvents();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_TRUE(std::holds_alternative<records::DayOpened>(events[0]));
}

TEST(ReserveTest, CheckOnlyIgnoresWhatItsIdWasUsedFor) {
  LedgerHarness ledger;
  ASSERT_TRUE(ledger.Run(Ask("a", 30)).ok());
  Reserve command = Ask("a", 71);
  command.mode = Mode::kCheckOnly;
  EXPECT_THAT(ledger.Run(command), Decides(Decision::kCreditsExhausted));
}

TEST(ReserveTest, RefusalWritesNothingAndIsDecidedAfresh) {
  LedgerHarness ledger;
  ASSERT_TRUE(ledger.Run(Ask("a", 100)).ok());
  ledger.TakeEvents();
  EXPECT_THAT(ledger.Run(Ask("b", 50)), Decides(Decision::kCreditsExhausted));
  EXPECT_THAT(ledger.Run(AskCharge("c", 50)), Decides(Decision::kCreditsExhausted));
  EXPECT_TRUE(ledger.TakeEvents().empty());
  ASSERT_TRUE(ledger.Release("a").ok());
  EXPECT_THAT(ledger.Run(Ask("b", 50)), Decides(Decision::kGranted));
  // The refused id was not taken: another kind of request may use it.
  EXPECT_THAT(ledger.Run(AskCharge("c", 10)), Decides(Decision::kGranted));
}

TEST(ReserveTest, TtlOutOfRangeIsAnErrorAndNeverClamped) {
  LedgerHarness ledger;
  struct Case {
    Duration ttl;
    bool ok;
  };
  for (const Case& c : {Case{seconds(0), false}, Case{Duration(999'999), false},
                        Case{seconds(-5), false}, Case{seconds(1), true}, Case{hours(1), true},
                        Case{hours(1) + Duration(1), false}, Case{hours(25), false}}) {
    Reserve command = Ask("ttl-" + std::to_string(c.ttl.count()), 1);
    command.ttl = c.ttl;
    if (c.ok) {
      EXPECT_EQ(ledger.Run(command)->expires_at, test::kNoon + c.ttl);
    } else {
      EXPECT_THAT(ledger.Run(command),
                  FailsWith(absl::StatusCode::kInvalidArgument, "1000 ms to 3600000 ms"));
    }
  }
}

TEST(ReserveTest, UnknownOrganisationIsADecisionForCallsAndAnErrorForSettles) {
  LedgerHarness ledger;
  EXPECT_THAT(ledger.Run(Ask("a", 1), "nobody"), Decides(Decision::kOrgUnknown));
  EXPECT_THAT(ledger.Run(AskCharge("a", 1), "nobody"), Decides(Decision::kOrgUnknown));
  EXPECT_THAT(ledger.Commit("a", {}, "nobody"), FailsWith(absl::StatusCode::kNotFound, "nobody"));
  EXPECT_THAT(ledger.Release("a", "nobody"), FailsWith(absl::StatusCode::kNotFound, "org_id"));
  EXPECT_THAT(ledger.Extend("a", seconds(60), "nobody"),
              FailsWith(absl::StatusCode::kNotFound, "org_id"));
  EXPECT_THAT(ledger.Run(SetEdition{{}, "tiny", {}}, "nobody"),
              FailsWith(absl::StatusCode::kNotFound, "org_id"));
}

TEST(ReserveTest, SuspendedOrganisationGetsNothingNewButItsHoldsMayEnd) {
  LedgerHarness ledger;
  ASSERT_TRUE(ledger.Run(Ask("a", 10)).ok());
  ASSERT_TRUE(ledger.Run(Ask("b", 10)).ok());
  records::PlanChanged suspend;
  suspend.set_account(1);
  *suspend.mutable_plan() = ToRecord(ledger.account().plan);
  suspend.mutable_plan()->set_suspended(true);
  suspend.mutable_request()->set_request_id("suspend");
  ledger.Inject(suspend);
  EXPECT_THAT(ledger.Run(Ask("c", 1000)), Decides(Decision::kOrgSuspended));
  EXPECT_THAT(ledger.Run(AskCharge("c", 1)), Decides(Decision::kOrgSuspended));
  const auto retry = ledger.Run(Ask("a", 10));
  EXPECT_THAT(retry, Decides(Decision::kGranted));
  EXPECT_TRUE(retry->repeated);
  EXPECT_TRUE(ledger.Usage().suspended);
  EXPECT_EQ(ledger.Commit("a", 12)->charged, Credits(12));
  EXPECT_TRUE(ledger.Release("b").ok());
}

TEST(ReserveTest, RetryTellsThePresentStateAndChangesNothing) {
  LedgerHarness ledger;
  struct Case {
    std::string_view id;
    HoldState state;
  };
  for (const std::string_view id : {"open", "committed", "released", "expired", "lost"}) {
    Reserve command = Ask(id, 10);
    command.slots = 0;
    if (id == "expired") command.ttl = seconds(1);
    if (id == "lost") command.session = "session";
    ASSERT_THAT(ledger.Run(command), Decides(Decision::kGranted));
  }
  ASSERT_TRUE(ledger.Commit("committed", 7).ok());
  ASSERT_TRUE(ledger.Release("released").ok());
  ledger.Advance(seconds(1));
  EXPECT_EQ(ledger.LoseSession("session").ended, 1u);
  ledger.Sweep();
  ledger.TakeEvents();
  for (const Case& c :
       {Case{"open", HoldState::kOpen}, Case{"committed", HoldState::kCommitted},
        Case{"released", HoldState::kReleased}, Case{"expired", HoldState::kExpired},
        Case{"lost", HoldState::kSessionLost}}) {
    Reserve again = Ask(c.id, 10);
    // Only what the request said counts, not what it would be today.
    again.ttl = hours(100);
    const auto answer = ledger.Run(again);
    ASSERT_THAT(answer, Decides(Decision::kGranted)) << c.id;
    EXPECT_EQ(answer->state, c.state) << c.id;
    EXPECT_EQ(answer->credits, Credits(10)) << c.id;
    EXPECT_TRUE(answer->repeated) << c.id;
    EXPECT_EQ(answer->expires_at,
              c.state == HoldState::kOpen ? test::kNoon + seconds(60) : Instant())
        << c.id;
    EXPECT_THAT(answer->usage, Shows(7, 10, 83)) << c.id;
  }
  EXPECT_TRUE(ledger.TakeEvents().empty());
}

TEST(ReserveTest, AnotherRequestUnderAKnownIdIsRefusedWhateverItsState) {
  LedgerHarness ledger;
  ASSERT_TRUE(ledger.Run(Ask("open", 10)).ok());
  ASSERT_TRUE(ledger.Run(Ask("ended", 10)).ok());
  ASSERT_TRUE(ledger.Commit("ended").ok());
  ASSERT_TRUE(ledger.Run(AskCharge("charge", 10)).ok());
  for (const std::string_view id : {"open", "ended", "charge"}) {
    EXPECT_THAT(ledger.Run(Ask(id, 11)), FailsWith(absl::StatusCode::kAlreadyExists, id));
    EXPECT_THAT(ledger.Run(AskCharge(id, 11)), FailsWith(absl::StatusCode::kAlreadyExists, id));
  }
  EXPECT_THAT(ledger.Run(Ask("charge", 10)), FailsWith(absl::StatusCode::kAlreadyExists, "charge"));
  EXPECT_THAT(ledger.Run(AskCharge("open", 10)),
              FailsWith(absl::StatusCode::kAlreadyExists, "open"));
}

TEST(ReserveTest, IdsBelongToTheirOrganisation) {
  LedgerHarness ledger;
  ledger.Create("other", "tiny");
  ASSERT_TRUE(ledger.Run(Ask("a", 10)).ok());
  EXPECT_THAT(ledger.Commit("a", {}, "other"), FailsWith(absl::StatusCode::kNotFound, "a"));
  EXPECT_THAT(ledger.Release("a", "other"), FailsWith(absl::StatusCode::kNotFound, "other"));
  const auto same_id = ledger.Run(Ask("a", 20), "other");
  ASSERT_THAT(same_id, Decides(Decision::kGranted));
  EXPECT_FALSE(same_id->repeated);
  EXPECT_EQ(ledger.Commit("a")->charged, Credits(10));
}

TEST(ChargeTest, ChargesAtOnceWithoutASlotAndARetryChangesNothing) {
  LedgerHarness ledger;
  const auto first = ledger.Run(AskCharge("a", 40));
  ASSERT_THAT(first, Decides(Decision::kGranted));
  EXPECT_EQ(first->charged, Credits(40));
  EXPECT_FALSE(first->repeated);
  EXPECT_THAT(first->usage, Shows(40, 0, 60));
  EXPECT_EQ(first->usage.pools[0].in_flight, 0);
  const auto again = ledger.Run(AskCharge("a", 40));
  ASSERT_THAT(again, Decides(Decision::kGranted));
  EXPECT_EQ(again->charged, Credits(40));
  EXPECT_TRUE(again->repeated);
  EXPECT_THAT(again->usage, Shows(40, 0, 60));
}

TEST(ChargeTest, IsNeitherHeldBackByFullPoolsNorBySlots) {
  LedgerHarness ledger("none");
  ASSERT_TRUE(ledger.Run(Ask("a", 0)).ok());
  EXPECT_THAT(ledger.Run(Ask("b", 0)), Decides(Decision::kConcurrencyExhausted));
  EXPECT_THAT(ledger.Run(AskCharge("b", 0)), Decides(Decision::kGranted));
  EXPECT_THAT(ledger.Run(AskCharge("c", 1)), Decides(Decision::kCreditsExhausted));
}

TEST(ChargeTest, BestEffortChargesWhatIsLeft) {
  LedgerHarness ledger;
  Charge command = AskCharge("a", 130);
  command.mode = Mode::kBestEffort;
  EXPECT_EQ(ledger.Run(command)->charged, Credits(100));
  EXPECT_EQ(ledger.Run(command)->charged, Credits(100)) << "a retry";
  command.id = ReservationId::FromText("b");
  EXPECT_THAT(ledger.Run(command), Decides(Decision::kCreditsExhausted));
}

}  // namespace
}  // namespace quota::ledger
