#include "server/session_stream.h"

#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "tests/server/service_fixture.h"

namespace quota::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A client's end of a stream.
class ClientStream {
 public:
  explicit ClientStream(const std::shared_ptr<grpc::Channel>& channel)
      : stub_(v1::QuotaService::NewStub(channel)), stream_(stub_->Session(&context_)) {}

  bool Open(const std::string& session, uint64_t epoch) {
    v1::SessionRequest request;
    request.mutable_open()->set_session_id(session);
    request.mutable_open()->set_epoch(epoch);
    return stream_->Write(request);
  }

  // Opens, and waits until the server says so.
  void OpenAndWait(const std::string& session, uint64_t epoch) {
    ASSERT_TRUE(Open(session, epoch));
    ASSERT_TRUE(Read().has_opened());
  }

  // A batch of commits of these reservations of "acme".
  bool Commit(uint64_t sequence, const std::vector<std::string>& ids) {
    v1::SessionRequest request;
    request.mutable_batch()->set_sequence(sequence);
    for (const std::string& id : ids) {
      auto& commit = *request.mutable_batch()->add_operations()->mutable_commit();
      commit.set_org_id("acme");
      commit.set_reservation_id(id);
    }
    return stream_->Write(request);
  }

  bool Write(const v1::SessionRequest& request) { return stream_->Write(request); }

  // The next message; empty where there is none any more.
  v1::SessionResponse Read() {
    v1::SessionResponse response;
    if (!stream_->Read(&response)) response.Clear();
    return response;
  }

  void Cancel() { context_.TryCancel(); }
  void WritesDone() { stream_->WritesDone(); }
  // Reads what is left, then the status.
  grpc::Status Finish() {
    v1::SessionResponse response;
    while (stream_->Read(&response)) {
    }
    return stream_->Finish();
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<v1::QuotaService::Stub> stub_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::SessionRequest, v1::SessionResponse>> stream_;
};

ledger::CommitAnswer Charged(int64_t credits) {
  ledger::CommitAnswer answer;
  answer.charged = Credits(credits);
  return answer;
}

std::string IdOf(const Call* call) {
  return std::get<ledger::Commit>(call->command.operation).id.Text();
}

TEST(Session, TellsItsGrace) {
  ServiceFixture fixture;
  ClientStream stream(fixture.channel);
  ASSERT_TRUE(stream.Open("s1", 1));
  EXPECT_EQ(stream.Read().opened().grace().seconds(), 5);
  EXPECT_EQ(fixture.sessions.size(), 1U);
  stream.WritesDone();
  EXPECT_TRUE(stream.Finish().ok());
}

TEST(Session, ResultsHaveTheBatchsOrderAndNumber) {
  ServiceFixture fixture;
  ClientStream stream(fixture.channel);
  stream.OpenAndWait("s1", 1);
  ASSERT_TRUE(stream.Commit(7, {"a", "b", "c"}));
  // Answered in another order.
  fixture.engine.Answer(2, Charged(3));
  fixture.engine.Answer(0, Charged(1));
  fixture.engine.Fail(1, absl::NotFoundError("no such reservation"));
  const v1::BatchResult result = stream.Read().result();
  EXPECT_EQ(result.sequence(), 7U);
  ASSERT_EQ(result.results_size(), 3);
  EXPECT_EQ(result.results(0).commit().charged(), 1);
  EXPECT_EQ(result.results(1).error().code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(result.results(2).commit().charged(), 3);
}

TEST(Session, OperationsReachTheEngineInTheOrderSent) {
  ServiceFixture fixture;
  ClientStream stream(fixture.channel);
  ASSERT_TRUE(stream.Open("s1", 1));
  // More batches than may be in flight at once.
  constexpr size_t kBatches = 200;
  std::thread writer([&stream] {
    for (size_t i = 0; i < kBatches; ++i) {
      stream.Commit(i, {std::to_string(2 * i), std::to_string(2 * i + 1)});
    }
    stream.WritesDone();
  });
  std::thread reader([&stream] { EXPECT_TRUE(stream.Finish().ok()); });
  for (size_t i = 0; i < 2 * kBatches; ++i) {
    EXPECT_EQ(IdOf(fixture.engine.WaitForCall(i)), std::to_string(i));
    fixture.engine.Answer(i, Charged(1));
  }
  writer.join();
  reader.join();
}

TEST(Session, BatchesMayOvertake) {
  ServiceFixture fixture;
  ClientStream stream(fixture.channel);
  stream.OpenAndWait("s1", 1);
  ASSERT_TRUE(stream.Commit(1, {"a"}));
  ASSERT_TRUE(stream.Commit(2, {"b"}));
  fixture.engine.Answer(1, Charged(1));
  EXPECT_EQ(stream.Read().result().sequence(), 2U);
  fixture.engine.Answer(0, Charged(1));
  EXPECT_EQ(stream.Read().result().sequence(), 1U);
}

TEST(Session, ABadOperationDoesNotHoldUpTheOthers) {
  ServiceFixture fixture;
  ClientStream stream(fixture.channel);
  stream.OpenAndWait("s1", 1);
  v1::SessionRequest request;
  request.mutable_batch()->add_operations();
  request.mutable_batch()->add_operations()->mutable_get_usage()->set_org_id("acme");
  request.mutable_batch()->add_operations()->mutable_charge()->set_org_id("acme");
  ASSERT_TRUE(stream.Write(request));
  fixture.engine.Answer(0, ledger::UsageAnswer());
  const v1::BatchResult result = stream.Read().result();
  ASSERT_EQ(result.results_size(), 3);
  EXPECT_EQ(result.results(0).error().message(),
            "operation: missing; one of its kinds must be given");
  EXPECT_EQ(result.results(1).get_usage().org_id(), "acme");
  EXPECT_EQ(result.results(2).error().message(), "reservation_id: 0 bytes; it must be 1 to 64");
  EXPECT_EQ(result.results(2).error().code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(fixture.engine.submitted(), 1U);
}

TEST(Session, BindsReservationsThatAskForIt) {
  ServiceFixture fixture;
  ClientStream stream(fixture.channel);
  stream.OpenAndWait("s1", 1);
  v1::SessionRequest request;
  for (const bool bound : {true, false}) {
    auto& reserve = *request.mutable_batch()->add_operations()->mutable_reserve();
    reserve.set_org_id("acme");
    reserve.set_reservation_id("r");
    reserve.set_credits(1);
    reserve.set_bind_to_session(bound);
  }
  ASSERT_TRUE(stream.Write(request));
  const auto session_of = [](const Call* call) {
    return std::get<ledger::Reserve>(call->command.operation).session;
  };
  EXPECT_EQ(session_of(fixture.engine.WaitForCall(0)), "s1");
  EXPECT_EQ(session_of(fixture.engine.WaitForCall(1)), "");
  fixture.engine.Answer(0, ledger::ReserveAnswer());
  fixture.engine.Answer(1, ledger::ReserveAnswer());
  EXPECT_TRUE(stream.Read().has_result());
}

TEST(Session, SixtyFourBatchesInFlightStopTheReading) {
  ServiceFixture fixture;
  ClientStream stream(fixture.channel);
  stream.OpenAndWait("s1", 1);
  constexpr size_t kBatches = 200;
  for (size_t i = 0; i < kBatches; ++i) ASSERT_TRUE(stream.Commit(i, {std::to_string(i)}));
  fixture.engine.WaitForCall(SessionStream::kMaxBatchesInFlight - 1);
  // A call on the same connection overtakes none of the batches' bytes: once it has been read, so
  // might they have been.
  grpc::ClientContext context;
  v1::CommitResponse response;
  EXPECT_FALSE(fixture.quota->Commit(&context, v1::CommitRequest(), &response).ok());
  EXPECT_EQ(fixture.engine.submitted(), SessionStream::kMaxBatchesInFlight);
  // Each answer lets one more in.
  for (size_t i = 0; i < kBatches; ++i) {
    fixture.engine.Answer(i, Charged(1));
    EXPECT_EQ(stream.Read().result().sequence(), i);
  }
  EXPECT_EQ(fixture.engine.most_open(), SessionStream::kMaxBatchesInFlight);
}

TEST(Session, HalfClosingGetsAllResultsFirst) {
  ServiceFixture fixture;
  ClientStream stream(fixture.channel);
  stream.OpenAndWait("s1", 1);
  ASSERT_TRUE(stream.Commit(1, {"a"}));
  stream.WritesDone();
  fixture.engine.Answer(0, Charged(4));
  EXPECT_EQ(stream.Read().result().results(0).commit().charged(), 4);
  EXPECT_TRUE(stream.Finish().ok());
}

// ---- Messages that end the stream ----

TEST(Session, TheFirstMessageMustBeOpen) {
  ServiceFixture fixture;
  ClientStream stream(fixture.channel);
  stream.Commit(1, {"a"});
  const grpc::Status status = stream.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "kind: the first message of a stream must be open");
  EXPECT_EQ(fixture.engine.submitted(), 0U);
}

// What no client stub would send.
TEST(Session, WhatIsNoMessageEndsTheStream) {
  ServiceFixture fixture;
  grpc::GenericStub stub(fixture.channel);
  grpc::CompletionQueue queue;
  grpc::ClientContext context;
  const auto stream = stub.PrepareCall(&context, "/quota.v1.QuotaService/Session", &queue);
  const auto wait = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  stream->StartCall(nullptr);
  ASSERT_TRUE(wait());
  const grpc::Slice garbage("\x12\x05");
  stream->Write(grpc::ByteBuffer(&garbage, 1), nullptr);
  ASSERT_TRUE(wait());
  grpc::Status status;
  stream->Finish(&status, nullptr);
  ASSERT_TRUE(wait());
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "message: no SessionRequest; it must be one");
}

TEST(Session, OpenNeedsAnId) {
  ServiceFixture fixture;
  ClientStream stream(fixture.channel);
  stream.Open("", 1);
  EXPECT_EQ(stream.Finish().error_message(), "open.session_id: 0 bytes; it must be 1 to 64");
}

TEST(Session, OnlyTheFirstMessageMayBeOpen) {
  ServiceFixture fixture;
  ClientStream stream(fixture.channel);
  stream.OpenAndWait("s1", 1);
  stream.Open("s1", 2);
  EXPECT_EQ(stream.Finish().error_message(),
            "open: given again; only the first message of a stream may be it");
}

TEST(Session, ABatchHasOneOperationToAThousandAndTwentyFour) {
  for (const size_t operations : {0, 1'025}) {
    ServiceFixture fixture;
    ClientStream stream(fixture.channel);
    stream.OpenAndWait("s1", 1);
    stream.Commit(9, std::vector<std::string>(operations, "a"));
    const grpc::Status status = stream.Finish();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(status.error_message(), "batch.operations: " + std::to_string(operations) +
                                          " operations in batch 9; there must be 1 to 1024");
    EXPECT_EQ(fixture.engine.submitted(), 0U);
  }
}

TEST(Session, TheLargestBatchIsTaken) {
  ServiceFixture fixture(1, [](Call& call) { call.answer = Charged(1); });
  ClientStream stream(fixture.channel);
  stream.OpenAndWait("s1", 1);
  ASSERT_TRUE(stream.Commit(1, std::vector<std::string>(1'024, "a")));
  EXPECT_EQ(stream.Read().result().results_size(), 1'024);
}

// ---- Sessions that end and come back ----

TEST(Session, ANewerStreamTakesOver) {
  ServiceFixture fixture;
  ClientStream older(fixture.channel);
  older.OpenAndWait("s1", 1);
  ASSERT_TRUE(older.Commit(1, {"a"}));
  fixture.engine.WaitForCall(0);
  ClientStream newer(fixture.NewChannel());
  newer.OpenAndWait("s1", 2);
  // Without waiting for what the older one has in flight.
  const grpc::Status status = older.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ABORTED);
  EXPECT_EQ(status.error_message(), "a newer stream has taken over session \"s1\"");
  fixture.engine.Answer(0, Charged(1));
  // And the newer one goes on.
  ASSERT_TRUE(newer.Commit(1, {"b"}));
  fixture.engine.Answer(1, Charged(1));
  EXPECT_TRUE(newer.Read().has_result());
}

TEST(Session, AnOlderStreamCannotTakeOver) {
  ServiceFixture fixture;
  ClientStream newer(fixture.channel);
  newer.OpenAndWait("s1", 2);
  ClientStream older(fixture.NewChannel());
  older.Open("s1", 2);
  EXPECT_EQ(older.Finish().error_code(), grpc::StatusCode::ABORTED);
  ASSERT_TRUE(newer.Commit(1, {"b"}));
  fixture.engine.Answer(0, Charged(1));
  EXPECT_TRUE(newer.Read().has_result());
}

// A reservation that is still being decided must not come after its session was ended.
TEST(Session, IsConnectedUntilItsLastOperationIsAnswered) {
  ServiceFixture fixture;
  {
    ClientStream stream(fixture.channel);
    stream.OpenAndWait("s1", 1);
    ASSERT_TRUE(stream.Commit(1, {"a"}));
    fixture.engine.WaitForCall(0);
    stream.Cancel();
    EXPECT_EQ(stream.Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  const Instant late = Instant(fixture.clock.Elapsed()) + std::chrono::hours(1);
  EXPECT_THAT(fixture.sessions.TakeLost(late), IsEmpty());
  fixture.engine.Answer(0, Charged(1));
  // The stream's end may still be on its way through gRPC.
  std::vector<std::string> lost;
  while (lost.empty()) {
    lost = fixture.sessions.TakeLost(late);
    std::this_thread::yield();
  }
  EXPECT_THAT(lost, ElementsAre("s1"));
}

TEST(Session, ADrainAnswersWhatWasReadAndEndsTheStream) {
  ServiceFixture fixture;
  ClientStream stream(fixture.channel);
  stream.OpenAndWait("s1", 1);
  ASSERT_TRUE(stream.Commit(1, {"a"}));
  fixture.engine.WaitForCall(0);
  fixture.quota_service.EndStreams();
  fixture.engine.Answer(0, Charged(1));
  EXPECT_TRUE(stream.Read().has_result());
  const grpc::Status status = stream.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(status.error_message(), "the server is shutting down");
  ClientStream late(fixture.channel);
  late.Open("s2", 1);
  EXPECT_EQ(late.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

// Threads everywhere: streams come, work and go while others take over.
TEST(Session, ManyStreamsLeaveNothingBehind) {
  ServiceFixture fixture(1, [](Call& call) { call.answer = Charged(1); });
  constexpr int kThreads = 4;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&fixture, thread] {
      const auto channel = fixture.NewChannel();
      for (uint64_t round = 0; round < 50; ++round) {
        ClientStream stream(channel);
        // Two threads share each session, and take over from one another.
        stream.Open("s" + std::to_string(thread / 2), round);
        for (uint64_t batch = 0; batch < 8; ++batch) stream.Commit(batch, {"a", "b"});
        if (round % 3 == 0) stream.Cancel();
        stream.WritesDone();
        stream.Finish();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto open = [&fixture] {
    double sum = 0;
    for (const auto& family : fixture.metrics.Collect()) {
      if (family.name == "quotad_session_streams" ||
          family.name == "quotad_session_batches_in_flight") {
        sum += family.metric.at(0).gauge.value;
      }
    }
    return sum;
  };
  while (open() > 0) std::this_thread::yield();
  EXPECT_EQ(open(), 0);
}

}  // namespace
}  // namespace quota::server
