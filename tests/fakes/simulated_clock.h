// A clock that stands still until a test moves it.
//
//   SimulatedClock clock;
//   clock.Advance(std::chrono::seconds(5));
#pragma once

#include <atomic>
#include <chrono>

#include "common/clock.h"

namespace quota::test {

// 2025-11-03T12:00:00Z, a Monday at noon: no clock of any zone changes within days of it but those
// of a test that wants it.
inline constexpr Instant kNoon{std::chrono::seconds(1'762'171'200)};

// Thread-safe.
class SimulatedClock final : public Clock {
 public:
  explicit SimulatedClock(Instant now = kNoon) : now_(now) {}

  Instant Now() const override { return now_.load(); }
  Duration Elapsed() const override { return now_.load().time_since_epoch() - jumped_.load(); }

  // Time passes, or a test begins elsewhere.
  void Set(Instant now) { now_.store(now); }
  void Advance(Duration by) { now_.store(now_.load() + by); }
  // Somebody sets the wall clock, either way: no time passes.
  void Jump(Duration by) {
    jumped_.store(jumped_.load() + by);
    now_.store(now_.load() + by);
  }

 private:
  std::atomic<Instant> now_;
  std::atomic<Duration> jumped_ = Duration(0);
};

}  // namespace quota::test
