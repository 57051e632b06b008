// Commit, Release and Extend: every one after every end of a reservation, and what is charged.

#include "tests/ledger/ledger_harness.h"
#include "tests/ledger/matchers.h"

namespace quota::ledger {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr auto kWrong = absl::StatusCode::kFailedPrecondition;
constexpr auto kTaken = absl::StatusCode::kAlreadyExists;

// How a reservation of 10 credits came to where it is.
enum class Past {
  kOpen,
  kCommitted,      // with 10, what was held
  kCommittedLess,  // with 7
  kReleased,
  kExpired,
  kCommittedOnExpiry,
  kSessionLost,
  kLate,  // committed with 6 after it had expired
  kCharged,
};

constexpr Past kPasts[] = {Past::kOpen,        Past::kCommitted, Past::kCommittedLess,
                           Past::kReleased,    Past::kExpired,   Past::kCommittedOnExpiry,
                           Past::kSessionLost, Past::kLate,      Past::kCharged};

void Bring(LedgerHarness& ledger, Past past) {
  if (past == Past::kCharged) {
    ASSERT_THAT(ledger.Run(AskCharge("id", 10)), Decides(Decision::kGranted));
    return;
  }
  Reserve command = Ask("id", 10);
  command.commit_on_expiry = past == Past::kCommittedOnExpiry;
  if (past == Past::kSessionLost) command.session = "session";
  ASSERT_THAT(ledger.Run(command), Decides(Decision::kGranted));
  switch (past) {
    case Past::kCommitted:
      ASSERT_TRUE(ledger.Commit("id").ok());
      break;
    case Past::kCommittedLess:
      ASSERT_TRUE(ledger.Commit("id", 7).ok());
      break;
    case Past::kReleased:
      ASSERT_TRUE(ledger.Release("id").ok());
      break;
    case Past::kExpired:
    case Past::kCommittedOnExpiry:
    case Past::kLate:
      ledger.Advance(seconds(60));
      ledger.Sweep();
      if (past == Past::kLate) {
        ASSERT_TRUE(ledger.Commit("id", 6)->late);
      }
      break;
    case Past::kSessionLost:
      ASSERT_EQ(ledger.LoseSession("session").ended, 1u);
      break;
    case Past::kOpen:
    case Past::kCharged:
      break;
  }
}

// A settle that changes something is repeated: the same answer, marked, and nothing changes.
struct CommitCase {
  Past past;
  std::optional<int64_t> asked;
  // Of an answer.
  int64_t charged = 0;
  bool late = false;
  bool repeated = false;
  // Of an error.
  absl::StatusCode error = absl::StatusCode::kOk;
  std::string_view message = {};
};

TEST(SettleTest, CommitAfterEverything) {
  const CommitCase cases[] = {
      {Past::kOpen, {}, 10},
      {Past::kOpen, 4, 4},
      {Past::kOpen, 0, 0},
      {Past::kOpen, 15, 15},
      {Past::kCommitted, {}, 10, false, true},
      {Past::kCommitted, 10, 10, false, true},
      {Past::kCommitted, 9, 0, false, false, kTaken, "already committed with 10"},
      {Past::kCommittedLess, 7, 7, false, true},
      {Past::kCommittedLess, {}, 0, false, false, kTaken, "already committed with 7"},
      {Past::kReleased, {}, 0, false, false, kWrong, "is released; it cannot be committed"},
      {Past::kExpired, {}, 10, true},
      {Past::kExpired, 25, 25, true},
      {Past::kCommittedOnExpiry, {}, 10, false, true},
      {Past::kCommittedOnExpiry, 10, 10, false, true},
      {Past::kCommittedOnExpiry, 3, 0, false, false, kTaken, "already committed with 10"},
      {Past::kSessionLost, {}, 10, true},
      {Past::kSessionLost, 4, 4, true},
      {Past::kLate, 6, 6, true, true},
      {Past::kLate, {}, 0, false, false, kTaken, "already committed with 6"},
      {Past::kCharged, {}, 0, false, false, kWrong, "is charged at once; it cannot be committed"},
      {Past::kCharged, 10, 0, false, false, kWrong, "charged at once"},
  };
  for (const CommitCase& c : cases) {
    SCOPED_TRACE(testing::Message()
                 << "past " << static_cast<int>(c.past) << ", asked " << c.asked.value_or(-1));
    LedgerHarness ledger;
    Bring(ledger, c.past);
    ledger.TakeEvents();
    const auto answer = ledger.Commit("id", c.asked);
    if (c.error != absl::StatusCode::kOk) {
      EXPECT_THAT(answer, FailsWith(c.error, c.message));
      EXPECT_TRUE(ledger.TakeEvents().empty());
      continue;
    }
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->charged, Credits(c.charged));
    EXPECT_EQ(answer->overage, Credits(0));
    EXPECT_EQ(answer->late, c.late);
    EXPECT_EQ(answer->repeated, c.repeated);
    EXPECT_THAT(answer->usage, Shows(c.charged, 0, 100 - c.charged));
    EXPECT_EQ(answer->usage.pools[0].in_flight, 0);
    EXPECT_EQ(ledger.TakeEvents().size(), c.repeated ? 0u : 1u);

    const auto again = ledger.Commit("id", c.asked);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(again->charged, answer->charged);
    EXPECT_EQ(again->late, answer->late);
    EXPECT_TRUE(again->repeated);
    EXPECT_TRUE(ledger.TakeEvents().empty());
    ledger.Restart();
    EXPECT_TRUE(ledger.Commit("id", c.asked)->repeated) << "after a restart";
  }
}

TEST(SettleTest, ReleaseAfterEverything) {
  for (const Past past : kPasts) {
    SCOPED_TRACE(static_cast<int>(past));
    LedgerHarness ledger;
    Bring(ledger, past);
    ledger.TakeEvents();
    const auto answer = ledger.Release("id");
    switch (past) {
      case Past::kOpen:
        ASSERT_TRUE(answer.ok());
        EXPECT_EQ(answer->state, HoldState::kReleased);
        EXPECT_FALSE(answer->repeated);
        EXPECT_THAT(answer->usage, Shows(0, 0, 100));
        EXPECT_EQ(answer->usage.pools[0].in_flight, 0);
        EXPECT_EQ(ledger.TakeEvents().size(), 1u);
        EXPECT_TRUE(ledger.Release("id")->repeated);
        break;
      case Past::kReleased:
      case Past::kExpired:
      case Past::kSessionLost:
        ASSERT_TRUE(answer.ok());
        EXPECT_EQ(answer->state, past == Past::kReleased  ? HoldState::kReleased
                                 : past == Past::kExpired ? HoldState::kExpired
                                                          : HoldState::kSessionLost);
        EXPECT_TRUE(answer->repeated);
        break;
      case Past::kCharged:
        EXPECT_THAT(answer, FailsWith(kWrong, "is charged at once; it cannot be released"));
        break;
      default:
        EXPECT_THAT(answer, FailsWith(kWrong, "is committed; it cannot be released"));
    }
    EXPECT_TRUE(ledger.TakeEvents().empty());
  }
}

TEST(SettleTest, ExtendAfterEverything) {
  for (const Past past : kPasts) {
    SCOPED_TRACE(static_cast<int>(past));
    LedgerHarness ledger;
    Bring(ledger, past);
    ledger.TakeEvents();
    const auto answer = ledger.Extend("id", hours(2));
    switch (past) {
      case Past::kOpen:
        ASSERT_TRUE(answer.ok());
        EXPECT_EQ(answer->expires_at, test::kNoon + hours(2));
        EXPECT_EQ(ledger.TakeEvents().size(), 1u);
        break;
      case Past::kReleased:
        EXPECT_THAT(answer, FailsWith(kWrong, "is released; it cannot be extended"));
        break;
      case Past::kExpired:
        EXPECT_THAT(answer, FailsWith(kWrong, "is expired; it cannot be extended"));
        break;
      case Past::kSessionLost:
        EXPECT_THAT(answer, FailsWith(kWrong, "is session lost; it cannot be extended"));
        break;
      case Past::kCharged:
        EXPECT_THAT(answer, FailsWith(kWrong, "is charged at once; it cannot be extended"));
        break;
      default:
        EXPECT_THAT(answer, FailsWith(kWrong, "is committed; it cannot be extended"));
    }
    EXPECT_TRUE(ledger.TakeEvents().empty());
  }
}

TEST(SettleTest, UnknownIdIsNotFound) {
  LedgerHarness ledger;
  constexpr auto kNotFound = absl::StatusCode::kNotFound;
  EXPECT_THAT(ledger.Commit("x"), FailsWith(kNotFound, "acme has no reservation x"));
  EXPECT_THAT(ledger.Release("x"), FailsWith(kNotFound, "acme has no reservation x"));
  EXPECT_THAT(ledger.Extend("x", minutes(1)), FailsWith(kNotFound, "no reservation x"));
}

TEST(SettleTest, CommitOfMoreIsChargedAsFarAsTheRemainderGoesAndTheRestIsOverage) {
  LedgerHarness ledger;
  ASSERT_TRUE(ledger.Run(Ask("a", 10)).ok());
  ASSERT_TRUE(ledger.Run(Ask("b", 70)).ok());
  const auto answer = ledger.Commit("a", 50);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->charged, Credits(30));
  EXPECT_EQ(answer->overage, Credits(20));
  EXPECT_FALSE(answer->late);
  EXPECT_THAT(answer->usage, Shows(30, 70, 0));
  EXPECT_EQ(ledger.Usage().overage, Credits(20));
  const auto again = ledger.Commit("a", 50);
  EXPECT_EQ(again->charged, Credits(30));
  EXPECT_EQ(again->overage, Credits(20));
  EXPECT_TRUE(again->repeated);
  EXPECT_EQ(ledger.Usage().overage, Credits(20));
  EXPECT_THAT(ledger.Commit("a", 30), FailsWith(kTaken, "already committed with 50"));
}

TEST(SettleTest, LateCommitIsChargedAsFarAsItsDaysRemainderGoes) {
  LedgerHarness ledger;
  ASSERT_TRUE(ledger.Run(Ask("a", 40)).ok());
  ledger.Advance(seconds(61));
  ASSERT_TRUE(ledger.Run(Ask("b", 80)).ok());
  const auto answer = ledger.Commit("a");
  ASSERT_TRUE(answer.ok());
  EXPECT_TRUE(answer->late);
  EXPECT_EQ(answer->charged, Credits(20));
  EXPECT_EQ(answer->overage, Credits(20));
  EXPECT_THAT(answer->usage, Shows(20, 80, 0));
  EXPECT_EQ(ledger.shard().counters().late_commits, 1u);
}

TEST(SettleTest, CommitInTheInstantOfTheDeadlineIsLate) {
  LedgerHarness ledger;
  ASSERT_TRUE(ledger.Run(Ask("a", 10)).ok());
  ASSERT_TRUE(ledger.Run(Ask("b", 10)).ok());
  ledger.Advance(seconds(60) - Duration(1));
  EXPECT_FALSE(ledger.Commit("a")->late);
  ledger.Advance(Duration(1));
  EXPECT_TRUE(ledger.Commit("b")->late);
}

TEST(SettleTest, HoldMadeYesterdayStillTakesItsSlotToday) {
  LedgerHarness ledger("none");
  ledger.clock().Set(test::kNoon + hours(12) - seconds(10));
  ASSERT_TRUE(ledger.Run(Ask("a", 0)).ok());
  ledger.Advance(seconds(20));
  EXPECT_THAT(ledger.Run(Ask("b", 0)), Decides(Decision::kConcurrencyExhausted));
  EXPECT_EQ(ledger.Usage().open_reservations, 1);
}

TEST(SettleTest, CommitOnExpiryChargesWhatWasHeldAndFreesTheSlot) {
  LedgerHarness ledger;
  Reserve command = Ask("a", 30);
  command.commit_on_expiry = true;
  ASSERT_TRUE(ledger.Run(command).ok());
  ledger.Advance(seconds(60));
  ledger.Sweep();
  EXPECT_THAT(ledger.Usage().usage, Shows(30, 0, 70));
  EXPECT_EQ(ledger.account().pools[0].in_flight, 0);
  EXPECT_EQ(ledger.Run(command)->state, HoldState::kCommitted);
}

TEST(SettleTest, ExtendCountsFromTheStartAndNeverShortens) {
  LedgerHarness ledger;
  ASSERT_TRUE(ledger.Run(Ask("a", 10)).ok());
  ledger.Advance(seconds(50));
  EXPECT_EQ(ledger.Extend("a", minutes(5))->expires_at, test::kNoon + minutes(5));
  ledger.TakeEvents();
  EXPECT_EQ(ledger.Extend("a", minutes(5))->expires_at, test::kNoon + minutes(5)) << "a repeat";
  EXPECT_EQ(ledger.Extend("a", minutes(2))->expires_at, test::kNoon + minutes(5)) << "earlier";
  EXPECT_TRUE(ledger.TakeEvents().empty());
  ledger.Advance(seconds(249));
  EXPECT_EQ(ledger.Usage().open_reservations, 1);
  ledger.Advance(seconds(1));
  ledger.Sweep();
  EXPECT_EQ(ledger.account().hold_count, 0u);
}

TEST(SettleTest, ExtendReachesTwentyFourHoursFromTheStartAndNoFurther) {
  LedgerHarness ledger;
  ASSERT_TRUE(ledger.Run(Ask("a", 10)).ok());
  constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
  EXPECT_THAT(ledger.Extend("a", hours(24) + Duration(1)), FailsWith(kInvalid, "ttl: "));
  EXPECT_THAT(ledger.Extend("a", Duration(999'999)), FailsWith(kInvalid, "1000 ms to 86400000 ms"));
  EXPECT_EQ(ledger.Extend("a", hours(24))->expires_at, test::kNoon + hours(24));
  ledger.Advance(hours(24) - Duration(1));
  EXPECT_EQ(ledger.Usage().open_reservations, 1);
  ledger.Advance(Duration(1));
  EXPECT_EQ(ledger.Usage().open_reservations, 0);
}

TEST(SettleTest, LostSessionEndsItsHoldsInEveryOrganisationAndNoOther) {
  LedgerHarness ledger;
  ledger.Create("other", "tiny");
  for (const std::string_view org : {kOrg, std::string_view("other")}) {
    for (const std::string_view session : {"one", "two", ""}) {
      Reserve command = Ask("of-" + std::string(session), 10);
      command.session = session;
      ASSERT_THAT(ledger.Run(command, org), Decides(Decision::kGranted));
    }
  }
  EXPECT_EQ(ledger.shard().Sessions(), (std::vector<std::string>{"one", "two"}));
  const auto lost = ledger.LoseSession("one");
  EXPECT_EQ(lost.ended, 2u);
  EXPECT_FALSE(lost.more);
  EXPECT_EQ(ledger.LoseSession("one").ended, 0u);
  EXPECT_EQ(ledger.LoseSession("unheard of").ended, 0u);
  EXPECT_EQ(ledger.shard().counters().lost_holds, 2u);
  EXPECT_EQ(ledger.shard().Sessions(), (std::vector<std::string>{"two"}));
  EXPECT_THAT(ledger.Usage().usage, Shows(0, 20, 80));
  EXPECT_THAT(ledger.Usage("other").usage, Shows(0, 20, 80));
  ledger.Restart();
  EXPECT_EQ(ledger.LoseSession("two").ended, 2u) << "bindings survive a restart";
}

TEST(SettleTest, LostSessionWithManyHoldsEndsThemInParts) {
  LedgerHarness ledger("enterprise");
  for (int i = 0; i < 300; ++i) {
    Reserve command = Ask("id-" + std::to_string(i), 1);
    command.slots = 0;
    command.session = "session";
    ASSERT_THAT(ledger.Run(command), Decides(Decision::kGranted));
  }
  const auto first = ledger.LoseSession("session");
  EXPECT_EQ(first.ended, Ledger::kMaxDueEvents);
  EXPECT_TRUE(first.more);
  const auto second = ledger.LoseSession("session");
  EXPECT_EQ(second.ended, 300 - Ledger::kMaxDueEvents);
  EXPECT_FALSE(second.more);
  EXPECT_EQ(ledger.account().hold_count, 0u);
}

TEST(SettleTest, HoldThatExpiredBeforeItsSessionWasLostHasExpired) {
  LedgerHarness ledger;
  Reserve command = Ask("a", 10);
  command.session = "session";
  command.commit_on_expiry = true;
  ASSERT_TRUE(ledger.Run(command).ok());
  ledger.Advance(seconds(60));
  ledger.LoseSession("session");
  EXPECT_EQ(ledger.Run(command)->state, HoldState::kCommitted);
  EXPECT_THAT(ledger.Usage().usage, Shows(10, 0, 90));
}

}  // namespace
}  // namespace quota::ledger
