// The standard health check, grpc.health.v1.Health/Check.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "client/client_options.h"

namespace quota::client {

// As grpc.health.v1.HealthCheckResponse.ServingStatus numbers them.
enum class ServingStatus { kUnknown = 0, kServing = 1, kNotServing = 2, kServiceUnknown = 3 };

// Asks once, without a retry, for options.retry.attempt_deadline at most: a probe that retries
// would hide what it is asked to show. `service` empty: the server as a whole. NOT_FOUND where the
// server does not know the service; UNAVAILABLE or DEADLINE_EXCEEDED where it can't be reached.
// Blocks.
[[nodiscard]] absl::StatusOr<ServingStatus> CheckHealth(const ClientOptions& options,
                                                        const std::string& service = "");

}  // namespace quota::client
