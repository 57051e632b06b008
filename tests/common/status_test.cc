#include "common/status.h"

#include <gtest/gtest.h>

namespace quota {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(StatusTest, ReasonAndDelayTravelWithAnError) {
  const absl::Status plain = absl::UnavailableError("stopped");
  EXPECT_EQ(ReasonOf(plain), "");
  EXPECT_EQ(RetryDelayOf(plain), std::nullopt);
  const absl::Status full = WithRetryDelay(WithReason(plain, kStoreStopped), milliseconds(1'500));
  EXPECT_EQ(full.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(full.message(), "stopped");
  EXPECT_EQ(ReasonOf(full), "STORE_STOPPED");
  EXPECT_EQ(RetryDelayOf(full), milliseconds(1'500));
  EXPECT_EQ(ReasonOf(WithReason(full, kOverloaded)), "OVERLOADED") << "the last one counts";
}

TEST(StatusTest, SuccessCarriesNeither) {
  const absl::Status ok = WithRetryDelay(WithReason(absl::OkStatus(), kOverloaded), seconds(1));
  EXPECT_TRUE(ok.ok());
  EXPECT_EQ(ReasonOf(ok), "");
  EXPECT_EQ(RetryDelayOf(ok), std::nullopt);
}

TEST(StatusTest, AnnotationComesFirstAndKeepsTheRest) {
  const absl::Status error =
      WithRetryDelay(WithReason(absl::DataLossError("torn"), kOutcomeUnknown), seconds(2));
  const absl::Status annotated = Annotate(error, "shard 3");
  EXPECT_EQ(annotated.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(annotated.message(), "shard 3: torn");
  EXPECT_EQ(ReasonOf(annotated), "OUTCOME_UNKNOWN");
  EXPECT_EQ(RetryDelayOf(annotated), seconds(2));
  EXPECT_EQ(Annotate(absl::OkStatus(), "shard 3"), absl::OkStatus());
}

absl::Status FailIf(bool fail) { return fail ? absl::AbortedError("failed") : absl::OkStatus(); }
absl::StatusOr<std::string> TextUnless(bool fail) {
  if (fail) return absl::AbortedError("no text");
  return std::string("text");
}

absl::StatusOr<size_t> Chain(bool first, bool second) {
  QUOTA_RETURN_IF_ERROR(FailIf(first));
  QUOTA_ASSIGN_OR_RETURN(const std::string text, TextUnless(second));
  return text.size();
}

TEST(StatusTest, MacrosReturnTheFirstError) {
  EXPECT_EQ(Chain(true, true).status(), absl::AbortedError("failed"));
  EXPECT_EQ(Chain(false, true).status(), absl::AbortedError("no text"));
  EXPECT_EQ(*Chain(false, false), 4u);
}

}  // namespace
}  // namespace quota
