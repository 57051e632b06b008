// Loops that stop while calls are still there.
#include "server/rpc_loop.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "quota/v1/quota.grpc.pb.h"
#include "server/stream_rpc.h"

namespace quota::server {
namespace {

// Ends when another thread wants it to: a while after the client is gone, as a stream does that
// waits for the engine.
class LateStream final : public StreamReactor {
 public:
  using Rpc = BidiRpc<v1::SessionRequest, v1::SessionResponse>;

  void Begin(Rpc& rpc) {
    rpc_ = &rpc;
    begun_.set_value();
  }
  void OnWriteDone(bool /*ok*/) override {}
  void OnCancel() override { cancelled_.set_value(); }
  void OnDone() override { done_ = true; }

  void WaitUntilBegun() { begun_.get_future().wait(); }
  void FinishOnceCancelled() {
    cancelled_.get_future().wait();
    rpc_->Finish(grpc::Status::CANCELLED);
  }
  bool done() const { return done_; }

 private:
  Rpc* rpc_ = nullptr;
  std::promise<void> begun_;
  std::promise<void> cancelled_;
  bool done_ = false;
};

// gRPC's Shutdown does not wait for what a service still has to say, and aborts the process where
// that comes once the queue is shut down. It is a race: most rounds lost it.
TEST(RpcLoop, StopWaitsForCallsThatEndLate) {
  for (int round = 0; round < 50; ++round) {
    v1::QuotaService::AsyncService service;
    LateStream late;
    grpc::ServerBuilder builder;
    builder.RegisterService(&service);
    const auto loops = AddLoops(builder);
    const auto server = builder.BuildAndStart();
    for (const auto& loop : loops) {
      ListenBidi(*loop, service, &v1::QuotaService::AsyncService::RequestSession,
                 [&late](LateStream::Rpc& rpc) {
                   late.Begin(rpc);
                   return &late;
                 });
      loop->Start(nullptr);
    }
    const auto stub = v1::QuotaService::NewStub(server->InProcessChannel(grpc::ChannelArguments()));
    grpc::ClientContext context;
    const auto stream = stub->Session(&context);
    late.WaitUntilBegun();
    std::thread finisher([&late] { late.FinishOnceCancelled(); });
    server->Shutdown(std::chrono::system_clock::now());
    for (const auto& loop : loops) loop->Stop();
    finisher.join();
    EXPECT_TRUE(late.done());
    (void)stream->Finish();
  }
}

TEST(RpcLoop, StopsWithoutEverHavingStarted) {
  v1::QuotaService::AsyncService service;
  grpc::ServerBuilder builder;
  builder.RegisterService(&service);
  const auto loops = AddLoops(builder);
  const auto server = builder.BuildAndStart();
  server->Shutdown();
  for (const auto& loop : loops) loop->Stop();
}

}  // namespace
}  // namespace quota::server
