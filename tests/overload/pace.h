// So many a second, whatever becomes of those before: how many are due now.
#pragma once

#include <chrono>
#include <cstdint>

namespace quota::test {

class Pace {
 public:
  // 0: never any.
  explicit Pace(double per_second) : per_second_(per_second) {}

  // Those that have come due since the last time.
  uint64_t TakeDue() {
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - started_;
    const auto due = static_cast<uint64_t>(passed.count() * per_second_);
    const uint64_t fresh = due - taken_;
    taken_ = due;
    return fresh;
  }

 private:
  const double per_second_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  uint64_t taken_ = 0;
};

}  // namespace quota::test
