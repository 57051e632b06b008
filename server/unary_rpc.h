// Unary RPCs on a loop.
//
//   ListenUnary(loop, service, &v1::QuotaService::AsyncService::RequestCommit,
//               [](UnaryRpc& rpc, const v1::CommitRequest& request, v1::CommitResponse& response) {
//                 response.set_charged(1);
//                 rpc.Finish(grpc::Status::OK);
//               });
#pragma once

#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/async_unary_call.h>

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "server/rpc_loop.h"

namespace quota::server {

// Hears that an RPC is over.
class UnaryReactor {
 public:
  // On the loop's thread. The RPC and its messages are gone after that.
  virtual void OnDone() = 0;

 protected:
  ~UnaryReactor() = default;
};

// One call, from when its request is there until its answer has left.
class UnaryRpc {
 public:
  grpc::ServerContext& context() { return *context_; }

  // Sends the response, or the error: once, from any thread, and last of all that is done with the
  // call. `reactor`, unless it is null, hears when that is over, perhaps before Finish returns.
  virtual void Finish(const grpc::Status& status, UnaryReactor* reactor = nullptr) = 0;

 protected:
  ~UnaryRpc() = default;

  std::optional<grpc::ServerContext> context_;
};

// What a message keeps of its memory when it is emptied.
inline size_t KeptBytes(const google::protobuf::MessageLite& message) {
  return message.ByteSizeLong();
}
inline size_t KeptBytes(const grpc::ByteBuffer& /*message*/) { return 0; }

// Waits for the calls of one method. Its calls are used again: messages keep their memory.
template <typename Request, typename Response>
class UnaryMethod final : public RpcMethod {
 public:
  using Writer = grpc::ServerAsyncResponseWriter<Response>;
  // Asks gRPC for a call.
  using Wait = std::function<void(grpc::ServerContext*, Request*, Writer*, void* tag)>;
  // On the loop's thread: must not block.
  using Handler = std::function<void(UnaryRpc&, const Request&, Response&)>;

  UnaryMethod(RpcLoop& loop, Wait wait, Handler handler)
      : loop_(loop), wait_(std::move(wait)), handler_(std::move(handler)) {}

  void Listen() {
    if (spare_.empty()) spare_.push_back(std::make_unique<Rpc>(*this));
    Rpc* const rpc = spare_.back().release();
    spare_.pop_back();
    rpc->Listen();
  }

 private:
  // Calls kept for the next, and bytes of messages that they may keep.
  static constexpr size_t kSpare = 64;
  static constexpr size_t kSpareBytes = 4 * 1024;

  // Owned by gRPC as a tag, or spare.
  class Rpc final : public UnaryRpc, public RpcEvent {
   public:
    explicit Rpc(UnaryMethod& method) : method_(method) {}

    void Listen() {
      writer_.emplace(&context_.emplace());
      called_ = false;
      reactor_ = nullptr;
      method_.wait_(&*context_, &request_, &*writer_, tag());
    }

    void Finish(const grpc::Status& status, UnaryReactor* reactor) override {
      reactor_ = reactor;
      if (status.ok()) {
        writer_->Finish(response_, status, tag());
      } else {
        writer_->FinishWithError(status, tag());
      }
    }

    void OnEvent(bool ok) override {
      if (!called_) {
        called_ = true;
        // Not ok: the server is shutting down.
        if (!ok) return Delete();
        method_.loop_.CallBegins();
        method_.Listen();
        return method_.handler_(*this, request_, response_);
      }
      if (reactor_ != nullptr) reactor_->OnDone();
      method_.loop_.CallEnds();
      method_.Keep(std::unique_ptr<Rpc>(this));
    }

    // Empties the messages. False where they are too large to be kept.
    bool Empty() {
      if (KeptBytes(request_) + KeptBytes(response_) > kSpareBytes) return false;
      writer_.reset();
      context_.reset();
      request_.Clear();
      response_.Clear();
      return true;
    }

   private:
    void Delete() { delete this; }

    UnaryMethod& method_;
    Request request_;
    Response response_;
    std::optional<Writer> writer_;
    UnaryReactor* reactor_ = nullptr;
    bool called_ = false;
  };

  void Keep(std::unique_ptr<Rpc> rpc) {
    if (spare_.size() < kSpare && rpc->Empty()) spare_.push_back(std::move(rpc));
  }

  RpcLoop& loop_;
  const Wait wait_;
  const Handler handler_;
  // The loop's own.
  std::vector<std::unique_ptr<Rpc>> spare_;
};

// RequestCommit and the like, of an AsyncService or a part of it.
template <typename Part, typename Request, typename Response>
using UnaryRequest = void (Part::*)(grpc::ServerContext*, Request*,
                                    grpc::ServerAsyncResponseWriter<Response>*,
                                    grpc::CompletionQueue*, grpc::ServerCompletionQueue*, void*);

// Serves the calls that `wait` asks gRPC for. `waiting`: calls that gRPC may begin before the loop
// looks at the first of them.
template <typename Request, typename Response, typename Wait, typename Handler>
void ListenUnary(RpcLoop& loop, Wait wait, Handler handler, int waiting = 1) {
  auto unary =
      std::make_unique<UnaryMethod<Request, Response>>(loop, std::move(wait), std::move(handler));
  for (int i = 0; i < waiting; ++i) unary->Listen();
  loop.Add(std::move(unary));
}

// The same for `method` of `service`, an AsyncService that outlives the loop.
template <typename Service, typename Part, typename Request, typename Response, typename Handler>
void ListenUnary(RpcLoop& loop, Service& service, UnaryRequest<Part, Request, Response> method,
                 Handler handler, int waiting = 1) {
  grpc::ServerCompletionQueue& queue = loop.queue();
  ListenUnary<Request, Response>(
      loop,
      [&service, &queue, method](grpc::ServerContext* context, Request* request, auto* writer,
                                 void* tag) {
        (service.*method)(context, request, writer, &queue, &queue, tag);
      },
      std::move(handler), waiting);
}

}  // namespace quota::server
