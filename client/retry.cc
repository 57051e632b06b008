#include "client/retry.h"

#include <algorithm>
#include <random>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "client/uuid.h"
#include "common/status.h"

namespace quota::client {
namespace {

absl::Status CheckPositive(const char* field, Duration value) {
  if (value > Duration::zero()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("RetryPolicy.", field, " must be above 0"));
}

Duration Jittered(Duration pause) {
  std::uniform_int_distribution<int64_t> draw(pause.count() / 2, pause.count());
  return Duration(draw(ThreadRandom()));
}

}  // namespace

Duration SteadyTime::Elapsed() const {
  return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch());
}

void SteadyTime::Sleep(Duration pause) { std::this_thread::sleep_for(pause); }

absl::Status RetryPolicy::Validate() const {
  QUOTA_RETURN_IF_ERROR(CheckPositive("budget", budget));
  QUOTA_RETURN_IF_ERROR(CheckPositive("attempt_deadline", attempt_deadline));
  QUOTA_RETURN_IF_ERROR(CheckPositive("first_pause", first_pause));
  QUOTA_RETURN_IF_ERROR(CheckPositive("longest_pause", longest_pause));
  if (budget > kLongestBudget) {
    return absl::InvalidArgumentError(
        "RetryPolicy.budget must be at most 10 s: the server remembers ids for a limited time");
  }
  return absl::OkStatus();
}

bool IsRetryable(const absl::Status& status) {
  return status.code() == absl::StatusCode::kUnavailable ||
         status.code() == absl::StatusCode::kDeadlineExceeded ||
         (status.code() == absl::StatusCode::kResourceExhausted &&
          RetryDelayOf(status).has_value());
}

bool IsOutcomeUnknown(const absl::Status& status) {
  const std::string reason = ReasonOf(status);
  if (reason == kOutcomeUnknown) return true;
  if (reason == kStoreStopped || reason == kOverloaded) return false;
  // A connection that breaks shows as UNAVAILABLE too, whether the request had arrived or not.
  // CANCELLED, UNKNOWN and INTERNAL come from proxies and broken transports.
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kInternal:
      return true;
    default:
      return false;
  }
}

absl::Status RunWithRetries(const RetryPolicy& policy, TimeSource& time,
                            absl::FunctionRef<absl::Status(Duration)> attempt) {
  const Duration end = time.Elapsed() + policy.budget;
  Duration pause = std::min(policy.first_pause, policy.longest_pause);
  absl::Status status;
  // Once an attempt may have happened, a later definite failure to deliver doesn't undo that.
  bool outcome_unknown = false;
  for (int attempts = 1;; ++attempts) {
    status = attempt(std::min(policy.attempt_deadline, end - time.Elapsed()));
    // The other final errors tell about this id, so they hold for every attempt.
    const bool about_id = status.code() != absl::StatusCode::kResourceExhausted;
    if (!IsRetryable(status) && (about_id || !outcome_unknown)) return status;
    outcome_unknown = outcome_unknown || IsOutcomeUnknown(status);

    const Duration wait =
        std::max(Jittered(pause), RetryDelayOf(status).value_or(Duration::zero()));
    if (!IsRetryable(status) || time.Elapsed() + wait >= end) {
      absl::Status given_up = Annotate(
          status,
          absl::StrCat("gave up after ", attempts, attempts == 1 ? " attempt" : " attempts"));
      return outcome_unknown ? WithReason(std::move(given_up), kOutcomeUnknown) : given_up;
    }
    time.Sleep(wait);
    pause = std::min(pause * 2, policy.longest_pause);
  }
}

}  // namespace quota::client
