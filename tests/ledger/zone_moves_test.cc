// Organisations that move between zones, in the middle of a day: no instant is lost or in two days,
// and no call is charged to none or to two.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "ledger/calendar.h"
#include "tests/ledger/ledger_harness.h"
#include "tests/ledger/unusual_zones.h"

namespace quota::ledger {
namespace {

using absl::CivilDay;
using std::chrono::hours;

// The day that follows `before` when the zone has changed meanwhile to `to`: it begins at once, is
// of a sensible length, and ends with a day of the new zone, so that an ordinary one follows.
void CheckNextDay(const absl::TimeZone& to, const DayBounds& before, const DayBounds& next) {
  ASSERT_EQ(next.start, before.end);
  ASSERT_GE(next.end - next.start, hours(12));
  ASSERT_LE(next.end - next.start, hours(12 + 25));
  const DayBounds after = DayAt(to, next.end, next.end, false);
  const DayBounds ordinary = DayAt(to, next.end, std::nullopt, false);
  ASSERT_TRUE(after.start == next.end && ordinary.start == next.end && after.end == ordinary.end);
}

// Whenever the first call comes, its day is `next`, or the ordinary day that `next` ends with: what
// lies before it then had no calls.
void CheckLateCalls(const absl::TimeZone& to, const DayBounds& before, const DayBounds& next) {
  for (Duration late = hours(1); before.end + late < next.end; late += hours(3)) {
    const Instant touch = before.end + late;
    const DayBounds found = DayAt(to, touch, before.end, true);
    const bool is_next = found.start == next.start;
    ASSERT_EQ(found.end, next.end) << "touched " << late.count() << " us late";
    ASSERT_TRUE(is_next || found.start == DayAt(to, touch, std::nullopt, false).start);
    ASSERT_TRUE(before.end <= found.start && found.start <= touch);
  }
}

TEST(ZoneMovesTest, BetweenAnyTwoZonesOnAnyDayNoInstantIsLostOrInTwoDays) {
  for (const char* from : kUnusualZones) {
    const absl::TimeZone from_zone = Zone(from);
    for (const char* to : kUnusualZones) {
      const absl::TimeZone to_zone = Zone(to);
      // The years in which most happens; in steps that meet every day of the week.
      for (const int year : {2010, 2011, 2014, 2024}) {
        for (CivilDay date(year, 1, 1); date < CivilDay(year + 1, 1, 1); date += 3) {
          SCOPED_TRACE(testing::Message()
                       << from << " to " << to << " on " << absl::FormatCivilTime(date));
          const Instant noon = StartOfDay(from_zone, date) + hours(12);
          const DayBounds day = DayAt(from_zone, noon, std::nullopt, false);
          const DayBounds next = DayAt(to_zone, day.end, day.end, true);
          CheckNextDay(to_zone, day, next);
          CheckLateCalls(to_zone, day, next);
          if (testing::Test::HasFatalFailure()) return;
        }
      }
    }
  }
}

// An organisation that calls and moves at random; each call is one credit.
class Traveller {
 public:
  Traveller(uint64_t seed, Instant start) : random_(seed), ledger_(test::TestCatalog(), start) {
    ledger_.Create(kOrg, "enterprise");
  }

  void Call() {
    ASSERT_TRUE(ledger_.Run(AskCharge("call-" + std::to_string(calls_.size()), 1)).ok());
    calls_.push_back(ledger_.clock().Now());
    for (const Day& day : ledger_.account().days) {
      const auto known = days_.try_emplace(day.start, day).first;
      ASSERT_EQ(known->second.end, day.end) << "a day's end has moved";
      known->second = day;
    }
  }

  void MaybeMove() {
    if (random_() % 20 != 0) return;
    SetDataCenter move;
    move.own_zone = kUnusualZones[random_() % std::size(kUnusualZones)];
    const Instant resets_at = ledger_.Usage().usage.resets_at;
    ASSERT_TRUE(ledger_.Run(move).ok());
    ASSERT_EQ(ledger_.Usage().usage.resets_at, resets_at) << "the day that runs must not change";
    ++moves_;
  }

  void Wait(Duration at_most) {
    ledger_.Advance(Duration(static_cast<int64_t>(random_() % at_most.count())));
  }

  // Each call is in the one day that contains it, and days do not overlap. With `often`, some call
  // came on every day: then only a move can leave time between two, in which there was no call.
  void CheckDays(bool often) const {
    ASSERT_GT(moves_, 10);
    const Day* before = nullptr;
    size_t counted = 0;
    for (const auto& [start, day] : days_) {
      ASSERT_GE(day.end - start, hours(12));
      const auto within = std::count_if(calls_.begin(), calls_.end(), [&day = day](Instant call) {
        return day.start <= call && call < day.end;
      });
      ASSERT_EQ(day.used.value(), within);
      counted += static_cast<size_t>(within);
      if (before != nullptr) {
        ASSERT_GE(start, before->end);
        if (often && day.zone == before->zone) {
          ASSERT_EQ(start, before->end);
        }
      }
      before = &day;
    }
    EXPECT_EQ(counted, calls_.size());
  }

 private:
  std::mt19937_64 random_;
  LedgerHarness ledger_;
  std::vector<Instant> calls_;
  // As the organisation last saw them, by their start.
  std::map<Instant, Day> days_;
  int moves_ = 0;
};

TEST(ZoneMovesTest, EveryCallOfAnOrganisationThatMovesIsChargedToOneDay) {
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const bool often = seed % 2 == 0;
    Traveller traveller(seed, often ? Utc(2011, 11, 20) : Utc(2014, 4, 1));
    for (int step = 0; step < 600 && !testing::Test::HasFatalFailure(); ++step) {
      traveller.Call();
      traveller.MaybeMove();
      traveller.Wait(often ? hours(6) : hours(60));
    }
    traveller.CheckDays(often);
    if (testing::Test::HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace quota::ledger
