// The standard health service, on a loop of its own.
#include "server/health_service.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "server/rpc_loop.h"

namespace quota::server {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

class HealthServiceTest : public testing::Test {
 protected:
  HealthServiceTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&health_);
    loops_ = AddLoops(builder);
    server_ = builder.BuildAndStart();
    for (const auto& loop : loops_) {
      health_.Listen(*loop);
      loop->Start(nullptr);
    }
    stub_ = Health::NewStub(server_->InProcessChannel(grpc::ChannelArguments()));
  }
  ~HealthServiceTest() override {
    health_.EndWatches();
    server_->Shutdown();
    for (const auto& loop : loops_) loop->Stop();
  }

  static HealthCheckRequest Asked(const std::string& service) {
    HealthCheckRequest request;
    request.set_service(service);
    return request;
  }

  grpc::Status Check(const std::string& service, HealthCheckResponse& response) {
    grpc::ClientContext context;
    return stub_->Check(&context, Asked(service), &response);
  }

  HealthService health_;
  std::vector<std::unique_ptr<RpcLoop>> loops_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Health::Stub> stub_;
};

TEST_F(HealthServiceTest, CheckTellsTheStateOfEachService) {
  health_.Set({"", "a.Service"}, true);
  health_.Set({"b.Service"}, false);
  HealthCheckResponse response;
  ASSERT_TRUE(Check("", response).ok());
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVING);
  ASSERT_TRUE(Check("b.Service", response).ok());
  EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(Check("c.Service", response).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(HealthServiceTest, WatchTellsTheStateAndEachOtherThatComes) {
  grpc::ClientContext context;
  const auto watch = stub_->Watch(&context, Asked("a.Service"));
  HealthCheckResponse response;
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVICE_UNKNOWN);
  health_.Set({"a.Service"}, true);
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVING);
  // What is no news is not told.
  health_.Set({"a.Service"}, true);
  health_.Set({"b.Service"}, false);
  health_.Set({"a.Service"}, false);
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING);
  context.TryCancel();
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(HealthServiceTest, ADrainEndsWatchesAndTakesNoMore) {
  health_.Set({""}, true);
  grpc::ClientContext context;
  const auto watch = stub_->Watch(&context, Asked(""));
  HealthCheckResponse response;
  ASSERT_TRUE(watch->Read(&response));
  health_.EndWatches();
  EXPECT_FALSE(watch->Read(&response));
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  grpc::ClientContext late;
  EXPECT_EQ(stub_->Watch(&late, Asked(""))->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  // Check still answers: that it does not serve.
  health_.Set({""}, false);
  ASSERT_TRUE(Check("", response).ok());
  EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING);
}

TEST_F(HealthServiceTest, WatchesAreBoundedAndMakeRoomWhenTheyEnd) {
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReader<HealthCheckResponse>>> watches;
  HealthCheckResponse response;
  for (size_t i = 0; i < HealthService::kMaxWatches; ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    watches.push_back(stub_->Watch(contexts.back().get(), Asked("")));
    ASSERT_TRUE(watches.back()->Read(&response)) << i;
  }
  grpc::ClientContext one_more;
  EXPECT_EQ(stub_->Watch(&one_more, Asked(""))->Finish().error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  for (size_t i = 0; i < watches.size(); ++i) {
    contexts[i]->TryCancel();
    (void)watches[i]->Finish();
  }
  // The server hears of it a little later.
  for (bool let_in = false; !let_in; std::this_thread::yield()) {
    grpc::ClientContext again;
    const auto watch = stub_->Watch(&again, Asked(""));
    let_in = watch->Read(&response);
    again.TryCancel();
    (void)watch->Finish();
  }
}

}  // namespace
}  // namespace quota::server
