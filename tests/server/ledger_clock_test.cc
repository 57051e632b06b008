#include "server/ledger_clock.h"

#include <gtest/gtest.h>

#include "tests/fakes/simulated_clock.h"

namespace quota::server {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// A wall clock that can be set apart from the time that passes.
class SteppedClock final : public Clock {
 public:
  Instant Now() const override { return wall_; }
  Duration Elapsed() const override { return elapsed_; }
  void Pass(Duration time) {
    wall_ += time;
    elapsed_ += time;
  }
  void JumpWall(Duration by) { wall_ += by; }

 private:
  Instant wall_ = test::kNoon;
  Duration elapsed_{};
};

class LedgerClockTest : public ::testing::Test {
 protected:
  LedgerClockTest() { ledger_.Start(Instant()); }

  SteppedClock clock_;
  LedgerClock ledger_{clock_};
};

TEST_F(LedgerClockTest, FollowsAWallClockThatRunsTrue) {
  clock_.Pass(seconds(7));
  EXPECT_EQ(ledger_.Now(), test::kNoon + seconds(7));
  EXPECT_FALSE(ledger_.status().jump_held);
}

TEST_F(LedgerClockTest, NeitherRunsBackwardsNorStopsWhenTheWallClockGoesBack) {
  clock_.JumpWall(-hours(3));
  EXPECT_EQ(ledger_.Now(), test::kNoon);
  clock_.Pass(minutes(1));
  EXPECT_EQ(ledger_.Now(), test::kNoon + seconds(30));
}

TEST_F(LedgerClockTest, IsCaughtUpWithAtHalfSpeedAndThenRunsTrue) {
  clock_.JumpWall(-minutes(1));
  for (int i = 0; i < 121; ++i) {
    clock_.Pass(seconds(1));
    ledger_.Now();
  }
  EXPECT_EQ(ledger_.Now(), clock_.Now());
}

TEST_F(LedgerClockTest, FollowsAJumpAheadOfTenMinutes) {
  clock_.JumpWall(minutes(10));
  EXPECT_EQ(ledger_.Now(), test::kNoon + minutes(10));
}

TEST_F(LedgerClockTest, HoldsALargerJumpUntilItIsAccepted) {
  clock_.JumpWall(hours(30));
  clock_.Pass(seconds(4));
  EXPECT_EQ(ledger_.Now(), test::kNoon + seconds(4));
  EXPECT_TRUE(ledger_.status().jump_held);
  EXPECT_EQ(ledger_.status().wall_ahead, hours(30));
  ledger_.Accept();
  EXPECT_EQ(ledger_.Now(), test::kNoon + hours(30) + seconds(4));
  EXPECT_FALSE(ledger_.status().jump_held);
}

TEST_F(LedgerClockTest, FollowsAgainOnceTheWallClockWasPutRight) {
  clock_.JumpWall(hours(30));
  ledger_.Now();
  clock_.JumpWall(-hours(30));
  clock_.Pass(seconds(2));
  EXPECT_EQ(ledger_.Now(), test::kNoon + seconds(2));
  EXPECT_FALSE(ledger_.status().jump_held);
}

TEST_F(LedgerClockTest, BeginsAtTheLaterOfWallClockAndLastJournalledInstant) {
  LedgerClock late(clock_);
  late.Start(test::kNoon + hours(1));
  EXPECT_EQ(late.Now(), test::kNoon + hours(1));
  LedgerClock early(clock_);
  early.Start(test::kNoon - hours(1));
  EXPECT_EQ(early.Now(), test::kNoon);
}

TEST_F(LedgerClockTest, OpeningTheStoreAgainIsNoRestart) {
  clock_.JumpWall(hours(30));
  clock_.Pass(seconds(4));
  ledger_.Now();
  ledger_.Start(test::kNoon + seconds(1));
  EXPECT_EQ(ledger_.Now(), test::kNoon + seconds(4));
  EXPECT_TRUE(ledger_.status().jump_held);
}

TEST_F(LedgerClockTest, OpeningTheStoreAgainDoesNotGoBackToTheLastJournalledInstant) {
  clock_.JumpWall(-hours(3));
  clock_.Pass(minutes(10));
  ledger_.Now();
  ledger_.Start(test::kNoon + minutes(1));
  EXPECT_EQ(ledger_.Now(), test::kNoon + minutes(5));
}

TEST_F(LedgerClockTest, NtpStepsAroundMidnightNeverTakeItBack) {
  const Instant midnight = test::kNoon + hours(12);
  clock_.Pass(hours(12) - seconds(2));
  Instant last = ledger_.Now();
  for (const seconds step : {seconds(3), seconds(-5), seconds(4), seconds(-3), seconds(1)}) {
    clock_.JumpWall(step);
    clock_.Pass(std::chrono::milliseconds(500));
    const Instant now = ledger_.Now();
    EXPECT_GE(now, last + std::chrono::milliseconds(250));
    last = now;
  }
  EXPECT_GT(last, midnight);
}

TEST_F(LedgerClockTest, AMonthAheadIsHeldAndAMonthBehindIsWaitedFor) {
  clock_.JumpWall(hours(24 * 30));
  clock_.Pass(hours(1));
  EXPECT_EQ(ledger_.Now(), test::kNoon + hours(1));
  clock_.JumpWall(-hours(24 * 60));
  clock_.Pass(hours(2));
  EXPECT_EQ(ledger_.Now(), test::kNoon + hours(2));
}

TEST_F(LedgerClockTest, IsSteadySinceItsStartWhileTheWallClockRunsTrueOrBehind) {
  clock_.Pass(hours(5));
  ledger_.Now();
  clock_.JumpWall(-minutes(3));
  clock_.Pass(hours(1));
  ledger_.Now();
  EXPECT_EQ(ledger_.SteadySince(), test::kNoon);
}

TEST_F(LedgerClockTest, IsSteadySinceTheLastJumpThatWasFollowed) {
  clock_.Pass(minutes(1));
  clock_.JumpWall(minutes(5));
  ledger_.Now();
  EXPECT_EQ(ledger_.SteadySince(), test::kNoon + minutes(6));
  clock_.JumpWall(hours(7));
  ledger_.Now();
  EXPECT_EQ(ledger_.SteadySince(), test::kNoon + minutes(6));
  ledger_.Accept();
  EXPECT_EQ(ledger_.SteadySince(), test::kNoon + minutes(6) + hours(7));
}

TEST_F(LedgerClockTest, SmallStepsAheadCountOnceTheyComeToASecond) {
  for (int i = 0; i < 10; ++i) {
    clock_.JumpWall(std::chrono::milliseconds(100));
    ledger_.Now();
  }
  EXPECT_EQ(ledger_.SteadySince(), test::kNoon);
  clock_.JumpWall(std::chrono::milliseconds(1));
  ledger_.Now();
  EXPECT_EQ(ledger_.SteadySince(), test::kNoon + std::chrono::milliseconds(1'001));
}

}  // namespace
}  // namespace quota::server
