// What gRPC's health service says of a server.
#pragma once

#include <google/protobuf/wrappers.pb.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <future>
#include <memory>
#include <string>
#include <utility>

namespace quota::test {

inline constexpr int kServing = 1;
inline constexpr int kNotServing = 2;

// Debian ships no generated code for grpc.health.v1. Its request is a string under tag 1 and its
// response an enum under tag 1: on the wire these well-known types are the same. 0 where the call
// fails.
inline int Health(const std::shared_ptr<grpc::Channel>& channel, const std::string& service) {
  grpc::TemplatedGenericStub<google::protobuf::StringValue, google::protobuf::Int32Value> stub(
      channel);
  google::protobuf::StringValue request;
  request.set_value(service);
  google::protobuf::Int32Value response;
  grpc::ClientContext context;
  std::promise<grpc::Status> done;
  stub.UnaryCall(&context, "/grpc.health.v1.Health/Check", grpc::StubOptions(), &request, &response,
                 [&done](grpc::Status status) { done.set_value(std::move(status)); });
  return done.get_future().get().ok() ? response.value() : 0;
}

}  // namespace quota::test
