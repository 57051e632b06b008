// The border between gRPC's errors and ours.
#pragma once

#include "absl/status/status.h"

namespace grpc {
class Status;
}  // namespace grpc

namespace quota::client {

// The same code and message; google.rpc.ErrorInfo's reason and RetryInfo's delay become what
// ReasonOf() and RetryDelayOf() of common/status.h read. Details that can't be read are left out.
absl::Status FromGrpcStatus(const grpc::Status& status);

}  // namespace quota::client
