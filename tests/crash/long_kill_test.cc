// Kills at moments of every kind, mixed, in the same folders: what one leaves is there at the next.
// scripts/crash runs this test alone, for as long as wanted:
//
//   QUOTA_TEST_KILLS    how many kills; by default a few
//   QUOTA_TEST_LANES    servers at once; by default 1
//   QUOTA_TEST_SEED     repeats a run's choices (not its timing)
//   QUOTA_TEST_SUMMARY  a file for the figures, as JSON; then progress goes to standard error
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <random>
#include <string>

#include "tests/crash/kill_run.h"

namespace quota::test {
namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr int64_t kDefaultKills = 5;
#else
constexpr int64_t kDefaultKills = 15;
#endif

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(LongKillTest, KillsAtAnyMomentLoseNothingAndChargeNothingTwice) {
  const uint64_t seed = FromEnvironment("QUOTA_TEST_SEED", std::random_device()());
  std::cout << "QUOTA_TEST_SEED=" << seed << std::endl;
  const char* summary = std::getenv("QUOTA_TEST_SUMMARY");
  const auto begin = std::chrono::steady_clock::now();
  const auto elapsed = [begin] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  KillRun::Options options{
      .kills = static_cast<int64_t>(FromEnvironment("QUOTA_TEST_KILLS", kDefaultKills)),
      .lanes = static_cast<int>(FromEnvironment("QUOTA_TEST_LANES", 1)),
      .seed = seed};
  if (summary != nullptr) {
    options.progress = [&, wanted = options.kills](const KillTally& tally) {
      std::cerr << fmt::format("\r{} of {} kills, {} operations audited, {:.0f} s  ", tally.kills,
                               wanted, tally.operations, elapsed())
                << std::flush;
    };
  }
  const KillTally tally = KillRun(options).Run();
  EXPECT_GE(tally.kills, options.kills);
  std::cout << tally.Text() << std::endl;
  if (summary == nullptr) return;
  std::cerr << std::endl;
  std::ofstream(summary) << tally.Json(elapsed(), seed) << "\n";
}

}  // namespace
}  // namespace quota::test
