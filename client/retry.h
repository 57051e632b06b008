// When a call is made again, and when it is given up.
//
// Every call of the API may be repeated under its own id, so any call that ended in UNAVAILABLE,
// DEADLINE_EXCEEDED, or RESOURCE_EXHAUSTED with a RetryInfo is made again after a pause, until the
// budget is over. All other errors are final at once.
#pragma once

#include <chrono>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "common/clock.h"

namespace quota::client {

// Time as a retry sees it: elapsed, never set. Implementations are thread-safe.
class TimeSource {
 public:
  virtual ~TimeSource() = default;
  // Time since an arbitrary start; never goes back.
  virtual Duration Elapsed() const = 0;
  // Blocks for `pause`; may return earlier.
  virtual void Sleep(Duration pause) = 0;
};

// The steady clock of the machine and its sleeping threads.
class SteadyTime final : public TimeSource {
 public:
  Duration Elapsed() const override;
  void Sleep(Duration pause) override;
};

struct RetryPolicy {
  // From the first attempt until nothing more is tried. At most 10 s: the server remembers ids for
  // two minutes and, under pressure, for 15 s; a repeat after that could be a second charge.
  static constexpr Duration kLongestBudget = std::chrono::seconds(10);
  Duration budget = kLongestBudget;
  // The longest that one attempt waits for its answer.
  Duration attempt_deadline = std::chrono::seconds(2);
  // The pause before attempt n + 1 is drawn from [p / 2, p], p = first_pause * 2^(n - 1), at most
  // longest_pause. The draw keeps clients that failed together from coming back together.
  Duration first_pause = std::chrono::milliseconds(20);
  Duration longest_pause = std::chrono::seconds(1);

  // INVALID_ARGUMENT, naming the field, where a value is not positive or the budget is too long.
  absl::Status Validate() const;
};

// True where the same call under the same id may have another outcome.
bool IsRetryable(const absl::Status& status);

// True where a call that ended so may or may not have happened: by its reason, or by its code where
// it has none.
bool IsOutcomeUnknown(const absl::Status& status);

// Runs `attempt`, which gets the time it may take, until it returns OK or a final error, or the
// next pause would end after the budget. A RetryInfo's delay is a lower bound of the pause. Returns
// the last attempt's status; where the budget ended it, the message says so, and the reason is
// OUTCOME_UNKNOWN if any of the attempts may have happened. Blocks in `time`.
[[nodiscard]] absl::Status RunWithRetries(const RetryPolicy& policy, TimeSource& time,
                                          absl::FunctionRef<absl::Status(Duration)> attempt);

}  // namespace quota::client
