#include "server/grpc_status.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/status.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "server/proto_time.h"

namespace quota::server {

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const auto code = static_cast<grpc::StatusCode>(status.code());
  const std::string message(status.message());
  const std::string reason = ReasonOf(status);
  const std::optional<Duration> delay = RetryDelayOf(status);
  if (reason.empty() && !delay) return grpc::Status(code, message);

  google::rpc::Status details;
  details.set_code(code);
  details.set_message(message);
  if (!reason.empty()) {
    google::rpc::ErrorInfo info;
    info.set_reason(reason);
    info.set_domain(std::string(kErrorDomain));
    details.add_details()->PackFrom(info);
  }
  if (delay) {
    google::rpc::RetryInfo info;
    WriteDuration(*delay, *info.mutable_retry_delay());
    details.add_details()->PackFrom(info);
  }
  return grpc::Status(code, message, details.SerializeAsString());
}

void WriteOperationError(const absl::Status& status, v1::OperationError& error) {
  error.set_code(static_cast<int32_t>(status.code()));
  error.set_message(std::string(status.message()));
  error.set_reason(ReasonOf(status));
  if (const auto delay = RetryDelayOf(status)) WriteDuration(*delay, *error.mutable_retry_delay());
}

}  // namespace quota::server
