// Random choices from a seed.
//
// Not thread-safe: each thread has its own.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace quota::test {

class Dice {
 public:
  explicit Dice(uint64_t seed) : random_(seed) {}

  // Both bounds are among the outcomes.
  int64_t Pick(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random_);
  }
  bool Chance(int64_t part, int64_t whole) { return Pick(1, whole) <= part; }
  template <typename T>
  const T& AnyOf(const std::vector<T>& all) {
    return all[static_cast<size_t>(Pick(0, std::ssize(all) - 1))];
  }
  uint64_t Seed() { return random_(); }

 private:
  std::mt19937_64 random_;
};

}  // namespace quota::test
