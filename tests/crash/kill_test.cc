// SIGKILL of the real server, again and again, at moments of every kind. After each, everything
// that was acknowledged is there, nothing was charged twice, every hold has ended, and all sums
// agree.
//
// QUOTA_TEST_SEED repeats a run's choices (not its timing).
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>

#include "tests/crash/kill_lane.h"
#include "tests/crash/moment.h"

namespace quota::test {
namespace {

uint64_t SeedFromEnvironment() {
  const char* text = std::getenv("QUOTA_TEST_SEED");
  const uint64_t seed = text == nullptr ? std::random_device()() : std::strtoull(text, nullptr, 10);
  std::cout << "QUOTA_TEST_SEED=" << seed << std::endl;
  return seed;
}

#ifdef __SANITIZE_ADDRESS__
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

// Some 90 kills in all, in three minutes of a busy machine with two cores; a quarter of them under
// AddressSanitizer. scripts/crash makes as many as wanted.
int RoundsAt(Moment moment) {
  switch (moment) {
    case Moment::kTraffic:
      return kSanitized ? 3 : 12;
    case Moment::kSnapshot:
      return kSanitized ? 4 : 16;
    case Moment::kDayChange:
      return kSanitized ? 2 : 10;
    case Moment::kShutdown:
      return kSanitized ? 3 : 10;
    case Moment::kStart:
      return kSanitized ? 2 : 8;
    case Moment::kPause:
      return kSanitized ? 2 : 8;
    case Moment::kLostSession:
      return kSanitized ? 1 : 6;
  }
  return 0;
}

class KillTest : public testing::TestWithParam<Moment> {
 protected:
  void Run(KillLane& lane, Moment moment, int rounds) {
    for (int round = 0; round < rounds && !HasFailure(); ++round) {
      if (!lane.Round(moment)) break;
    }
  }
};

INSTANTIATE_TEST_SUITE_P(At, KillTest, testing::ValuesIn(kMoments),
                         [](const auto& moment) { return std::string(NameOf(moment.param)); });

TEST_P(KillTest, NothingAcknowledgedIsLostAndNothingIsChargedTwice) {
  KillLane lane("lane", SeedFromEnvironment());
  ASSERT_TRUE(lane.Begin());
  Run(lane, GetParam(), RoundsAt(GetParam()));
  const KillTally& tally = lane.tally();
  std::cout << tally.Text() << std::endl;
  // The kills did hit what they were aimed at.
  switch (GetParam()) {
    case Moment::kTraffic:
      EXPECT_GT(tally.operations, 0);
      break;
    case Moment::kSnapshot:
      EXPECT_GT(tally.in_snapshot, 0);
      break;
    case Moment::kDayChange:
      EXPECT_GT(tally.across_midnight, 0);
      break;
    case Moment::kShutdown:
      EXPECT_GT(tally.in_shutdown, 0);
      break;
    case Moment::kStart:
      EXPECT_GT(tally.in_start, 0);
      break;
    case Moment::kPause:
      EXPECT_GT(tally.in_pause, 0);
      break;
    case Moment::kLostSession:
      EXPECT_GT(tally.lost_sessions, 0);
      break;
  }
}

}  // namespace
}  // namespace quota::test
