// The one source of chance of a run: the same seed gives the same run, step by step.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>

#include "common/clock.h"

namespace quota::simulation {

class Dice {
 public:
  explicit Dice(uint64_t seed) : random_(seed) {}

  // Both ends are possible.
  int Uniform(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
  bool OneIn(int n) { return Uniform(1, n) == 1; }
  // 0 to n - 1.
  size_t Below(size_t n) { return static_cast<size_t>(Uniform(0, static_cast<int>(n) - 1)); }
  Duration Milliseconds(int low, int high) { return std::chrono::milliseconds(Uniform(low, high)); }
  Duration Seconds(int low, int high) { return std::chrono::seconds(Uniform(low, high)); }

 private:
  std::mt19937_64 random_;
};

}  // namespace quota::simulation
