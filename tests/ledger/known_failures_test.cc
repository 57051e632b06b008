// The known failures of others, each with the test that shows that this ledger has none of it.
// Services of this kind have lost, doubled or leaked in every one of these ways.
//
//   a retried Reserve holding twice              NoRetriedReserveHoldsTwice
//   a retried Commit charging, or counting       NoRetriedCommitChargesTwice
//     overage, twice                             NoRetriedCommitCountsOverageTwice
//   expiry recorded but never swept              NoExpiryIsLeftUnswept
//   expiry announced twice                       NoExpiryIsAnnouncedTwice
//   commit racing expiry                         NoCommitThatRacesExpiryIsLostOrChargedTwice
//   commit on the other side of midnight         NoCommitAcrossMidnightIsChargedToTheNewDay
//   a corrupt record wedging the sweeper         NoCorruptRecordWedgesTheSweeper (*)
//   an id reused with another payload            NoIdIsReusedWithAnotherPayload
//   a stale retry after an admin change          NoStaleRetryUndoesALaterChange
//   a purchase bought twice by a retry after     NoPurchaseIsBoughtTwiceByARetryAfterAnOutage (*)
//     an outage
//   yesterday's open hold on a pack counted      NoHoldOfYesterdayOnAPackIsCountedAgainToday
//     again today
//   slots leaking when a client dies             NoSlotLeaksWhenAClientDies; over the wire
//                                                  ServerTest.ALostSessionFreesItsSlots
//   amounts above 2^53                           NoAmountAbove2To53IsRounded
//   sums above 2^63                              NoOverageWrapsAround
//   a lowered limit with more in flight than     NoLoweredLimitGrantsWhileMoreIsInFlight
//     it allows
//
// (*) in tests/integration/known_failures_test.cc, as it takes a store or a connection.

#include <utility>

#include "ledger/record_bounds.h"
#include "tests/ledger/ledger_harness.h"
#include "tests/ledger/matchers.h"

namespace quota::ledger {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr auto kExists = absl::StatusCode::kAlreadyExists;

int CountExpired(const Events& events) {
  int count = 0;
  for (const Event& event : events) {
    const auto* settled = std::get_if<Settled>(&event);
    if (settled != nullptr && settled->state == HoldState::kExpired) ++count;
  }
  return count;
}

TEST(KnownFailures, NoRetriedReserveHoldsTwice) {
  LedgerHarness ledger;
  Reserve command = Ask("a", 30);
  command.slots = 2;
  ASSERT_THAT(ledger.Run(command), Decides(Decision::kGranted));
  for (const bool restarted : {false, true}) {
    if (restarted) ledger.Restart();
    const auto again = ledger.Run(command);
    ASSERT_THAT(again, Decides(Decision::kGranted));
    EXPECT_TRUE(again->repeated);
    EXPECT_THAT(again->usage, Shows(0, 30, 70));
    EXPECT_EQ(again->usage.pools[0].in_flight, 2);
  }
  // Nor once it has ended.
  ASSERT_TRUE(ledger.Commit("a", 20).ok());
  EXPECT_THAT(ledger.Run(command)->usage, Shows(20, 0, 80));
  EXPECT_EQ(ledger.account().hold_count, 0u);
}

TEST(KnownFailures, NoRetriedCommitChargesTwice) {
  for (const bool late : {false, true}) {
    LedgerHarness ledger;
    ASSERT_THAT(ledger.Run(Ask("a", 30)), Decides(Decision::kGranted));
    if (late) ledger.Advance(seconds(61));
    ASSERT_EQ(ledger.Commit("a", 40)->charged, Credits(40));
    for (const bool restarted : {false, true}) {
      if (restarted) ledger.Restart();
      const auto again = ledger.Commit("a", 40);
      ASSERT_TRUE(again.ok()) << again.status();
      EXPECT_TRUE(again->repeated);
      EXPECT_EQ(again->late, late);
      EXPECT_THAT(again->usage, Shows(40, 0, 60));
    }
  }
}

TEST(KnownFailures, NoRetriedCommitCountsOverageTwice) {
  for (const bool late : {false, true}) {
    LedgerHarness ledger;
    ASSERT_THAT(ledger.Run(Ask("a", 30)), Decides(Decision::kGranted));
    if (late) ledger.Advance(seconds(61));
    ASSERT_EQ(ledger.Commit("a", 120)->overage, Credits(20));
    ledger.Restart();
    EXPECT_EQ(ledger.Commit("a", 120)->overage, Credits(20));
    EXPECT_EQ(ledger.Usage().overage, Credits(20));
    EXPECT_THAT(ledger.Usage().usage, Shows(100, 0, 0));
  }
}

TEST(KnownFailures, NoExpiryIsLeftUnswept) {
  LedgerHarness ledger;
  ASSERT_THAT(ledger.Run(Ask("a", 30)), Decides(Decision::kGranted));
  // Nobody calls any more: the timer alone must find it, after a restart too.
  ledger.Restart();
  EXPECT_EQ(ledger.shard().NextTimer(), test::kNoon + seconds(60));
  ledger.Advance(seconds(60));
  ledger.Sweep();
  EXPECT_EQ(ledger.account().hold_count, 0u);
  EXPECT_EQ(ledger.account().pools[0].in_flight, 0);
  EXPECT_EQ(ledger.account().days[0].held, Credits(0));
  EXPECT_EQ(CountExpired(ledger.TakeEvents()), 1) << "what is swept is journalled";
}

TEST(KnownFailures, NoExpiryIsAnnouncedTwice) {
  LedgerHarness ledger;
  Reserve command = Ask("a", 30);
  command.session = "session";
  ASSERT_THAT(ledger.Run(command), Decides(Decision::kGranted));
  ledger.Advance(seconds(60));
  // All that may notice it, one after the other.
  ledger.Sweep();
  ledger.Usage();
  ledger.LoseSession("session");
  ledger.Sweep();
  EXPECT_EQ(ledger.shard().counters().expired_holds, 1u);
  ledger.Restart();
  ledger.Sweep();
  ledger.Usage();
  ledger.LoseSession("session");
  EXPECT_EQ(CountExpired(ledger.TakeEvents()), 1);
  EXPECT_EQ(ledger.shard().counters().expired_holds, 0u) << "a restart counts nothing again";
}

// Who comes first at the deadline: the sweep, a call of another, or the commit itself.
TEST(KnownFailures, NoCommitThatRacesExpiryIsLostOrChargedTwice) {
  enum class First { kCommit, kSweep, kOtherCall };
  for (const First first : {First::kCommit, First::kSweep, First::kOtherCall}) {
    for (const Duration after : {Duration(-1), Duration(0), Duration(1)}) {
      LedgerHarness ledger;
      ASSERT_THAT(ledger.Run(Ask("a", 30)), Decides(Decision::kGranted));
      ledger.Advance(seconds(60) + after);
      if (first == First::kSweep) ledger.Sweep();
      if (first == First::kOtherCall) ledger.Usage();
      const auto commit = ledger.Commit("a", 25);
      ASSERT_TRUE(commit.ok()) << commit.status();
      EXPECT_EQ(commit->late, after >= Duration(0)) << "the deadline's instant is past it";
      EXPECT_EQ(commit->charged, Credits(25));
      ledger.Advance(seconds(1));
      ledger.Sweep();
      EXPECT_THAT(ledger.Usage().usage, Shows(25, 0, 75));
      EXPECT_EQ(ledger.account().pools[0].in_flight, 0);
      ledger.Restart();
    }
  }
}

TEST(KnownFailures, NoCommitAcrossMidnightIsChargedToTheNewDay) {
  for (const bool late : {false, true}) {
    LedgerHarness ledger;
    ledger.clock().Set(test::kNoon + hours(12) - seconds(10));
    Reserve command = Ask("a", 30);
    command.ttl = late ? seconds(5) : minutes(1);
    ASSERT_TRUE(ledger.Run(command).ok());
    ledger.Advance(seconds(20));
    EXPECT_THAT(ledger.Usage().usage, Shows(0, 0, 100)) << "the new day";
    const auto answer = ledger.Commit("a", 25);
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->late, late);
    EXPECT_EQ(answer->charged, Credits(25));
    EXPECT_THAT(answer->usage, Shows(0, 0, 100));
    ASSERT_EQ(ledger.account().days.size(), 2u);
    EXPECT_EQ(ledger.account().days[0].used, Credits(25));
    EXPECT_EQ(ledger.account().days[0].held, Credits(0));
    ledger.Restart();
  }
}

TEST(KnownFailures, NoIdIsReusedWithAnotherPayload) {
  LedgerHarness ledger;
  ASSERT_THAT(ledger.Run(Ask("open", 10)), Decides(Decision::kGranted));
  ASSERT_THAT(ledger.Run(Ask("ended", 10)), Decides(Decision::kGranted));
  ASSERT_TRUE(ledger.Commit("ended").ok());
  ASSERT_THAT(ledger.Run(AskCharge("charge", 10)), Decides(Decision::kGranted));
  ledger.Restart();
  ledger.TakeEvents();
  for (const std::string_view id : {"open", "ended", "charge"}) {
    EXPECT_THAT(ledger.Run(Ask(id, 11)), FailsWith(kExists, id));
    EXPECT_THAT(ledger.Run(AskCharge(id, 11)), FailsWith(kExists, id));
  }
  EXPECT_THAT(ledger.Commit("ended", 9), FailsWith(kExists, "already committed with 10"));
  EXPECT_TRUE(ledger.TakeEvents().empty());
  EXPECT_THAT(ledger.Usage().usage, Shows(20, 10, 70));
}

TEST(KnownFailures, NoStaleRetryUndoesALaterChange) {
  LedgerHarness ledger;
  const SetAgents stale{{.request_id = "five", .fingerprint = 5}, 5, {}};
  const auto first = ledger.Run(stale);
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_THAT(ledger.Run(Ask("a", 10)), Decides(Decision::kGranted));
  ASSERT_TRUE(ledger.Run(SetAgents{{}, 7, {}}).ok());
  ledger.SetEditionTo("small");
  ledger.Restart();
  ledger.TakeEvents();
  // Of the administrator: the first answer, and nothing changes.
  const auto again = ledger.Run(stale);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(ledger.Org().agents(), 7);
  EXPECT_EQ(ledger.Org().edition(), "small");
  // Of a caller: what was granted under the old plan, once.
  const auto reserve = ledger.Run(Ask("a", 10));
  EXPECT_TRUE(reserve->repeated);
  EXPECT_EQ(reserve->usage.held, Credits(10));
  EXPECT_TRUE(ledger.TakeEvents().empty());
}

TEST(KnownFailures, NoHoldOfYesterdayOnAPackIsCountedAgainToday) {
  LedgerHarness ledger;
  const auto pack = [&ledger] {
    const quota::v1::Pack view = ledger.Org().purchases(0).pack();
    return std::make_pair(view.used(), view.held());
  };
  ledger.clock().Set(test::kNoon + hours(12) - seconds(10));
  ledger.BuyPack("pack", 50);
  Reserve command = Ask("a", 130);
  command.ttl = minutes(1);
  ASSERT_TRUE(ledger.Run(command).ok());
  ledger.Advance(seconds(20));
  const UsageAnswer today = ledger.Usage();
  EXPECT_THAT(today.usage, Shows(0, 0, 120)) << "20 of the pack are left";
  EXPECT_EQ(today.usage.allotment, Credits(120));
  EXPECT_EQ(today.allotment_by_source.packs, Credits(20));
  EXPECT_EQ(pack(), std::make_pair(int64_t{0}, int64_t{30}));
  EXPECT_THAT(ledger.Run(Ask("b", 121)), Decides(Decision::kCreditsExhausted));
  ASSERT_THAT(ledger.Run(Ask("b", 120)), Decides(Decision::kGranted));
  // Nothing is left of the pack: yesterday's extra is overage.
  const auto late = ledger.Commit("a", 135);
  EXPECT_EQ(late->charged, Credits(130));
  EXPECT_EQ(late->overage, Credits(5));
  EXPECT_EQ(pack(), std::make_pair(int64_t{30}, int64_t{20}));
  ASSERT_TRUE(ledger.Commit("b").ok());
  ledger.Advance(minutes(10));
  ledger.Sweep();
  ledger.Sweep();
  ledger.Sweep();
  ASSERT_EQ(ledger.account().days.size(), 1u) << "yesterday is closed";
  EXPECT_EQ(pack(), std::make_pair(int64_t{50}, int64_t{0}));
  ledger.Restart();
}

TEST(KnownFailures, NoSlotLeaksWhenAClientDies) {
  LedgerHarness ledger("enterprise");
  Reserve bound = AskMethod("bound", "reports.run");
  bound.session = "dead";
  Reserve several = Ask("several", 1);
  several.session = "dead";
  several.slots = 5;
  for (const Reserve& command : {bound, several, AskMethod("unbound", "reports.run")}) {
    ASSERT_THAT(ledger.Run(command), Decides(Decision::kGranted));
  }
  EXPECT_EQ(ledger.account().pools[0].in_flight, 7);
  EXPECT_EQ(ledger.account().pools[1].in_flight, 2);
  ledger.Restart();
  // Its session is lost: what was bound to it ends at once, the rest by its ttl, and nobody calls.
  EXPECT_EQ(ledger.LoseSession("dead").ended, 2u);
  EXPECT_EQ(ledger.account().pools[0].in_flight, 1);
  EXPECT_EQ(ledger.account().pools[1].in_flight, 1);
  ledger.Advance(seconds(60));
  ledger.Sweep();
  EXPECT_EQ(ledger.account().pools[0].in_flight, 0);
  EXPECT_EQ(ledger.account().pools[1].in_flight, 0);
  ledger.Restart();
}

TEST(KnownFailures, NoAmountAbove2To53IsRounded) {
  LedgerHarness ledger;
  ledger.BuyPack("p0", 1'000'000'000'000);
  constexpr int64_t kMany = (int64_t{1} << 53) + 1;
  const int64_t packs = kMany / kMaxCredits.value() + 1;
  // One pack has at most 10^12: the sum of many is an injected one of more.
  records::CreditsPurchased event;
  event.set_account(1);
  event.mutable_purchase()->set_number(2);
  event.mutable_purchase()->set_purchase_id("injected");
  event.mutable_purchase()->set_is_pack(true);
  event.mutable_purchase()->set_credits(packs * kMaxCredits.value());
  event.mutable_purchase()->set_first_day(ledger.account().days.back().date);
  event.set_revision(3);
  event.mutable_request()->set_request_id("injected");
  ledger.Inject(event);
  Reserve command = Ask("a", kMany);
  ASSERT_EQ(ledger.Run(command)->credits, Credits(kMany));
  const auto commit = ledger.Commit("a", kMany - 1);
  EXPECT_EQ(commit->charged, Credits(kMany - 1));
  EXPECT_EQ(commit->usage.used, Credits(kMany - 1));
  EXPECT_EQ(commit->usage.allotment, Credits((packs + 1) * kMaxCredits.value() + 100));
  ledger.Restart();
  EXPECT_EQ(ledger.Usage().usage.used, Credits(kMany - 1));
}

// The sum that nothing bounds: 9 million commits of 10^12 in a day, all of it overage.
TEST(KnownFailures, NoOverageWrapsAround) {
  LedgerHarness ledger;
  ASSERT_THAT(ledger.Run(Ask("a", 100)), Decides(Decision::kGranted));
  ASSERT_EQ(ledger.Commit("a", 101)->overage, Credits(1));
  Settled event;
  event.account = 1;
  event.origin = Origin::kCharge;
  event.state = HoldState::kCommitted;
  event.asked = event.overage = kMaxBalance;
  event.day_start = ledger.account().days[0].start;
  int64_t sum = 1;
  for (int i = 0; i < 511; ++i) {
    event.id = ReservationId::FromText(std::to_string(i));
    ledger.Inject(event);
    sum += kMaxBalance.value();
    ASSERT_EQ(ledger.account().days[0].overage, Credits(sum));
  }
  for (int i = 511; i < 513; ++i) {
    event.id = ReservationId::FromText(std::to_string(i));
    ledger.Inject(event);
    EXPECT_EQ(ledger.account().days[0].overage, Credits(INT64_MAX)) << "the most that there is";
  }
  ledger.Restart();
}

TEST(KnownFailures, NoLoweredLimitGrantsWhileMoreIsInFlight) {
  LedgerHarness ledger;
  for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(ledger.Run(Ask(id, 1)).ok());
  ASSERT_TRUE(ledger.Run(SetConcurrencyLimit{{}, "main", 1}).ok());
  const auto refused = ledger.Run(Ask("d", 1));
  EXPECT_THAT(refused, Decides(Decision::kConcurrencyExhausted));
  EXPECT_EQ(refused->usage.pools[0].in_flight, 3);
  EXPECT_EQ(refused->usage.pools[0].limit, 1);
  ASSERT_TRUE(ledger.Commit("a").ok());
  ASSERT_TRUE(ledger.Commit("b").ok());
  EXPECT_THAT(ledger.Run(Ask("d", 1)), Decides(Decision::kConcurrencyExhausted));
  ASSERT_TRUE(ledger.Commit("c").ok());
  EXPECT_THAT(ledger.Run(Ask("d", 1)), Decides(Decision::kGranted));
}

}  // namespace
}  // namespace quota::ledger
