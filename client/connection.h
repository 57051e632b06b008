// A channel to the server and the one way in which calls are made over it: with a deadline each,
// retried by policy, errors converted. Internal to client/.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/client_options.h"
#include "client/grpc_status.h"
#include "client/retry.h"

namespace quota::client {

// Thread-safe. Its calls block.
class Connection {
 public:
  // INVALID_ARGUMENT where `options` make no sense. Does not connect.
  static absl::StatusOr<Connection> Create(const ClientOptions& options);

  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  const RetryPolicy& policy() const { return policy_; }
  TimeSource& time() const { return *time_; }
  const std::string& actor() const { return actor_; }

  // `rpc` is a method of a generated StubInterface, such as &QuotaService::StubInterface::Reserve.
  // The request must carry its id already: every attempt sends the same bytes.
  template <class Stub, class Request, class Response>
  absl::StatusOr<Response> Call(Stub& stub,
                                grpc::Status (Stub::*rpc)(grpc::ClientContext*, const Request&,
                                                          Response*),
                                const Request& request) const {
    Response response;
    absl::Status status = RunWithRetries(policy_, *time_, [&](Duration timeout) {
      return Attempt(stub, rpc, request, timeout, &response, actor_);
    });
    if (!status.ok()) return status;
    return response;
  }

  // One attempt, without a retry.
  template <class Stub, class Request, class Response>
  static absl::Status Attempt(
      Stub& stub, grpc::Status (Stub::*rpc)(grpc::ClientContext*, const Request&, Response*),
      const Request& request, Duration timeout, Response* response, const std::string& actor = "") {
    grpc::ClientContext context;
    if (!actor.empty()) context.AddMetadata("x-quota-actor", actor);
    context.set_deadline(std::chrono::system_clock::now() + timeout);
    response->Clear();
    return FromGrpcStatus((stub.*rpc)(&context, request, response));
  }

 private:
  Connection(std::shared_ptr<grpc::Channel> channel, const ClientOptions& options);

  std::shared_ptr<grpc::Channel> channel_;
  RetryPolicy policy_;
  std::string actor_;
  std::shared_ptr<TimeSource> time_;
};

}  // namespace quota::client
