// Days of an organisation: calendar days of its zone, from one midnight to the next. A day with a
// clock change has 23 or 25 hours; a zone that skips or repeats midnight has days that begin at the
// first instant of their date. Pure; thread-safe.
#pragma once

#include <optional>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/clock.h"

namespace quota::ledger {

struct DayBounds {
  // Both on whole seconds; the end is the next day's start.
  Instant start;
  Instant end;
  absl::CivilDay date;
};

// The day that contains `now`, after a previous day that ended at `previous_end` (not after `now`).
// Where the zone has changed since (`zone_changed`) and no time lies between, the day begins where
// the previous one ended and ends at the zone's first midnight at least 12 hours later.
DayBounds DayAt(const absl::TimeZone& zone, Instant now, std::optional<Instant> previous_end,
                bool zone_changed);

// The first instant of `date`.
Instant StartOfDay(const absl::TimeZone& zone, absl::CivilDay date);

absl::CivilDay DateAt(const absl::TimeZone& zone, Instant instant);

// Dates are stored as days since 1970-01-01.
inline int32_t DaysSinceEpoch(absl::CivilDay date) {
  return static_cast<int32_t>(date - absl::CivilDay(1970, 1, 1));
}
inline absl::CivilDay DateOf(int32_t days_since_epoch) {
  return absl::CivilDay(1970, 1, 1) + days_since_epoch;
}

}  // namespace quota::ledger
