#include "tests/crash/kill_run.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/crash/kill_lane.h"
#include "tests/fakes/dice.h"

namespace quota::test {

KillTally KillRun::Run() {
  std::vector<std::thread> threads;
  for (int lane = 0; lane < options_.lanes; ++lane) {
    threads.emplace_back([this, lane] { RunLane(lane); });
  }
  for (std::thread& thread : threads) thread.join();
  MutexLock lock(mutex_);
  return Sum();
}

void KillRun::RunLane(int lane) {
  Dice dice(options_.seed + static_cast<uint64_t>(lane));
  KillLane lane_of_kills("lane" + std::to_string(lane), dice.Seed());
  if (!lane_of_kills.Begin()) return;
  const std::vector<Moment> moments(kMoments.begin(), kMoments.end());
  bool more = true;
  while (more && !testing::Test::HasFailure()) {
    if (!lane_of_kills.Round(dice.AnyOf(moments))) return;
    more = Take(lane, lane_of_kills.tally());
  }
}

bool KillRun::Take(int lane, const KillTally& tally) {
  MutexLock lock(mutex_);
  tallies_[lane] = tally;
  const KillTally sum = Sum();
  options_.progress(sum);
  return sum.kills < options_.kills;
}

KillTally KillRun::Sum() const {
  KillTally sum;
  for (const auto& [lane, tally] : tallies_) sum += tally;
  return sum;
}

}  // namespace quota::test
