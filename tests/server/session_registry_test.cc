#include "server/session_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/simulated_clock.h"

namespace quota::server {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Instant kStart = test::kNoon;

class SessionRegistryTest : public ::testing::Test {
 protected:
  void Connect(uint64_t epoch) {
    ASSERT_TRUE(
        registry_.Connect("s", epoch, [this, epoch] { superseded_.push_back(epoch); }).ok());
  }

  SessionRegistry registry_{seconds(5)};
  std::vector<uint64_t> superseded_;
};

TEST_F(SessionRegistryTest, ASessionIsLostOnceItsGraceHasPassed) {
  Connect(1);
  EXPECT_THAT(registry_.TakeLost(kStart + seconds(100)), IsEmpty());
  registry_.Disconnect("s", 1, kStart);
  EXPECT_THAT(registry_.TakeLost(kStart + seconds(4)), IsEmpty());
  EXPECT_THAT(registry_.TakeLost(kStart + seconds(5)), ElementsAre("s"));
  EXPECT_THAT(registry_.TakeLost(kStart + seconds(50)), IsEmpty());
  EXPECT_EQ(registry_.size(), 0u);
}

TEST_F(SessionRegistryTest, ASessionThatComesBackIsNotLost) {
  Connect(1);
  registry_.Disconnect("s", 1, kStart);
  Connect(2);
  EXPECT_THAT(registry_.TakeLost(kStart + seconds(100)), IsEmpty());
}

TEST_F(SessionRegistryTest, ANewerEpochTakesOverAndTheOldStreamsEndChangesNothing) {
  Connect(1);
  Connect(2);
  EXPECT_THAT(superseded_, ElementsAre(1u));
  registry_.Disconnect("s", 1, kStart);
  EXPECT_THAT(registry_.TakeLost(kStart + seconds(100)), IsEmpty());
}

TEST_F(SessionRegistryTest, AnOlderOrEqualEpochIsRefusedWhileAStreamIsOpen) {
  Connect(2);
  const absl::Status equal = registry_.Connect("s", 2, [] {});
  EXPECT_EQ(equal.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(equal.message(),
            "epoch: 2; session s has a stream of epoch 2: use a higher one to take over");
  EXPECT_EQ(registry_.Connect("s", 1, [] {}).code(), absl::StatusCode::kAborted);
  EXPECT_THAT(superseded_, IsEmpty());
}

TEST_F(SessionRegistryTest, ARecoveredSessionHasAFullGrace) {
  registry_.Recover("s", kStart);
  EXPECT_THAT(registry_.TakeLost(kStart + seconds(4)), IsEmpty());
  EXPECT_THAT(registry_.TakeLost(kStart + seconds(5)), ElementsAre("s"));
}

TEST_F(SessionRegistryTest, GracesBeginAnewWhenTheEngineServesAgain) {
  Connect(1);
  registry_.Disconnect("s", 1, kStart);
  registry_.RestartGraces(kStart + seconds(60));
  EXPECT_THAT(registry_.TakeLost(kStart + seconds(64)), IsEmpty());
  EXPECT_THAT(registry_.TakeLost(kStart + seconds(65)), ElementsAre("s"));
}

TEST_F(SessionRegistryTest, ADrainEndsNoGrace) {
  Connect(1);
  registry_.Disconnect("s", 1, kStart);
  registry_.StopGraces();
  EXPECT_THAT(registry_.TakeLost(kStart + seconds(100)), IsEmpty());
}

}  // namespace
}  // namespace quota::server
