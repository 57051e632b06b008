// The border between absl::Status and gRPC: the one place that knows both.
//
// A reason and a retry delay (common/status.h) become the standard details google.rpc.ErrorInfo
// (domain "quotad") and google.rpc.RetryInfo, in the trailer grpc-status-details-bin. Codes have
// the same numbers on both sides. Thread-safe: no state.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "google/protobuf/duration.pb.h"
#include "grpcpp/support/status.h"
#include "quota/v1/quota.pb.h"

namespace quota::server {

// ErrorInfo.domain of every error.
inline constexpr std::string_view kErrorDomain = "quotad";

[[nodiscard]] grpc::Status ToGrpcStatus(const absl::Status& status);

// What ToGrpcStatus would tell, as the result of one operation of a batch. `status` is not OK.
void WriteOperationError(const absl::Status& status, v1::OperationError& error);

}  // namespace quota::server
