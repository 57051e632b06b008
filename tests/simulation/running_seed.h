// Which seed a thread runs, for the one kind of failure that ends the process: a check of the
// product's own.
#pragma once

#include <cstdint>

namespace quota::simulation {

// While it lives, an abort of this thread prints "QUOTA_TEST_SEED=n" to stderr.
class RunningSeed {
 public:
  explicit RunningSeed(uint64_t seed);
  ~RunningSeed();
  RunningSeed(const RunningSeed&) = delete;
  RunningSeed& operator=(const RunningSeed&) = delete;
};

}  // namespace quota::simulation
