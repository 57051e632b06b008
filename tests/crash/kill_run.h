// Several lanes at once, killed at moments of every kind until there were enough kills.
//
//   KillTally tally = KillRun({.kills = 300, .lanes = 2, .seed = seed}).Run();
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "common/mutex.h"
#include "tests/crash/kill_tally.h"

namespace quota::test {

// Run belongs to one thread.
class KillRun {
 public:
  struct Options {
    int64_t kills = 10;
    // Servers at once, each with a folder of its own.
    int lanes = 1;
    uint64_t seed = 1;
    // Told from time to time how far it is; on any thread, one at a time.
    std::function<void(const KillTally&)> progress = [](const KillTally&) {};
  };

  explicit KillRun(Options options) : options_(std::move(options)) {}

  // Blocks until it is done, or the test has failed.
  KillTally Run();

 private:
  void RunLane(int lane);
  // Takes a lane's tally, and tells progress. False where there have been enough kills.
  bool Take(int lane, const KillTally& tally);
  KillTally Sum() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  mutable Mutex mutex_;
  // By lane.
  std::map<int, KillTally> tallies_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quota::test
