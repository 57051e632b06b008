#include "client/retry.h"

#include <gtest/gtest.h>

#include <vector>

#include "common/status.h"
#include "tests/client/fake_time.h"

namespace quota::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(RetryTest, ReturnsTheFirstSuccessWithoutAPause) {
  FakeTime time;
  EXPECT_TRUE(RunWithRetries({}, time, [](Duration) { return absl::OkStatus(); }).ok());
  EXPECT_TRUE(time.pauses().empty());
}

TEST(RetryTest, FinalErrorsAreNotRetried) {
  for (const auto& status :
       {absl::InvalidArgumentError(""), absl::NotFoundError(""), absl::AlreadyExistsError(""),
        absl::FailedPreconditionError(""), absl::AbortedError(""),
        absl::ResourceExhaustedError("without RetryInfo"), absl::UnimplementedError("")}) {
    FakeTime time;
    int attempts = 0;
    const absl::Status result = RunWithRetries({}, time, [&](Duration) {
      ++attempts;
      return status;
    });
    EXPECT_EQ(result, status);
    EXPECT_EQ(attempts, 1) << status;
  }
}

TEST(RetryTest, PausesDoubleWithinTheirJitterUpToTheLongest) {
  FakeTime time;
  const RetryPolicy policy = {.first_pause = milliseconds(100), .longest_pause = milliseconds(400)};
  int attempts = 0;
  ASSERT_TRUE(RunWithRetries(policy, time, [&](Duration) {
                return ++attempts < 6 ? absl::UnavailableError("") : absl::OkStatus();
              }).ok());
  const std::vector<Duration> pauses = time.pauses();
  ASSERT_EQ(pauses.size(), 5u);
  const milliseconds expected[] = {milliseconds(100), milliseconds(200), milliseconds(400),
                                   milliseconds(400), milliseconds(400)};
  for (size_t i = 0; i < pauses.size(); ++i) {
    EXPECT_GE(pauses[i], expected[i] / 2);
    EXPECT_LE(pauses[i], expected[i]);
  }
}

TEST(RetryTest, GivesUpBeforeTheBudgetIsOverAndSaysSo) {
  FakeTime time;
  const RetryPolicy policy = {.budget = seconds(10)};
  const absl::Status status = RunWithRetries(policy, time, [&](Duration timeout) {
    EXPECT_GT(timeout, Duration::zero());
    EXPECT_LE(timeout, policy.attempt_deadline);
    EXPECT_LE(time.Elapsed() + timeout, policy.budget);
    time.Advance(timeout);
    return absl::DeadlineExceededError("too slow");
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_NE(status.message().find("gave up after"), absl::string_view::npos) << status;
  EXPECT_EQ(ReasonOf(status), kOutcomeUnknown);
  EXPECT_LE(time.Elapsed(), policy.budget);
}

TEST(RetryTest, WaitsAtLeastAsLongAsTheServerAsks) {
  FakeTime time;
  int attempts = 0;
  ASSERT_TRUE(RunWithRetries({}, time, [&](Duration) {
                return ++attempts > 1
                           ? absl::OkStatus()
                           : WithRetryDelay(absl::ResourceExhaustedError(""), seconds(3));
              }).ok());
  ASSERT_EQ(time.pauses().size(), 1u);
  EXPECT_GE(time.pauses()[0], seconds(3));
}

TEST(RetryTest, ADelayBeyondTheBudgetIsNotWaitedFor) {
  FakeTime time;
  const absl::Status status = RunWithRetries({}, time, [&](Duration) {
    return WithRetryDelay(WithReason(absl::ResourceExhaustedError(""), kOverloaded), seconds(60));
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(status), kOverloaded);
  EXPECT_TRUE(time.pauses().empty());
}

TEST(RetryTest, AnAttemptThatMayHaveHappenedIsNotForgottenBehindARefusalToTry) {
  FakeTime time;
  int attempts = 0;
  const absl::Status status = RunWithRetries({}, time, [&](Duration) {
    return ++attempts == 1 ? absl::DeadlineExceededError("")
                           : WithReason(absl::ResourceExhaustedError(""), kOverloaded);
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(status), kOutcomeUnknown);
}

TEST(RetryTest, AStoppedStoreDidNothing) {
  EXPECT_FALSE(IsOutcomeUnknown(WithReason(absl::UnavailableError(""), kStoreStopped)));
  EXPECT_TRUE(IsOutcomeUnknown(WithReason(absl::UnavailableError(""), kOutcomeUnknown)));
  EXPECT_TRUE(IsOutcomeUnknown(absl::UnavailableError("connection reset")));
  EXPECT_FALSE(IsOutcomeUnknown(absl::NotFoundError("")));
}

TEST(RetryTest, PoliciesThatMakeNoSenseAreNamed) {
  EXPECT_TRUE(RetryPolicy().Validate().ok());
  EXPECT_EQ(RetryPolicy{.budget = seconds(11)}.Validate().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(RetryPolicy{.first_pause = seconds(0)}.Validate().message(),
            "RetryPolicy.first_pause must be above 0");
}

}  // namespace
}  // namespace quota::client
