// Every day from 2010 to 2037 in zones whose clocks do unusual things, walked one by one. What is
// expected comes from the zone's clock alone and from lists written by hand, not from the calendar
// that is tested.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "ledger/calendar.h"
#include "tests/ledger/unusual_zones.h"

namespace quota::ledger {
namespace {

using absl::CivilDay;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const CivilDay kFirst(2010, 1, 1);
const CivilDay kLast(2037, 12, 31);
// What clocks do later may still be changed by law, and with it tzdata.
const CivilDay kLastKnown(2025, 11, 30);

// What the zone's clock and calendar on the wall show.
absl::CivilSecond Shown(const absl::TimeZone& zone, Instant at) {
  return zone.At(absl::FromUnixMicros(at.time_since_epoch().count())).cs;
}

// ---- By hand: the days that do not have 24 hours, until kLastKnown ----

using Lengths = std::map<CivilDay, Duration>;

constexpr Duration kShort = hours(23);
constexpr Duration kLong = hours(25);

CivilDay NthSunday(int year, int month, int nth) {
  return absl::NextWeekday(CivilDay(year, month, 1) - 1, absl::Weekday::sunday) + 7 * (nth - 1);
}

CivilDay LastSunday(int year, int month) {
  return absl::PrevWeekday(CivilDay(year, month + 1, 1), absl::Weekday::sunday);
}

Lengths InAmerica() {
  Lengths lengths;
  for (int year = 2010; year <= 2025; ++year) {
    lengths[NthSunday(year, 3, 2)] = kShort;
    lengths[NthSunday(year, 11, 1)] = kLong;
  }
  return lengths;
}

Lengths InEurope(int last_year) {
  Lengths lengths;
  for (int year = 2010; year <= last_year; ++year) {
    lengths[LastSunday(year, 3)] = kShort;
    lengths[LastSunday(year, 10)] = kLong;
  }
  return lengths;
}

// At midnight: what is added comes on the Saturday before.
Lengths InBeirut() {
  Lengths lengths;
  for (int year = 2010; year <= 2025; ++year) {
    lengths[LastSunday(year, 3)] = kShort;
    lengths[LastSunday(year, 10) - 1] = kLong;
  }
  return lengths;
}

Lengths InScoresbysund() {
  Lengths lengths = InEurope(2023);
  lengths[CivilDay(2024, 10, 26)] = kLong;
  lengths[CivilDay(2025, 3, 29)] = kShort;
  lengths[CivilDay(2025, 10, 25)] = kLong;
  return lengths;
}

Lengths InLordHowe() {
  Lengths lengths;
  for (int year = 2010; year <= 2025; ++year) {
    lengths[NthSunday(year, 4, 1)] = hours(24) + minutes(30);
    lengths[NthSunday(year, 10, 1)] = hours(23) + minutes(30);
  }
  return lengths;
}

Lengths InApia() {
  Lengths lengths = {{CivilDay(2010, 9, 26), kShort},
                     {CivilDay(2011, 4, 2), kLong},
                     {CivilDay(2011, 9, 24), kShort}};
  for (int year = 2012; year <= 2021; ++year) lengths[NthSunday(year, 4, 1)] = kLong;
  for (int year = 2012; year <= 2020; ++year) lengths[LastSunday(year, 9)] = kShort;
  return lengths;
}

Lengths InSaoPaulo() {
  return {{CivilDay(2010, 2, 20), kLong}, {CivilDay(2010, 10, 17), kShort},
          {CivilDay(2011, 2, 19), kLong}, {CivilDay(2011, 10, 16), kShort},
          {CivilDay(2012, 2, 25), kLong}, {CivilDay(2012, 10, 21), kShort},
          {CivilDay(2013, 2, 16), kLong}, {CivilDay(2013, 10, 20), kShort},
          {CivilDay(2014, 2, 15), kLong}, {CivilDay(2014, 10, 19), kShort},
          {CivilDay(2015, 2, 21), kLong}, {CivilDay(2015, 10, 18), kShort},
          {CivilDay(2016, 2, 20), kLong}, {CivilDay(2016, 10, 16), kShort},
          {CivilDay(2017, 2, 18), kLong}, {CivilDay(2017, 10, 15), kShort},
          {CivilDay(2018, 2, 17), kLong}, {CivilDay(2018, 11, 4), kShort},
          {CivilDay(2019, 2, 16), kLong}};
}

Lengths InCairo() {
  return {{CivilDay(2010, 4, 30), kShort}, {CivilDay(2010, 8, 10), kLong},
          {CivilDay(2010, 9, 10), kShort}, {CivilDay(2010, 9, 30), kLong},
          {CivilDay(2014, 5, 16), kShort}, {CivilDay(2014, 6, 26), kLong},
          {CivilDay(2014, 8, 1), kShort},  {CivilDay(2014, 9, 25), kLong},
          {CivilDay(2023, 4, 28), kShort}, {CivilDay(2023, 10, 26), kLong},
          {CivilDay(2024, 4, 26), kShort}, {CivilDay(2024, 10, 31), kLong},
          {CivilDay(2025, 4, 25), kShort}, {CivilDay(2025, 10, 30), kLong}};
}

std::map<std::string, Lengths> UnusualDays() {
  return {{"America/Los_Angeles", InAmerica()},
          {"America/St_Johns", InAmerica()},
          {"America/Sao_Paulo", InSaoPaulo()},
          {"America/Scoresbysund", InScoresbysund()},
          {"Europe/Berlin", InEurope(2025)},
          {"Africa/Cairo", InCairo()},
          {"Asia/Beirut", InBeirut()},
          {"Asia/Kolkata", {}},
          {"Australia/Lord_Howe", InLordHowe()},
          {"Pacific/Apia", InApia()},
          {"Pacific/Kiritimati", {}}};
}

// 2025-11-02 25h
std::vector<std::string> ToText(const Lengths& lengths) {
  std::vector<std::string> text;
  for (const auto& [date, length] : lengths) {
    text.push_back(std::string(absl::FormatCivilTime(date)) + " " +
                   absl::FormatDuration(absl::Microseconds(length.count())));
  }
  return text;
}

// ---- The walk ----

// The first instant after `start` at which the clock shows a later date than `date`. In all these
// zones that is on a quarter of an hour.
Instant EndByTheClock(const absl::TimeZone& zone, Instant start, CivilDay date) {
  for (Duration age = hours(2); age < hours(22); age += hours(4)) {
    EXPECT_LE(CivilDay(Shown(zone, start + age)), date);
  }
  Instant end = start + hours(22);
  while (CivilDay(Shown(zone, end)) <= date) end += minutes(15);
  return end;
}

class DayZonesTest : public testing::TestWithParam<const char*> {
 protected:
  // All days from kFirst to kLast, each opened where the one before ended.
  std::vector<DayBounds> Walk() const {
    std::vector<DayBounds> days;
    DayBounds day = DayAt(zone_, StartOfDay(zone_, kFirst), std::nullopt, false);
    while (day.date <= kLast) {
      days.push_back(day);
      day = DayAt(zone_, day.end, day.end, false);
    }
    return days;
  }

  const absl::TimeZone zone_ = Zone(GetParam());
};

TEST_P(DayZonesTest, EveryInstantIsInExactlyOneDayWhicheverInstantOpensIt) {
  Instant end = StartOfDay(zone_, kFirst);
  for (const DayBounds& day : Walk()) {
    const std::string date = absl::FormatCivilTime(day.date);
    ASSERT_EQ(day.start, end) << date;
    ASSERT_EQ(day.end, EndByTheClock(zone_, day.start, day.date)) << date;
    const Instant touches[] = {day.start, day.start + hours(1),
                               day.start + (day.end - day.start) / 2, day.end - hours(1),
                               day.end - Duration(1)};
    for (const Instant touch : touches) {
      for (const auto& previous_end : {std::optional<Instant>(), std::optional<Instant>(end)}) {
        const DayBounds same = DayAt(zone_, touch, previous_end, false);
        ASSERT_TRUE(same.start == day.start && same.end == day.end && same.date == day.date)
            << date << ", touched after " << (touch - day.start).count() << " us";
      }
    }
    end = day.end;
  }
}

TEST_P(DayZonesTest, EveryDateOfTheZoneHasExactlyOneDay) {
  std::set<CivilDay> missing;
  CivilDay next = kFirst;
  for (const DayBounds& day : Walk()) {
    ASSERT_GE(day.date, next) << "twice";
    for (; next < day.date; ++next) missing.insert(next);
    ++next;
  }
  EXPECT_EQ(next, kLast + 1);
  // Samoa went to bed on a Thursday and rose on a Saturday.
  const std::set<CivilDay> none;
  const std::set<CivilDay> skipped = {CivilDay(2011, 12, 30)};
  EXPECT_EQ(missing, std::string(GetParam()) == "Pacific/Apia" ? skipped : none);
}

TEST_P(DayZonesTest, DaysAreLongerOrShorterWhereTheClocksChangeAndNowhereElse) {
  Lengths found;
  for (const DayBounds& day : Walk()) {
    if (day.date > kLastKnown) break;
    if (day.end - day.start != hours(24)) found[day.date] = day.end - day.start;
  }
  EXPECT_EQ(ToText(found), ToText(UnusualDays().at(GetParam())));
}

TEST_P(DayZonesTest, DaysBeginAtMidnightOrWhereItIsSkippedAtTheFirstInstantAfterIt) {
  for (const DayBounds& day : Walk()) {
    const absl::CivilSecond begins = Shown(zone_, day.start);
    ASSERT_EQ(CivilDay(begins), day.date);
    if (begins == absl::CivilSecond(day.date)) continue;
    // No clock showed midnight: a second before it was still yesterday.
    ASSERT_EQ(begins, absl::CivilSecond(day.date) + 3600) << absl::FormatCivilTime(day.date);
    ASSERT_EQ(Shown(zone_, day.start - seconds(1)), absl::CivilSecond(day.date) - 1);
  }
}

std::string ZoneTestName(const testing::TestParamInfo<const char*>& info) {
  std::string name = info.param;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !std::isalnum(c); }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Zones, DayZonesTest, testing::ValuesIn(kUnusualZones), ZoneTestName);

TEST(DayZonesByHandTest, UnusualMidnights) {
  struct Case {
    const char* zone;
    CivilDay date;
    Instant start;
    Instant end;
  };
  const Case cases[] = {
      // Midnight skipped.
      {"America/Sao_Paulo", CivilDay(2018, 11, 4), Utc(2018, 11, 4, 3), Utc(2018, 11, 5, 2)},
      {"Asia/Beirut", CivilDay(2023, 3, 26), Utc(2023, 3, 25, 22), Utc(2023, 3, 26, 21)},
      {"Africa/Cairo", CivilDay(2014, 8, 1), Utc(2014, 7, 31, 22), Utc(2014, 8, 1, 21)},
      {"America/Scoresbysund", CivilDay(2023, 3, 26), Utc(2023, 3, 26, 1), Utc(2023, 3, 27)},
      // Skipped in the middle of the hour that is: no zone did so lately.
      {"America/Toronto", CivilDay(1919, 3, 30), Utc(1919, 3, 30, 5), Utc(1919, 3, 31, 4, 30)},
      {"America/Toronto", CivilDay(1919, 3, 31), Utc(1919, 3, 31, 4, 30), Utc(1919, 4, 1, 4)},
      // The hour before midnight repeated.
      {"America/Sao_Paulo", CivilDay(2019, 2, 16), Utc(2019, 2, 16, 2), Utc(2019, 2, 17, 3)},
      {"Africa/Cairo", CivilDay(2010, 8, 10), Utc(2010, 8, 9, 21), Utc(2010, 8, 10, 22)},
      {"Asia/Beirut", CivilDay(2024, 10, 26), Utc(2024, 10, 25, 21), Utc(2024, 10, 26, 22)},
      // The hour after midnight repeated.
      {"America/Scoresbysund", CivilDay(2023, 10, 29), Utc(2023, 10, 29), Utc(2023, 10, 30, 1)},
      // Midnight repeated, a minute later.
      {"America/St_Johns", CivilDay(2010, 11, 7), Utc(2010, 11, 7, 2, 30), Utc(2010, 11, 8, 3, 30)},
      // Both sides of a date that was skipped.
      {"Pacific/Apia", CivilDay(2011, 12, 29), Utc(2011, 12, 29, 10), Utc(2011, 12, 30, 10)},
      {"Pacific/Apia", CivilDay(2011, 12, 31), Utc(2011, 12, 30, 10), Utc(2011, 12, 31, 10)},
      // Half an hour less.
      {"Australia/Lord_Howe", CivilDay(2024, 10, 6), Utc(2024, 10, 5, 13, 30),
       Utc(2024, 10, 6, 13)},
      {"Pacific/Kiritimati", CivilDay(2024, 10, 6), Utc(2024, 10, 5, 10), Utc(2024, 10, 6, 10)},
  };
  for (const Case& c : cases) {
    const DayBounds day = DayAt(Zone(c.zone), c.start + hours(12), std::nullopt, false);
    EXPECT_EQ(day.date, c.date) << c.zone;
    EXPECT_EQ(day.start, c.start) << c.zone << " " << absl::FormatCivilTime(c.date);
    EXPECT_EQ(day.end, c.end) << c.zone << " " << absl::FormatCivilTime(c.date);
  }
}

}  // namespace
}  // namespace quota::ledger
