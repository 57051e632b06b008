// All invariants of docs/design.md, through everything that can go wrong.
//
// QUOTA_TEST_SEED=n repeats one seed; scripts/simulate runs as many as are wanted.
#include "tests/simulation/simulation.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace quota::simulation {
namespace {

// As many as take a quarter of a minute; under a sanitizer, half a minute.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr uint64_t kSeeds = 30;
#else
constexpr uint64_t kSeeds = 150;
#endif

TEST(Simulation, EveryInvariantHoldsThroughCrashesFailedWritesFullDisksAndWrongClocks) {
  uint64_t first = 1;
  uint64_t last = kSeeds;
  if (const char* seed = std::getenv("QUOTA_TEST_SEED")) {
    first = last = std::strtoull(seed, nullptr, 10);
  }
  Tally tally;
  for (uint64_t seed = first; seed <= last; ++seed) {
    SCOPED_TRACE("QUOTA_TEST_SEED=" + std::to_string(seed));
    const RunResult result = Simulate({.seed = seed});
    for (const std::string& finding : result.findings) ADD_FAILURE() << finding;
    if (HasFailure()) return;
    tally += result.tally;
  }
  if (first == last) return;
  // It did what it is for.
  ForEachFigure([&](const char* name, uint64_t Tally::*figure) {
    EXPECT_GE(tally.*figure, kSeeds / 5) << name;
  });
  EXPECT_GT(tally.answers, kSeeds * 500);
}

}  // namespace
}  // namespace quota::simulation
