// Days of an organisation: when they open, when they close, and how many are open at once.

#include "tests/ledger/ledger_harness.h"
#include "tests/ledger/matchers.h"

namespace quota::ledger {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Instant kMidnight = test::kNoon + hours(12);

template <typename T>
int Count(const Events& events) {
  int count = 0;
  for (const Event& event : events) count += std::holds_alternative<T>(event);
  return count;
}

// Lets all that is remembered be forgotten: settled, sealed, forgotten, closed.
void ForgetIds(LedgerHarness& ledger) {
  for (int i = 0; i < 4; ++i) {
    ledger.Advance(minutes(3));
    ledger.Sweep();
  }
}

TEST(DayTest, OpensOnFirstTouchAndNotBefore) {
  LedgerHarness ledger;
  EXPECT_TRUE(ledger.account().days.empty());
  ledger.Advance(hours(24) * 10);
  ledger.Sweep();
  EXPECT_TRUE(ledger.account().days.empty());
  EXPECT_EQ(ledger.Usage().usage.resets_at, kMidnight + hours(24) * 10);
  EXPECT_EQ(ledger.Usage().day_starts_at, kMidnight + hours(24) * 9);
  EXPECT_EQ(ledger.Usage().time_zone, "UTC");
  ASSERT_EQ(ledger.account().days.size(), 1u);
}

TEST(DayTest, LastMicrosecondBelongsToTheDayAndMidnightToTheNext) {
  LedgerHarness ledger;
  ledger.clock().Set(kMidnight - Duration(1));
  ASSERT_TRUE(ledger.Run(AskCharge("a", 100)).ok());
  EXPECT_THAT(ledger.Run(AskCharge("b", 1)), Decides(Decision::kCreditsExhausted));
  ledger.Advance(Duration(1));
  const auto fresh = ledger.Run(AskCharge("b", 1));
  ASSERT_THAT(fresh, Decides(Decision::kGranted));
  EXPECT_THAT(fresh->usage, Shows(1, 0, 99));
  EXPECT_EQ(fresh->usage.resets_at, kMidnight + hours(24));
}

TEST(DayTest, EndsAtTheMidnightOfTheOrganisationsZone) {
  LedgerHarness ledger;
  ledger.Create("india", "tiny", "in");
  ledger.Create("york", "tiny", "us");
  EXPECT_EQ(ledger.Usage("india").usage.resets_at, kMidnight - hours(5) - minutes(30));
  EXPECT_EQ(ledger.Usage("york").usage.resets_at, kMidnight + hours(5));
}

TEST(DayTest, ClosesOnlyWhenItIsOverItsHoldsHaveEndedAndItsIdsAreForgotten) {
  LedgerHarness ledger;
  ledger.clock().Set(kMidnight - seconds(10));
  Reserve command = Ask("a", 10);
  command.ttl = hours(1);
  ASSERT_TRUE(ledger.Run(command).ok());
  ledger.Advance(minutes(30));
  ledger.Sweep();
  ASSERT_EQ(ledger.account().days.size(), 1u) << "a hold is open";
  ASSERT_TRUE(ledger.Commit("a").ok());
  ledger.Advance(minutes(1));
  ledger.Sweep();
  ASSERT_EQ(ledger.account().days.size(), 2u) << "its id is remembered";
  ledger.TakeEvents();
  ForgetIds(ledger);
  const Events events = ledger.TakeEvents();
  EXPECT_EQ(Count<records::DayClosed>(events), 1);
  ASSERT_EQ(ledger.account().days.size(), 1u);
  EXPECT_EQ(ledger.account().last_day_end, kMidnight);
  EXPECT_EQ(ledger.account().days[0].start, kMidnight);
  ledger.Restart();
}

// A day that ended with an id remembered and two holds open, which are released after its end.
void ReleaseTwoHoldsAfterMidnight(LedgerHarness& ledger) {
  ledger.clock().Set(kMidnight - seconds(100));
  ASSERT_TRUE(ledger.Run(AskCharge("before", 1)).ok());
  for (const char* id : {"one", "two"}) {
    Reserve command = Ask(id, 1);
    command.ttl = hours(1);
    ASSERT_TRUE(ledger.Run(command).ok());
  }
  ledger.clock().Set(kMidnight);
  ledger.Sweep();
  ledger.Advance(seconds(10));
  ASSERT_TRUE(ledger.Release("one").ok());
  ledger.Advance(seconds(60));
  ASSERT_TRUE(ledger.Release("two").ok());
  // Their page is complete.
  ledger.Advance(seconds(1));
  ledger.Sweep();
}

// Whether that day is open at `now`. Sweeps twice: what is forgotten in one group closes it in the
// next.
bool IsOpenAt(LedgerHarness& ledger, Instant now) {
  ledger.clock().Set(now);
  ledger.Sweep();
  ledger.Sweep();
  return !ledger.account().days.empty() && ledger.account().days.front().end == kMidnight;
}

TEST(DayTest, ClosesWithItsLastIdThoughThatWasSettledAfterItsEnd) {
  LedgerHarness ledger;
  ReleaseTwoHoldsAfterMidnight(ledger);
  const Instant settled = kMidnight + seconds(70);
  EXPECT_TRUE(IsOpenAt(ledger, kMidnight + seconds(10) + minutes(2))) << "the first is forgotten";
  EXPECT_TRUE(IsOpenAt(ledger, settled + minutes(2) - Duration(1)));
  EXPECT_FALSE(IsOpenAt(ledger, settled + minutes(2)));
}

TEST(DayTest, ClosesWithItsLastIdAfterARestart) {
  LedgerHarness ledger;
  ReleaseTwoHoldsAfterMidnight(ledger);
  ledger.Restart();
  const Instant restarted = ledger.clock().Now();
  EXPECT_TRUE(IsOpenAt(ledger, restarted + minutes(2) - Duration(1)));
  EXPECT_FALSE(IsOpenAt(ledger, restarted + minutes(2)));
}

TEST(DayTest, IdleOrganisationIsSweptCleanByTimeAlone) {
  LedgerHarness ledger;
  ASSERT_TRUE(ledger.Run(Ask("a", 10)).ok());
  for (Instant next = ledger.shard().NextTimer(); next != kNever;
       next = std::min(ledger.shard().NextTimer(), NextIdTimer(ledger.shard(), ledger.context()))) {
    ledger.clock().Set(std::max(next, ledger.clock().Now()));
    ledger.Sweep();
    ASSERT_LT(ledger.clock().Now(), kMidnight + minutes(1)) << "time alone never ends it";
  }
  EXPECT_TRUE(ledger.account().days.empty());
  EXPECT_EQ(ledger.shard().ids().settled_ids(), 0u);
  EXPECT_EQ(ledger.shard().counters().expired_holds, 1u);
}

TEST(DayTest, ThreeAreOpenAtMostAndTheOldestGoesFirst) {
  LedgerHarness ledger;
  // Each day leaves a remembered id: the server is down in between, and forgets nothing.
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(ledger.Run(AskCharge("charge-" + std::to_string(i), 10)).ok());
    EXPECT_EQ(ledger.account().days.size(), static_cast<size_t>(std::min(i + 1, 3)));
    ledger.Advance(hours(24));
    ledger.Restart();
  }
  EXPECT_TRUE(ledger.Run(AskCharge("charge-0", 10))->repeated) << "remembered all the same";
}

TEST(DayTest, LateCommitToADayThatHadToCloseIsRefused) {
  LedgerHarness ledger;
  ASSERT_TRUE(ledger.Run(Ask("a", 10)).ok());
  ledger.Advance(minutes(2));
  ledger.Sweep();
  for (int i = 0; i < 3; ++i) {
    ledger.Advance(hours(24));
    ledger.Restart();
    ASSERT_TRUE(ledger.Run(AskCharge("charge-" + std::to_string(i), 10)).ok());
  }
  EXPECT_THAT(ledger.Commit("a"),
              FailsWith(absl::StatusCode::kFailedPrecondition,
                        "is expired; it cannot be committed: its day is closed"));
  EXPECT_EQ(ledger.Release("a")->state, HoldState::kExpired);
}

TEST(DayTest, LongestHoldSpansThreeDaysAtMost) {
  LedgerHarness ledger;
  ledger.clock().Set(kMidnight - seconds(1));
  ASSERT_TRUE(ledger.Run(Ask("a", 10)).ok());
  ASSERT_TRUE(ledger.Extend("a", hours(24)).ok());
  ledger.Advance(hours(24) - Duration(1));
  EXPECT_EQ(ledger.Usage().open_reservations, 1);
  EXPECT_EQ(ledger.account().days.size(), 2u);
  ledger.Advance(seconds(1));
  EXPECT_EQ(ledger.Usage().open_reservations, 0);
  EXPECT_TRUE(ledger.Commit("a")->late);
  EXPECT_EQ(ledger.account().days[0].used, Credits(10));
}

// ---- A change of zone: the catalog moves the data center "utc" ----

std::shared_ptr<const Catalog> WithZone(std::string_view zone, int64_t revision) {
  auto source = test::TestCatalogSource();
  source.set_number(revision);
  source.mutable_data_centers(0)->set_time_zone(std::string(zone));
  return test::BuildCatalog(source);
}

TEST(DayTest, ChangeOfZoneWaitsForTheEndOfTheRunningDay) {
  LedgerHarness ledger;
  ASSERT_TRUE(ledger.Run(AskCharge("a", 100)).ok());
  ledger.SetCatalog(WithZone("Asia/Kolkata", 2));
  ledger.clock().Set(kMidnight - Duration(1));
  EXPECT_THAT(ledger.Run(AskCharge("b", 1)), Decides(Decision::kCreditsExhausted));
  // Midnight in India was 5.5 hours ago: the next is 18.5 hours away, and ends the day.
  ledger.Advance(Duration(1));
  UsageAnswer usage = ledger.Usage();
  EXPECT_EQ(usage.day_starts_at, kMidnight);
  EXPECT_EQ(usage.usage.resets_at, kMidnight + hours(18) + minutes(30));
  EXPECT_EQ(usage.time_zone, "Asia/Kolkata");
  ledger.clock().Set(usage.usage.resets_at);
  usage = ledger.Usage();
  EXPECT_EQ(usage.usage.resets_at - usage.day_starts_at, hours(24));
}

TEST(DayTest, DayAfterAChangeOfZoneLastsTwelveHoursAtLeast) {
  LedgerHarness ledger;
  ASSERT_TRUE(ledger.Run(AskCharge("a", 100)).ok());
  // Its midnight comes five hours after that of UTC: too soon.
  ledger.SetCatalog(WithZone("America/New_York", 2));
  ledger.clock().Set(kMidnight);
  const UsageAnswer usage = ledger.Usage();
  EXPECT_EQ(usage.day_starts_at, kMidnight);
  EXPECT_EQ(usage.usage.resets_at, kMidnight + hours(29));
  ledger.Restart();
}

TEST(DayTest, ZoneChangedTwiceNeverMakesDaysOverlapThoughAnOlderOneIsStillOpen) {
  LedgerHarness ledger;
  // The first day stays open for its hold; the second closes before the third opens.
  ledger.clock().Set(kMidnight - seconds(1));
  ASSERT_TRUE(ledger.Run(Ask("a", 10)).ok());
  ASSERT_TRUE(ledger.Extend("a", hours(24)).ok());
  ledger.SetCatalog(WithZone("Asia/Kolkata", 2));
  ledger.clock().Set(kMidnight);
  const Instant second_end = ledger.Usage().usage.resets_at;
  EXPECT_EQ(second_end, kMidnight + hours(18) + minutes(30));
  // In New York the date began 13.5 hours before the second day ended.
  ledger.SetCatalog(WithZone("America/New_York", 3));
  ledger.clock().Set(second_end);
  const UsageAnswer third = ledger.Usage();
  EXPECT_EQ(ledger.account().days.size(), 2u) << "the second is closed, the first is open";
  EXPECT_EQ(third.day_starts_at, second_end);
  EXPECT_EQ(third.usage.resets_at, kMidnight + hours(53));
}

TEST(DayTest, ZoneOfTheLatestDayCountsThoughAnOlderOneClosedAfterIt) {
  LedgerHarness ledger;
  ledger.clock().Set(kMidnight - seconds(1));
  ASSERT_TRUE(ledger.Run(Ask("a", 10)).ok());
  ASSERT_TRUE(ledger.Extend("a", hours(24)).ok());
  ledger.SetCatalog(WithZone("Asia/Kolkata", 2));
  ledger.clock().Set(kMidnight);
  const Instant second_end = ledger.Usage().usage.resets_at;
  // The second day closes at its end, and the first at the end of its hold, 5.5 hours later.
  ledger.clock().Set(second_end);
  ledger.Sweep();
  ASSERT_EQ(ledger.account().days.size(), 1u);
  ledger.clock().Set(kMidnight + hours(24));
  ForgetIds(ledger);
  ASSERT_TRUE(ledger.account().days.empty());
  EXPECT_EQ(ledger.account().last_day_end, second_end);
  EXPECT_EQ(ledger.account().last_day_zone.text(), "Asia/Kolkata");
  ledger.Restart();
}

TEST(DayTest, ZoneChangedWhileNobodyCalledGivesAnOrdinaryDay) {
  LedgerHarness ledger;
  ASSERT_TRUE(ledger.Run(AskCharge("a", 100)).ok());
  ledger.SetCatalog(WithZone("Asia/Kolkata", 2));
  ledger.Advance(hours(24) * 5);
  const UsageAnswer usage = ledger.Usage();
  EXPECT_EQ(usage.usage.resets_at - usage.day_starts_at, hours(24));
  EXPECT_EQ(usage.usage.resets_at, kMidnight + hours(24) * 5 - hours(5) - minutes(30));
}

TEST(DayTest, DayOfAClockChangeHasTwentyThreeOrTwentyFiveHours) {
  LedgerHarness ledger;
  ledger.Create("york", "tiny", "us");
  // 2026-03-08 and 2026-11-01.
  for (const auto& [noon, length] : {std::pair(Instant(seconds(1'772'982'000)), hours(23)),
                                     std::pair(Instant(seconds(1'793'545'200)), hours(25))}) {
    ledger.clock().Set(noon);
    const UsageAnswer usage = ledger.Usage("york");
    EXPECT_EQ(usage.usage.resets_at - usage.day_starts_at, length);
  }
}

}  // namespace
}  // namespace quota::ledger
