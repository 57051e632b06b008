#include "ledger/calendar.h"

#include <algorithm>

namespace quota::ledger {
namespace {

// A day after a change of zone lasts at least this long, so that no day is spent within minutes.
constexpr Duration kShortestDay = std::chrono::hours(12);

absl::Time ToAbsl(Instant instant) {
  return absl::FromUnixMicros(instant.time_since_epoch().count());
}

Instant FromAbsl(absl::Time time) { return Instant(Duration(absl::ToUnixMicros(time))); }

}  // namespace

Instant StartOfDay(const absl::TimeZone& zone, absl::CivilDay date) {
  const absl::TimeZone::TimeInfo info = zone.At(absl::CivilSecond(date));
  // A skipped midnight: the date begins at the transition. A repeated one: at its first occurrence.
  return FromAbsl(info.kind == absl::TimeZone::TimeInfo::SKIPPED ? info.trans : info.pre);
}

absl::CivilDay DateAt(const absl::TimeZone& zone, Instant instant) {
  return absl::CivilDay(zone.At(ToAbsl(instant)).cs);
}

DayBounds DayAt(const absl::TimeZone& zone, Instant now, std::optional<Instant> previous_end,
                bool zone_changed) {
  DayBounds day;
  day.date = DateAt(zone, now);
  day.start = StartOfDay(zone, day.date);
  // Clocks that go back over midnight make a few minutes belong to the earlier date again: they are
  // counted with the date that has begun.
  while (StartOfDay(zone, day.date + 1) <= now) {
    ++day.date;
    day.start = StartOfDay(zone, day.date);
  }
  day.end = StartOfDay(zone, day.date + 1);
  // A whole date may be skipped (Samoa, 2011): it has no instants, and its start is its end.
  for (absl::CivilDay next = day.date + 1; day.end <= day.start;) {
    day.end = StartOfDay(zone, ++next);
  }
  if (!previous_end || *previous_end <= day.start) return day;
  day.start = *previous_end;
  if (zone_changed) {
    absl::CivilDay next = day.date + 1;
    while (day.end < day.start + kShortestDay) day.end = StartOfDay(zone, ++next);
  }
  return day;
}

}  // namespace quota::ledger
