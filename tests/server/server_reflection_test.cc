// Reflection of the whole server: what it names, and what it may use.
#include <gmock/gmock.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>

#include "tests/fakes/simulated_clock.h"
#include "tests/integration/health.h"
#include "tests/server/running_server.h"
#include "tests/storage/temp_folder.h"

namespace quota::server {
namespace {

using test::Health;
using ::testing::HasSubstr;

// A stream of reflection that has asked for the names of all services.
class ReflectionStream {
 public:
  explicit ReflectionStream(const std::shared_ptr<grpc::Channel>& channel) : stub_(channel) {
    stream_ = stub_.PrepareCall(
        &context_, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &queue_);
    stream_->StartCall(nullptr);
    if (!Wait()) return;
    // list_services, field 7 of the request, is "*"; the answer holds the names as they are.
    const grpc::Slice slice("\x3a\x01*");
    stream_->Write(grpc::ByteBuffer(&slice, 1), nullptr);
    if (!Wait()) return;
    stream_->Read(&response_, nullptr);
    answered_ = Wait();
  }
  ~ReflectionStream() { End(); }

  bool answered() const { return answered_; }
  std::string Names() const {
    grpc::Slice whole;
    if (!response_.DumpToSingleSlice(&whole).ok()) return "";
    return {reinterpret_cast<const char*>(whole.begin()), whole.size()};
  }
  grpc::Status End() {
    if (!ended_) {
      if (answered_) context_.TryCancel();
      stream_->Finish(&status_, nullptr);
      Wait();
      ended_ = true;
    }
    return status_;
  }

 private:
  bool Wait() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }

  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  grpc::ByteBuffer response_;
  bool answered_ = false;
  bool ended_ = false;
  grpc::Status status_;
};

TEST(ServerReflectionTest, ItNamesTheServices) {
  const test::SimulatedClock clock;
  const storage::TempFolder folder;
  RunningServer running(clock, Folder(folder / "data"));
  const ReflectionStream stream(running.channel);
  ASSERT_TRUE(stream.answered());
  EXPECT_THAT(stream.Names(), HasSubstr("quota.v1.QuotaService"));
  EXPECT_THAT(stream.Names(), HasSubstr("quota.v1.QuotaAdmin"));
  EXPECT_THAT(stream.Names(), HasSubstr("grpc.health.v1.Health"));
}

// Each stream of it keeps a thread.
TEST(ServerReflectionTest, ItHasFewThreadsAndRefusesMoreStreams) {
  const test::SimulatedClock clock;
  const storage::TempFolder folder;
  RunningServer running(clock, Folder(folder / "data"));
  std::deque<ReflectionStream> streams;
  while (streams.size() < 100 && (streams.empty() || streams.back().answered())) {
    streams.emplace_back(running.channel);
  }
  EXPECT_GE(streams.size(), 8u);
  EXPECT_LE(streams.size(), 17u);
  EXPECT_EQ(streams.back().End().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  // The others are not in the way of calls.
  EXPECT_EQ(Health(running.channel, ""), 1);
  running.CreateOrg("acme");
  EXPECT_TRUE(running.Charge("acme", "c1", 1).ok());
}

}  // namespace
}  // namespace quota::server
