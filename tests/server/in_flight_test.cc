#include "server/in_flight.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/server/service_fixture.h"

namespace quota::server {
namespace {

// A part of the memory in flight, as if by calls of others.
class OthersMemory {
 public:
  OthersMemory(InFlight& in_flight, int64_t bytes) : call_(in_flight, rpc_) {
    EXPECT_TRUE(call_.Take(bytes));
  }

 private:
  grpc::ServerContext rpc_;
  CallInFlight call_;
};

v1::CommitRequest SomeCommit() {
  v1::CommitRequest request;
  request.set_org_id("acme");
  request.set_reservation_id("r1");
  return request;
}

TEST(InFlightTest, TakesNoMoreThanThereIsAndGivesAllBack) {
  InFlight in_flight;
  {
    grpc::ServerContext rpc;
    CallInFlight call(in_flight, rpc);
    EXPECT_TRUE(call.Take(InFlight::kMaxBytes / 2));
    EXPECT_FALSE(in_flight.Short());
    EXPECT_TRUE(call.Take(InFlight::kMaxBytes / 2));
    EXPECT_TRUE(in_flight.Short());
    EXPECT_FALSE(call.Take(1));
    call.GiveBack(10);
    EXPECT_TRUE(call.Take(10));
    call.GiveBack(20);
    EXPECT_EQ(in_flight.bytes(), InFlight::kMaxBytes - 20);
  }
  EXPECT_EQ(in_flight.bytes(), 0);
}

TEST(InFlightTest, AnswersBeginAndEndInAnyOrder) {
  InFlight in_flight;
  grpc::ServerContext rpc;
  // More than there are lists.
  std::vector<std::unique_ptr<CallInFlight>> calls;
  for (int i = 0; i < 100; ++i) {
    calls.push_back(std::make_unique<CallInFlight>(in_flight, rpc));
    calls.back()->BeginAnswer();
  }
  for (int i = 0; i < 100; i += 3) calls[i].reset();
  for (int i = 1; i < 100; i += 3) {
    calls[i]->EndAnswer();
    calls[i]->BeginAnswer();
  }
  for (int i = 99; i > 0; --i) calls[i].reset();
  // None is old, and memory is not short: nothing is cancelled.
  in_flight.EndUnread();
  EXPECT_EQ(in_flight.unread(), 0U);
}

TEST(InFlightTest, ACallThatDoesNotFitIsRefusedAndTheNextIsServed) {
  ServiceFixture fixture(1, [](Call& call) { call.answer = ledger::CommitAnswer{}; });
  std::optional<OthersMemory> taken;
  taken.emplace(fixture.in_flight, InFlight::kMaxBytes - 1'000);
  v1::CommitResponse response;
  grpc::ClientContext refused;
  const grpc::Status status = fixture.quota->Commit(&refused, SomeCommit(), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_NE(status.error_details().find("google.rpc.RetryInfo"), std::string::npos);
  EXPECT_EQ(fixture.engine.submitted(), 0U);
  taken.reset();
  grpc::ClientContext served;
  EXPECT_TRUE(fixture.quota->Commit(&served, SomeCommit(), &response).ok());
}

// A client's end of one stream.
class InFlightSessionTest : public ::testing::Test {
 protected:
  static v1::SessionRequest Batch() {
    v1::SessionRequest request;
    *request.mutable_batch()->add_operations()->mutable_commit() = SomeCommit();
    return request;
  }

  void Open() {
    stream_ = fixture_.quota->Session(&context_);
    v1::SessionRequest request;
    request.mutable_open()->set_session_id("s1");
    request.mutable_open()->set_epoch(1);
    v1::SessionResponse response;
    ASSERT_TRUE(stream_->Write(request));
    ASSERT_TRUE(stream_->Read(&response));
  }

  ServiceFixture fixture_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::SessionRequest, v1::SessionResponse>> stream_;
};

TEST_F(InFlightSessionTest, WhileMemoryIsShortAStreamReadsOneBatchAtATime) {
  const OthersMemory taken(fixture_.in_flight, InFlight::kMaxBytes / 2 + 1);
  Open();
  constexpr size_t kBatches = 20;
  std::thread writer([this] {
    for (size_t i = 0; i < kBatches; ++i) EXPECT_TRUE(stream_->Write(Batch()));
  });
  v1::SessionResponse response;
  for (size_t i = 0; i < kBatches; ++i) {
    fixture_.engine.Answer(i, ledger::CommitAnswer{});
    ASSERT_TRUE(stream_->Read(&response));
  }
  writer.join();
  EXPECT_EQ(fixture_.engine.most_open(), 1U);
  stream_->WritesDone();
  EXPECT_TRUE(stream_->Finish().ok());
}

TEST_F(InFlightSessionTest, ABatchThatDoesNotFitEndsTheStream) {
  Open();
  const OthersMemory taken(fixture_.in_flight, InFlight::kMaxBytes - 1'000);
  ASSERT_TRUE(stream_->Write(Batch()));
  v1::SessionResponse response;
  EXPECT_FALSE(stream_->Read(&response));
  const grpc::Status status = stream_->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_NE(status.error_details().find("google.rpc.RetryInfo"), std::string::npos);
  EXPECT_EQ(fixture_.engine.submitted(), 0U);
}

TEST_F(InFlightSessionTest, AnAnsweredBatchGivesItsMemoryBack) {
  Open();
  ASSERT_TRUE(stream_->Write(Batch()));
  fixture_.engine.WaitForCall(0);
  EXPECT_GE(fixture_.in_flight.bytes(), InFlight::kOperationBytes);
  fixture_.engine.Answer(0, ledger::CommitAnswer{});
  v1::SessionResponse response;
  ASSERT_TRUE(stream_->Read(&response));
  stream_->WritesDone();
  EXPECT_TRUE(stream_->Finish().ok());
  // The stream's own end may come after its client's.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (fixture_.in_flight.bytes() > 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_EQ(fixture_.in_flight.bytes(), 0);
}

}  // namespace
}  // namespace quota::server
