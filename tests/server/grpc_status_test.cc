#include "server/grpc_status.h"

#include <gtest/gtest.h>

#include "common/status.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace quota::server {
namespace {

absl::Status Overloaded() {
  return WithRetryDelay(WithReason(absl::ResourceExhaustedError("the queue is full"), kOverloaded),
                        std::chrono::milliseconds(1'250));
}

TEST(GrpcStatus, EveryCodeKeepsItsNumber) {
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok());
  for (int code = 1; code <= 16; ++code) {
    const grpc::Status status =
        ToGrpcStatus(absl::Status(static_cast<absl::StatusCode>(code), "why"));
    EXPECT_EQ(status.error_code(), code);
    EXPECT_EQ(status.error_message(), "why");
    EXPECT_EQ(status.error_details(), "");
  }
}

TEST(GrpcStatus, ReasonAndDelayBecomeStandardDetails) {
  const grpc::Status status = ToGrpcStatus(Overloaded());
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(status.error_details()));
  EXPECT_EQ(details.code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(details.message(), "the queue is full");
  ASSERT_EQ(details.details_size(), 2);
  google::rpc::ErrorInfo error;
  ASSERT_TRUE(details.details(0).UnpackTo(&error));
  EXPECT_EQ(error.reason(), "OVERLOADED");
  EXPECT_EQ(error.domain(), "quotad");
  google::rpc::RetryInfo retry;
  ASSERT_TRUE(details.details(1).UnpackTo(&retry));
  EXPECT_EQ(retry.retry_delay().seconds(), 1);
  EXPECT_EQ(retry.retry_delay().nanos(), 250'000'000);
}

// So that clients find them without our code.
TEST(GrpcStatus, DetailsHaveTheirPublicTypeNames) {
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(ToGrpcStatus(Overloaded()).error_details()));
  EXPECT_EQ(details.details(0).type_url(), "type.googleapis.com/google.rpc.ErrorInfo");
  EXPECT_EQ(details.details(1).type_url(), "type.googleapis.com/google.rpc.RetryInfo");
}

TEST(GrpcStatus, AnOperationIsToldTheSame) {
  v1::OperationError error;
  WriteOperationError(Overloaded(), error);
  EXPECT_EQ(error.code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(error.message(), "the queue is full");
  EXPECT_EQ(error.reason(), "OVERLOADED");
  EXPECT_EQ(error.retry_delay().seconds(), 1);
  EXPECT_EQ(error.retry_delay().nanos(), 250'000'000);
}

TEST(GrpcStatus, AnOperationWithoutDelayHasNone) {
  v1::OperationError error;
  WriteOperationError(absl::NotFoundError("no such reservation"), error);
  EXPECT_EQ(error.reason(), "");
  EXPECT_FALSE(error.has_retry_delay());
}

}  // namespace
}  // namespace quota::server
