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
  virtual Instant Now() const = 0;
};

// The machine's wall clock: may jump either way.
class SystemClock final : public Clock {
 public:
  Instant Now() const override {
    return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  }
};

}  // namespace quota
