// What absl::Status lacks: a reason that programs may compare, a delay before a retry, and the
// usual macros. The RPC layer turns both into the standard error details.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock.h"

// Returns from the enclosing function where `expression` is not OK.
#define QUOTA_RETURN_IF_ERROR(expression)                     \
  do {                                                        \
    if (absl::Status status_ = (expression); !status_.ok()) { \
      return status_;                                         \
    }                                                         \
  } while (false)

#define QUOTA_STATUS_CONCAT_INNER(a, b) a##b
#define QUOTA_STATUS_CONCAT(a, b) QUOTA_STATUS_CONCAT_INNER(a, b)
// QUOTA_ASSIGN_OR_RETURN(auto value, Function()): the value, or returns the error.
#define QUOTA_ASSIGN_OR_RETURN(declaration, expression) \
  QUOTA_ASSIGN_OR_RETURN_INNER(QUOTA_STATUS_CONCAT(status_or_, __LINE__), declaration, expression)
#define QUOTA_ASSIGN_OR_RETURN_INNER(temporary, declaration, expression) \
  auto temporary = (expression);                                         \
  if (!temporary.ok()) return temporary.status();                        \
  declaration = *std::move(temporary)

namespace quota {

// The outcome of a call is not known: it may or may not have happened. Repeat it under the same id.
inline constexpr std::string_view kOutcomeUnknown = "OUTCOME_UNKNOWN";
// The store is stopped or not open yet: the call did not happen.
inline constexpr std::string_view kStoreStopped = "STORE_STOPPED";
// A queue or a bound of the server is full: the call did not happen.
inline constexpr std::string_view kOverloaded = "OVERLOADED";

// `status` with a reason attached. An OK status stays as it is.
[[nodiscard]] absl::Status WithReason(absl::Status status, std::string_view reason);
// The reason, or empty.
[[nodiscard]] std::string ReasonOf(const absl::Status& status);

// `status` with the delay after which a retry makes sense.
[[nodiscard]] absl::Status WithRetryDelay(absl::Status status, Duration delay);
[[nodiscard]] std::optional<Duration> RetryDelayOf(const absl::Status& status);

// `status` with "context: " before its message, payloads kept.
[[nodiscard]] absl::Status Annotate(const absl::Status& status, std::string_view context);

}  // namespace quota
