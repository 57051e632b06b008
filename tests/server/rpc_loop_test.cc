// Loops that stop while calls are still there.
#include "server/rpc_loop.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
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
  void WaitUntilCancelled() { cancelled_.get_future().wait(); }
  void Finish() { rpc_->Finish(grpc::Status::CANCELLED); }
  bool done() const { return done_; }

 private:
  Rpc* rpc_ = nullptr;
  std::promise<void> begun_;
  std::promise<void> cancelled_;
  bool done_ = false;
};

// gRPC's Shutdown does not wait for what a service still has to say, and aborts the process where
// that comes once the queue is shut down.
TEST(RpcLoop, StopWaitsForCallsThatEndLate) {
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
  server->Shutdown(std::chrono::system_clock::now());
  late.WaitUntilCancelled();
  const std::future<void> stopped = std::async(std::launch::async, [&loops] {
    for (const auto& loop : loops) loop->Stop();
  });
  // It can't have, however long that is.
  EXPECT_EQ(stopped.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
  late.Finish();
  stopped.wait();
  EXPECT_TRUE(late.done());
  (void)stream->Finish();
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
