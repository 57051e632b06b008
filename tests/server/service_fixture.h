// The two services on a gRPC server of their own, over a fake engine.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "quota/v1/admin.grpc.pb.h"
#include "quota/v1/quota.grpc.pb.h"
#include "server/admin_service.h"
#include "server/metrics.h"
#include "server/quota_service.h"
#include "server/rpc_loop.h"
#include "server/session_registry.h"
#include "tests/fakes/simulated_clock.h"
#include "tests/server/fake_engine.h"

namespace quota::server {

class ServiceFixture {
 public:
  explicit ServiceFixture(uint32_t shards = 1, FakeEngine::Answerer answerer = nullptr)
      : engine(shards, std::move(answerer)) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&quota_service);
    builder.RegisterService(&admin_service);
    loops_ = AddLoops(builder);
    server_ = builder.BuildAndStart();
    for (const auto& loop : loops_) {
      quota_service.Listen(*loop);
      admin_service.Listen(*loop);
      loop->Start(nullptr);
    }
    channel = NewChannel();
    quota = v1::QuotaService::NewStub(channel);
    admin = v1::QuotaAdmin::NewStub(channel);
  }

  // Every call has been answered by now.
  ~ServiceFixture() {
    quota_service.EndStreams();
    watches.EndAll();
    server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(1));
    for (const auto& loop : loops_) loop->Stop();
  }

  // A connection of its own.
  std::shared_ptr<grpc::Channel> NewChannel() const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port_),
                                     grpc::InsecureChannelCredentials(), arguments);
  }

  FakeEngine engine;
  SessionRegistry sessions{std::chrono::seconds(5)};
  EventWatches watches{std::chrono::hours(24) * 7};
  test::SimulatedClock clock;
  Metrics metrics;
  LedgerClock ledger_clock{clock};
  InFlight in_flight;
  QuotaService quota_service{
      ServiceContext{engine, sessions, watches, clock, metrics, ledger_clock, in_flight}};
  AdminService admin_service{
      ServiceContext{engine, sessions, watches, clock, metrics, ledger_clock, in_flight}};
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::QuotaService::Stub> quota;
  std::unique_ptr<v1::QuotaAdmin::Stub> admin;

 private:
  int port_ = 0;
  std::vector<std::unique_ptr<RpcLoop>> loops_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace quota::server
