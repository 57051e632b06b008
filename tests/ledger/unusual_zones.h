// Zones whose clocks do unusual things, or none.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "absl/time/time.h"
#include "common/clock.h"
#include "tests/fakes/test_catalog.h"

namespace quota::ledger {

inline constexpr const char* kUnusualZones[] = {
    "America/Los_Angeles",
    "America/St_Johns",      // until 2011 at a minute past midnight: back into the day before
    "America/Sao_Paulo",     // midnight skipped, until 2019
    "America/Scoresbysund",  // midnight skipped and repeated; moved its changes to evenings in 2024
    "Europe/Berlin",
    "Africa/Cairo",  // midnight skipped; up to four changes a year, and years without any
    "Asia/Beirut",   // midnight skipped
    "Asia/Kolkata",
    "Australia/Lord_Howe",  // by half an hour
    "Pacific/Apia",         // went from one side of the date line to the other
    "Pacific/Kiritimati",   // 14 hours ahead
};

inline absl::TimeZone Zone(const std::string& name) {
  const auto zone = test::LoadZone(name);
  EXPECT_TRUE(zone.has_value()) << name << " is missing: is tzdata installed?";
  return zone.value_or(absl::UTCTimeZone());
}

// An instant by the clocks of UTC.
inline Instant Utc(int year, int month, int day, int hour = 0, int minute = 0) {
  const absl::CivilSecond civil(year, month, day, hour, minute);
  const absl::Time time = absl::FromCivil(civil, absl::UTCTimeZone());
  return Instant(std::chrono::seconds(absl::ToUnixSeconds(time)));
}

}  // namespace quota::ledger
