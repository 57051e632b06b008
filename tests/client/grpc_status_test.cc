#include "client/grpc_status.h"

#include <grpcpp/support/status.h>
#include <gtest/gtest.h>

#include "common/status.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace quota::client {
namespace {

TEST(GrpcStatusTest, KeepsCodeAndMessage) {
  EXPECT_TRUE(FromGrpcStatus(grpc::Status::OK).ok());
  for (int code = 1; code <= 16; ++code) {
    const absl::Status status =
        FromGrpcStatus(grpc::Status(static_cast<grpc::StatusCode>(code), "what"));
    EXPECT_EQ(static_cast<int>(status.code()), code);
    EXPECT_EQ(status.message(), "what");
    EXPECT_EQ(ReasonOf(status), "");
    EXPECT_FALSE(RetryDelayOf(status).has_value());
  }
}

TEST(GrpcStatusTest, ReadsReasonAndDelay) {
  google::rpc::ErrorInfo info;
  info.set_reason("OVERLOADED");
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(2);
  retry.mutable_retry_delay()->set_nanos(500'000'000);
  google::rpc::Status details;
  details.add_details()->PackFrom(info);
  details.add_details()->PackFrom(retry);
  const absl::Status status = FromGrpcStatus(
      grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "", details.SerializeAsString()));
  EXPECT_EQ(ReasonOf(status), "OVERLOADED");
  EXPECT_EQ(RetryDelayOf(status), Duration(2'500'000));
}

TEST(GrpcStatusTest, IgnoresDetailsThatCannotBeReadOrMakeNoSense) {
  const absl::Status garbage = FromGrpcStatus(
      grpc::Status(grpc::StatusCode::UNAVAILABLE, "down", "\xff\xff\xff not a message"));
  EXPECT_EQ(garbage, absl::UnavailableError("down"));

  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(INT64_MIN);
  retry.mutable_retry_delay()->set_nanos(INT32_MIN);
  google::rpc::Status details;
  details.add_details()->PackFrom(retry);
  details.add_details()->set_type_url("type.googleapis.com/of.nobody");
  const absl::Status negative =
      FromGrpcStatus(grpc::Status(grpc::StatusCode::UNAVAILABLE, "", details.SerializeAsString()));
  EXPECT_EQ(RetryDelayOf(negative), Duration(0));
}

}  // namespace
}  // namespace quota::client
