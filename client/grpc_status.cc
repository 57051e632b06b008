#include "client/grpc_status.h"

#include <grpcpp/support/status.h>

#include <algorithm>
#include <chrono>

#include "common/status.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace quota::client {
namespace {

// Longer delays than this make no difference to any caller, and could overflow.
constexpr int64_t kLongestDelaySeconds = 24 * 3600;

Duration FromProto(const google::protobuf::Duration& duration) {
  const int64_t seconds = std::clamp(duration.seconds(), int64_t{0}, kLongestDelaySeconds);
  return std::chrono::seconds(seconds) +
         Duration(std::clamp(duration.nanos(), 0, 999'999'999) / 1000);
}

}  // namespace

absl::Status FromGrpcStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  // Both number their codes by the same standard.
  absl::Status result(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  google::rpc::Status details;
  if (status.error_details().empty() || !details.ParseFromString(status.error_details())) {
    return result;
  }
  for (const google::protobuf::Any& detail : details.details()) {
    google::rpc::ErrorInfo info;
    google::rpc::RetryInfo retry;
    if (detail.UnpackTo(&info)) {
      result = WithReason(std::move(result), info.reason());
    } else if (detail.UnpackTo(&retry)) {
      result = WithRetryDelay(std::move(result), FromProto(retry.retry_delay()));
    }
  }
  return result;
}

}  // namespace quota::client
