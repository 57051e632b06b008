// When operations start in an open loop.
#pragma once

#include <chrono>
#include <cstdint>

namespace quota::bench {

using TimePoint = std::chrono::steady_clock::time_point;

// One start every 1 / rate, whatever became of those before: where the server, or the generator,
// is late, the starts that it missed are still made, and their latency counts from when they were
// due. (A generator that waits for its answers instead leaves out the worst of them: "coordinated
// omission".)
//
//   Schedule schedule(begin, 1000.0);
//   while (schedule.Due(now)) Start(/*intended=*/schedule.Pop());
class Schedule {
 public:
  // `per_second` above 0.
  Schedule(TimePoint begin, double per_second) : begin_(begin), seconds_each_(1 / per_second) {}

  // The intended start of the next.
  TimePoint next() const {
    return begin_ + std::chrono::duration_cast<TimePoint::duration>(
                        std::chrono::duration<double>(seconds_each_ * static_cast<double>(taken_)));
  }
  bool Due(TimePoint now) const { return next() <= now; }
  TimePoint Pop() {
    const TimePoint intended = next();
    ++taken_;
    return intended;
  }

 private:
  TimePoint begin_;
  double seconds_each_;
  // Not a sum of intervals: those would add up their rounding.
  uint64_t taken_ = 0;
};

}  // namespace quota::bench
