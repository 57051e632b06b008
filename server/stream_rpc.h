// Streaming RPCs on a loop: a reactor, which is told what has happened, and asks for what is to
// happen next. One read and one write at a time; they may be begun from any thread.
#pragma once

#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/async_stream.h>

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

#include "server/rpc_loop.h"

namespace quota::server {

// What happens to a stream, on the loop's thread; nothing of it may block.
class StreamReactor {
 public:
  // Not ok: there is no more to read.
  virtual void OnReadDone(bool ok) {}
  // Not ok: the client is gone.
  virtual void OnWriteDone(bool ok) = 0;
  // The client has cancelled the call, or is gone. Finish is still to be called.
  virtual void OnCancel() = 0;
  // Last of all, once Finish was called and nothing that was begun is left. The RPC is gone after
  // that.
  virtual void OnDone() = 0;

 protected:
  ~StreamReactor() = default;
};

// Waits for the calls of one streaming method. `Stream` is one of gRPC's asynchronous streams,
// `Input` what it is begun with.
template <typename Stream, typename Input>
class StreamMethod;

// One call. It deletes itself.
template <typename Stream, typename Input>
class StreamRpc final {
 public:
  using Method = StreamMethod<Stream, Input>;

  explicit StreamRpc(Method& method) : method_(method) {}

  grpc::ServerContext& context() { return context_; }

  template <typename Message>
  void StartRead(Message* message) {
    Begin();
    stream_.Read(message, read_.tag());
  }
  template <typename Message>
  void StartWrite(const Message& message) {
    Begin();
    stream_.Write(message, written_.tag());
  }
  // Last of all that is begun.
  void Finish(const grpc::Status& status) { stream_.Finish(status, finished_.tag()); }

 private:
  friend Method;

  void Listen() {
    context_.AsyncNotifyWhenDone(ended_.tag());
    method_.wait_(&context_, &input_, &stream_, called_.tag());
  }
  void OnCalled(bool ok) {
    if (!ok) {
      // The server is shutting down. Of a call that never was gRPC tells no end.
      delete this;
      return;
    }
    method_.loop_.CallBegins();
    method_.Listen();
    reactor_ = method_.handler_(*this, input_);
  }
  void OnRead(bool ok) {
    reactor_->OnReadDone(ok);
    End();
  }
  void OnWritten(bool ok) {
    reactor_->OnWriteDone(ok);
    End();
  }
  void OnFinished(bool /*ok*/) { End(); }
  void OnEnded(bool /*ok*/) {
    if (context_.IsCancelled()) reactor_->OnCancel();
    End();
  }

  void Begin() { begun_.fetch_add(1, std::memory_order_relaxed); }
  void End() {
    if (begun_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    reactor_->OnDone();
    method_.loop_.CallEnds();
    delete this;
  }

  Method& method_;
  grpc::ServerContext context_;
  Input input_;
  Stream stream_{&context_};
  StreamReactor* reactor_ = nullptr;
  // Events to come: the call's end, and that Finish is done, are among them from the start.
  std::atomic<int> begun_{2};

  MemberEvent<StreamRpc, &StreamRpc::OnCalled> called_{*this};
  MemberEvent<StreamRpc, &StreamRpc::OnRead> read_{*this};
  MemberEvent<StreamRpc, &StreamRpc::OnWritten> written_{*this};
  MemberEvent<StreamRpc, &StreamRpc::OnFinished> finished_{*this};
  MemberEvent<StreamRpc, &StreamRpc::OnEnded> ended_{*this};
};

template <typename Stream, typename Input>
class StreamMethod final : public RpcMethod {
 public:
  using Rpc = StreamRpc<Stream, Input>;
  using Wait = std::function<void(grpc::ServerContext*, Input*, Stream*, void* tag)>;
  // On the loop's thread: must not block. The reactor lives until its OnDone has been called.
  using Handler = std::function<StreamReactor*(Rpc&, const Input&)>;

  StreamMethod(RpcLoop& loop, Wait wait, Handler handler)
      : loop_(loop), wait_(std::move(wait)), handler_(std::move(handler)) {}

  void Listen() { (new Rpc(*this))->Listen(); }

 private:
  friend Rpc;

  RpcLoop& loop_;
  const Wait wait_;
  const Handler handler_;
};

// A stream of both sides is begun with nothing.
struct NoInput {};

template <typename Request, typename Response>
using BidiRpc = StreamRpc<grpc::ServerAsyncReaderWriter<Response, Request>, NoInput>;
template <typename Request, typename Response>
using WriterRpc = StreamRpc<grpc::ServerAsyncWriter<Response>, Request>;

// Serves `method` of `service`, an AsyncService that outlives the loop; `handler` takes a BidiRpc,
// or a WriterRpc and its request.
template <typename Service, typename Part, typename Request, typename Response, typename Handler>
void ListenBidi(RpcLoop& loop, Service& service,
                void (Part::*method)(grpc::ServerContext*,
                                     grpc::ServerAsyncReaderWriter<Response, Request>*,
                                     grpc::CompletionQueue*, grpc::ServerCompletionQueue*, void*),
                Handler handler) {
  grpc::ServerCompletionQueue& queue = loop.queue();
  auto streams =
      std::make_unique<StreamMethod<grpc::ServerAsyncReaderWriter<Response, Request>, NoInput>>(
          loop,
          [&service, &queue, method](grpc::ServerContext* context, NoInput* /*input*/, auto* stream,
                                     void* tag) {
            (service.*method)(context, stream, &queue, &queue, tag);
          },
          [handler = std::move(handler)](auto& rpc, const NoInput& /*input*/) {
            return handler(rpc);
          });
  streams->Listen();
  loop.Add(std::move(streams));
}

template <typename Service, typename Part, typename Request, typename Response, typename Handler>
void ListenWriter(RpcLoop& loop, Service& service,
                  void (Part::*method)(grpc::ServerContext*, Request*,
                                       grpc::ServerAsyncWriter<Response>*, grpc::CompletionQueue*,
                                       grpc::ServerCompletionQueue*, void*),
                  Handler handler) {
  grpc::ServerCompletionQueue& queue = loop.queue();
  auto streams = std::make_unique<StreamMethod<grpc::ServerAsyncWriter<Response>, Request>>(
      loop,
      [&service, &queue, method](grpc::ServerContext* context, Request* request, auto* stream,
                                 void* tag) {
        (service.*method)(context, request, stream, &queue, &queue, tag);
      },
      std::move(handler));
  streams->Listen();
  loop.Add(std::move(streams));
}

}  // namespace quota::server
