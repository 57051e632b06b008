// One unary RPC on its way through the engine: its reactor and the engine's call in one object.
//
//   using CommitCall = UnaryCall<v1::CommitRequest, v1::CommitResponse>;
//   CommitCall::Start(rpc, context_, Method::kCommit, request, response);
#pragma once

#include <chrono>
#include <memory>

#include "server/answer_writer.h"
#include "server/caller.h"
#include "server/grpc_status.h"
#include "server/in_flight.h"
#include "server/request_reader.h"
#include "server/service_context.h"
#include "server/unary_rpc.h"

namespace quota::server {

// Owns itself: Finish is called last of all, from OnAnswered or before the request is submitted, so
// that at OnDone nobody else knows the object any more. A cancelled call goes on to its end, as its
// outcome may be durable already.
template <typename Request, typename Response>
class UnaryCall final : public UnaryReactor, public Call {
 public:
  // `request` and `response` live until OnDone.
  static void Start(UnaryRpc& rpc, const ServiceContext& context, Method method,
                    const Request& request, Response& response) {
    auto* call = new UnaryCall(rpc, context, method, response);
    call->status = call->TakeMemory(request);
    if (call->status.ok()) call->status = ReadRequest(request, call->command);
    if (call->status.ok()) {
      context.engine.Submit(call);
    } else {
      call->Complete();
    }
  }

  // The same for an administrator's call, of which the audit log tells who made it.
  static void StartAs(UnaryRpc& rpc, const ServiceContext& context, Method method,
                      const Request& request, Response& response) {
    auto* call = new UnaryCall(rpc, context, method, response);
    call->caller_ = std::make_unique<Caller>();
    call->status = call->TakeMemory(request);
    if (call->status.ok()) call->status = ReadCaller(rpc.context(), *call->caller_);
    if (call->status.ok()) call->status = ReadRequest(request, call->command);
    if (call->status.ok()) {
      NameCaller(*call->caller_, call->command.operation);
      context.engine.Submit(call);
    } else {
      call->Complete();
    }
  }

  void OnAnswered() override { Complete(); }
  void OnDone() override { delete this; }

 private:
  UnaryCall(UnaryRpc& rpc, const ServiceContext& context, Method method, Response& response)
      : rpc_(rpc),
        metrics_(context.metrics),
        in_flight_(context.in_flight, rpc.context()),
        method_(method),
        response_(response),
        started_(std::chrono::steady_clock::now()) {
    metrics_.AddUnaryCalls(1);
  }
  ~UnaryCall() override = default;

  absl::Status TakeMemory(const Request& request) {
    const auto bytes = InFlight::kUnaryBytes + static_cast<int64_t>(request.ByteSizeLong());
    return in_flight_.Take(bytes) ? absl::OkStatus() : InFlight::Refusal();
  }

  void Complete() {
    metrics_.Count(method_, Transport::kUnary, Outcome::Of(status, answer));
    metrics_.Time(method_, std::chrono::steady_clock::now() - started_);
    metrics_.AddUnaryCalls(-1);
    if (status.ok()) WriteAnswer(command.org, answer, response_);
    in_flight_.BeginAnswer();
    rpc_.Finish(ToGrpcStatus(status), this);
  }

  UnaryRpc& rpc_;
  Metrics& metrics_;
  CallInFlight in_flight_;
  const Method method_;
  Response& response_;
  const std::chrono::steady_clock::time_point started_;
  // Null unless an administrator calls.
  std::unique_ptr<Caller> caller_;
};

// Handlers for ListenUnary, which make a UnaryCall of each call. `context` outlives the loop.
inline auto AsCalls(const ServiceContext& context, Method name) {
  return [&context, name]<typename Request, typename Response>(
             UnaryRpc& rpc, const Request& request, Response& response) {
    UnaryCall<Request, Response>::Start(rpc, context, name, request, response);
  };
}

// The same for an administrator's calls.
inline auto AsChanges(const ServiceContext& context, Method name) {
  return [&context, name]<typename Request, typename Response>(
             UnaryRpc& rpc, const Request& request, Response& response) {
    UnaryCall<Request, Response>::StartAs(rpc, context, name, request, response);
  };
}

}  // namespace quota::server
