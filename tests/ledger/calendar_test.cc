// Days against the zone database: nothing that clocks do may lose or double an instant.

#include "ledger/calendar.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/fakes/test_catalog.h"

namespace quota::ledger {
namespace {

using absl::CivilDay;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

absl::TimeZone Zone(const char* name) {
  const auto zone = test::LoadZone(name);
  EXPECT_TRUE(zone.has_value()) << name << " is missing: is tzdata installed?";
  return zone.value_or(absl::UTCTimeZone());
}

// An instant by the clocks of UTC.
Instant Utc(int year, int month, int day, int hour = 0, int minute = 0, int second = 0) {
  const auto civil = absl::CivilSecond(year, month, day, hour, minute, second);
  return Instant(seconds(absl::ToUnixSeconds(absl::FromCivil(civil, absl::UTCTimeZone()))));
}

DayBounds OrdinaryDay(const absl::TimeZone& zone, Instant now) {
  return DayAt(zone, now, std::nullopt, false);
}

TEST(CalendarTest, DayHasTwentyFourHoursUnlessTheClocksChange) {
  struct Case {
    const char* zone;
    CivilDay date;
    Duration length;
  };
  const Case cases[] = {
      {"UTC", CivilDay(2025, 11, 3), hours(24)},
      {"America/New_York", CivilDay(2025, 3, 8), hours(24)},
      {"America/New_York", CivilDay(2025, 3, 9), hours(23)},
      {"America/New_York", CivilDay(2025, 11, 2), hours(25)},
      {"Europe/Amsterdam", CivilDay(2025, 3, 30), hours(23)},
      {"Europe/Amsterdam", CivilDay(2025, 10, 26), hours(25)},
      {"Australia/Lord_Howe", CivilDay(2024, 10, 6), hours(23) + minutes(30)},
      {"Australia/Lord_Howe", CivilDay(2024, 4, 7), hours(24) + minutes(30)},
      {"Asia/Kolkata", CivilDay(2025, 3, 30), hours(24)},
      // Midnight is skipped: the day begins at one.
      {"America/Sao_Paulo", CivilDay(2017, 10, 15), hours(23)},
      {"Asia/Beirut", CivilDay(2024, 3, 31), hours(23)},
      // The last hour before midnight comes twice.
      {"America/Sao_Paulo", CivilDay(2018, 2, 17), hours(25)},
      // Midnight itself comes twice.
      {"America/Havana", CivilDay(2024, 11, 3), hours(25)},
  };
  for (const Case& c : cases) {
    const absl::TimeZone zone = Zone(c.zone);
    const Instant start = StartOfDay(zone, c.date);
    EXPECT_EQ((StartOfDay(zone, c.date + 1) - start).count(), c.length.count())
        << c.zone << " " << absl::FormatCivilTime(c.date);
    for (const Instant now : {start, start + c.length / 2, start + c.length - Duration(1)}) {
      const DayBounds day = OrdinaryDay(zone, now);
      EXPECT_EQ(day.date, c.date) << c.zone;
      EXPECT_TRUE(day.start == start && day.end == start + c.length) << c.zone;
    }
  }
}

TEST(CalendarTest, SkippedMidnightBeginsTheDayAtItsFirstInstant) {
  // 2017-10-15 began in São Paulo at 01:00, which was 03:00 in UTC.
  EXPECT_EQ(StartOfDay(Zone("America/Sao_Paulo"), CivilDay(2017, 10, 15)), Utc(2017, 10, 15, 3));
  EXPECT_EQ(StartOfDay(Zone("Asia/Beirut"), CivilDay(2024, 3, 31)), Utc(2024, 3, 30, 22));
}

TEST(CalendarTest, RepeatedMidnightBeginsTheDayOnceAndTheFirstTimeCounts) {
  // On 2010-11-07 at 00:01 the clocks of Newfoundland went back to 23:01 of the day before.
  const absl::TimeZone zone = Zone("America/St_Johns");
  const Instant first_midnight = Utc(2010, 11, 7, 2, 30);
  const DayBounds before = OrdinaryDay(zone, first_midnight - Duration(1));
  EXPECT_EQ(before.date, CivilDay(2010, 11, 6));
  EXPECT_EQ(before.end, first_midnight);
  // The clock shows 23:30 of the sixth again, but the seventh has begun.
  const Instant again = first_midnight + minutes(30);
  EXPECT_EQ(DateAt(zone, again), CivilDay(2010, 11, 6));
  for (const Instant now : {first_midnight, again, first_midnight + minutes(61)}) {
    const DayBounds day = OrdinaryDay(zone, now);
    EXPECT_EQ(day.date, CivilDay(2010, 11, 7));
    EXPECT_EQ(day.start, first_midnight);
    EXPECT_EQ(day.end - day.start, hours(25));
  }
}

TEST(CalendarTest, DateThatAZoneSkippedHasNoDay) {
  // Samoa went from 2011-12-29 to 2011-12-31.
  const absl::TimeZone zone = Zone("Pacific/Apia");
  const Instant change = Utc(2011, 12, 30, 10);
  const DayBounds before = OrdinaryDay(zone, change - Duration(1));
  EXPECT_EQ(before.date, CivilDay(2011, 12, 29));
  EXPECT_EQ(before.end - before.start, hours(24));
  EXPECT_EQ(before.end, change);
  const DayBounds after = OrdinaryDay(zone, change);
  EXPECT_EQ(after.date, CivilDay(2011, 12, 31));
  EXPECT_EQ(after.start, change);
  EXPECT_EQ(after.end - after.start, hours(24));
}

TEST(CalendarTest, EveryDayOfManyZonesFollowsTheOneBefore) {
  for (const char* name :
       {"UTC", "America/New_York", "Europe/Amsterdam", "America/Sao_Paulo", "Asia/Beirut",
        "America/St_Johns", "America/Havana", "Pacific/Apia", "Pacific/Kwajalein", "Asia/Kolkata",
        "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Pyongyang", "America/Caracas"}) {
    const absl::TimeZone zone = Zone(name);
    DayBounds day = OrdinaryDay(zone, Utc(1990, 1, 1));
    while (day.start < Utc(2030, 1, 1)) {
      const Instant end = day.end;
      for (const Instant now : {day.start, day.end - Duration(1)}) {
        const DayBounds same = OrdinaryDay(zone, now);
        ASSERT_TRUE(same.start == day.start && same.end == end && same.date == day.date)
            << name << " " << absl::FormatCivilTime(day.date);
      }
      ASSERT_GE((end - day.start).count(), Duration(hours(12)).count()) << name;
      const DayBounds next = DayAt(zone, end, end, false);
      ASSERT_EQ(next.start, end) << name << " after " << absl::FormatCivilTime(day.date);
      ASSERT_GT(next.date, day.date) << name;
      ASSERT_LE(next.date, day.date + 2) << name;
      day = next;
    }
  }
}

TEST(CalendarTest, DayAfterAChangeOfZoneEndsAtTheFirstMidnightTwelveHoursLater) {
  struct Case {
    const char* zone;
    Instant previous_end;
    Instant end;
  };
  const Case cases[] = {
      // New York's midnight is five hours after that of UTC: too soon, so the day has 29.
      {"America/New_York", Utc(2025, 11, 4), Utc(2025, 11, 5, 5)},
      // India's comes 18.5 hours later.
      {"Asia/Kolkata", Utc(2025, 11, 4), Utc(2025, 11, 4, 18, 30)},
      // Auckland's comes 11 hours later, and so 35.
      {"Pacific/Auckland", Utc(2025, 11, 4), Utc(2025, 11, 5, 11)},
      // Exactly twelve are enough.
      {"Etc/GMT-12", Utc(2025, 11, 4), Utc(2025, 11, 4, 12)},
      {"Etc/GMT-11", Utc(2025, 11, 4), Utc(2025, 11, 4, 13)},
      // The other way: the previous day ended with its zone's midnight, 16 hours before.
      {"Etc/GMT+8", Utc(2025, 11, 3, 16), Utc(2025, 11, 4, 8)},
      // Ten hours to the next midnight are too few: 34.
      {"America/New_York", Utc(2025, 3, 9, 18), Utc(2025, 3, 11, 4)},
  };
  for (const Case& c : cases) {
    for (const Duration later : {Duration(0), Duration(hours(2))}) {
      const DayBounds day = DayAt(Zone(c.zone), c.previous_end + later, c.previous_end, true);
      EXPECT_EQ(day.start, c.previous_end) << c.zone;
      EXPECT_EQ((day.end - c.end).count(), 0) << c.zone << ", touched after " << later.count();
      EXPECT_GE(day.end - day.start, hours(12)) << c.zone;
    }
  }
}

TEST(CalendarTest, ZoneChangedLongAgoGivesAnOrdinaryDay) {
  const absl::TimeZone zone = Zone("America/New_York");
  const DayBounds day = DayAt(zone, Utc(2025, 11, 10, 12), Utc(2025, 11, 4), true);
  EXPECT_EQ(day.start, Utc(2025, 11, 10, 5));
  EXPECT_EQ(day.end, Utc(2025, 11, 11, 5));
}

TEST(CalendarTest, DayNeverBeginsBeforeTheOneBeforeEnded) {
  // The database learned of a change of the clocks after the previous day had opened.
  const absl::TimeZone zone = Zone("America/New_York");
  const DayBounds day = DayAt(zone, Utc(2025, 11, 4, 7), Utc(2025, 11, 4, 6), false);
  EXPECT_EQ(day.start, Utc(2025, 11, 4, 6));
  EXPECT_EQ(day.end, Utc(2025, 11, 5, 5));
}

TEST(CalendarTest, DatesAreStoredAsDaysSince1970) {
  EXPECT_EQ(DaysSinceEpoch(CivilDay(1970, 1, 1)), 0);
  EXPECT_EQ(DaysSinceEpoch(CivilDay(2025, 11, 3)), 20'395);
  EXPECT_EQ(DaysSinceEpoch(CivilDay(1969, 12, 31)), -1);
  EXPECT_EQ(DateOf(20'395), CivilDay(2025, 11, 3));
}

}  // namespace
}  // namespace quota::ledger
