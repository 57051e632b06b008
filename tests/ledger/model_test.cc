// Random commands against the reference model; see model_run.h.
//
// QUOTA_TEST_SEED=n repeats the run with that seed.

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>
#include <string>

#include "tests/ledger/model_run.h"

namespace quota::ledger {
namespace {

void RunSeeds(bool crowded, uint64_t first, int count) {
  if (const char* given = std::getenv("QUOTA_TEST_SEED")) {
    first = std::strtoull(given, nullptr, 10);
    count = 1;
  }
  std::set<std::string> seen;
  for (uint64_t seed = first; seed < first + static_cast<uint64_t>(count); ++seed) {
    ModelRun run(seed, crowded);
    run.Groups(300);
    ASSERT_FALSE(testing::Test::HasFailure()) << "repeat it with QUOTA_TEST_SEED=" << seed;
    seen.insert(run.seen().begin(), run.seen().end());
  }
  if (count == 1) return;
  // The steps are worth something: they bring every kind of answer.
  for (const char* kind : {"granted",
                           "exhausted",
                           "full",
                           "charged",
                           "committed",
                           "ended",
                           "extended",
                           "usage",
                           "lost",
                           "org",
                           "bought",
                           "unknown",
                           "suspended",
                           "limits",
                           "grandfathered",
                           "late",
                           "repeated",
                           "expired",
                           "ABORTED",
                           "ALREADY_EXISTS",
                           "FAILED_PRECONDITION",
                           "INVALID_ARGUMENT",
                           "NOT_FOUND"}) {
    EXPECT_TRUE(seen.count(kind) != 0) << "no step was answered: " << kind;
  }
}

TEST(ModelTest, EveryAnswerIsTheModelsAndEveryRestartGivesAnEqualShard) {
  RunSeeds(/*crowded=*/false, 1, 40);
}

TEST(ModelTest, TheSameWhereMemoryForIdsIsShort) { RunSeeds(/*crowded=*/true, 1001, 20); }

}  // namespace
}  // namespace quota::ledger
