#include "client/health.h"

#include <google/protobuf/wrappers.pb.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <chrono>
#include <future>

#include "client/connection.h"
#include "common/status.h"

namespace quota::client {
namespace {

// Debian ships no generated code for grpc.health.v1. Its request is a string under tag 1 and its
// response an enum under tag 1: on the wire these well-known types are the same.
using HealthCheckRequest = google::protobuf::StringValue;
using HealthCheckResponse = google::protobuf::Int32Value;

}  // namespace

absl::StatusOr<ServingStatus> CheckHealth(const ClientOptions& options,
                                          const std::string& service) {
  QUOTA_ASSIGN_OR_RETURN(Connection connection, Connection::Create(options));
  grpc::TemplatedGenericStub<HealthCheckRequest, HealthCheckResponse> stub(connection.channel());
  HealthCheckRequest request;
  request.set_value(service);
  HealthCheckResponse response;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + options.retry.attempt_deadline);
  std::promise<grpc::Status> done;
  stub.UnaryCall(&context, "/grpc.health.v1.Health/Check", grpc::StubOptions(), &request, &response,
                 [&done](grpc::Status status) { done.set_value(std::move(status)); });
  QUOTA_RETURN_IF_ERROR(FromGrpcStatus(done.get_future().get()));
  switch (response.value()) {
    case 1:
      return ServingStatus::kServing;
    case 2:
      return ServingStatus::kNotServing;
    case 3:
      return ServingStatus::kServiceUnknown;
    default:
      return ServingStatus::kUnknown;
  }
}

}  // namespace quota::client
