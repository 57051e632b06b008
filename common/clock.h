// Instants, durations and where they come from. All time in quotad is in whole microseconds.
#pragma once

#include <chrono>

namespace quota {

// Microseconds since 1970-01-01T00:00:00Z.
using Instant = std::chrono::sys_time<std::chrono::microseconds>;
using Duration = std::chrono::microseconds;

// A source of the present instant. Implementations are thread-safe and do not block.
class Clock {
 public:
  virtual ~Clock() = default;
  // The wall clock: may jump either way.
  virtual Instant Now() const = 0;
  // Time that has passed since some fixed point: never jumps, and does not follow the wall clock
  // when that is set. Without an override it is the wall clock itself.
  virtual Duration Elapsed() const { return Now().time_since_epoch(); }
};

// The machine's clocks.
class SystemClock final : public Clock {
 public:
  Instant Now() const override {
    return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  }
  Duration Elapsed() const override {
    return std::chrono::duration_cast<Duration>(
        std::chrono::steady_clock::now().time_since_epoch());
  }
};

}  // namespace quota
