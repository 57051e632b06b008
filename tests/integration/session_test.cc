// A Session that is cut: its bound reservations outlive it for the grace, and no longer.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "tests/integration/test_server.h"
#include "tests/integration/wait_until.h"

namespace quota::test {
namespace {

constexpr Duration kGrace = std::chrono::seconds(5);

// One stream of an API server.
class Stream {
 public:
  Stream(QuotaCalls& calls, const std::string& session, uint64_t epoch)
      : stream_(calls.quota().Session(&context_)) {
    v1::SessionRequest open;
    open.mutable_open()->set_session_id(session);
    open.mutable_open()->set_epoch(epoch);
    EXPECT_TRUE(stream_->Write(open));
    v1::SessionResponse opened;
    EXPECT_TRUE(stream_->Read(&opened));
    EXPECT_TRUE(opened.has_opened());
  }

  v1::ReserveResponse Reserve(const std::string& org, const std::string& id, bool bound) {
    v1::SessionRequest message;
    v1::ReserveRequest& reserve = *message.mutable_batch()->add_operations()->mutable_reserve();
    reserve = MakeReserve(org, id, 10);
    // Longer than the test lasts on the server's clock.
    reserve.mutable_ttl()->set_seconds(600);
    reserve.set_bind_to_session(bound);
    EXPECT_TRUE(stream_->Write(message));
    v1::SessionResponse response;
    EXPECT_TRUE(stream_->Read(&response));
    EXPECT_EQ(response.result().results_size(), 1);
    return response.result().results_size() == 1 ? response.result().results(0).reserve()
                                                 : v1::ReserveResponse();
  }

  // As when the API server's process dies.
  void Cut() {
    context_.TryCancel();
    EXPECT_EQ(End(), grpc::StatusCode::CANCELLED);
  }

  // Reads until the stream's end, and tells how it ended.
  grpc::StatusCode End() {
    v1::SessionResponse response;
    while (stream_->Read(&response)) {
    }
    return stream_->Finish().error_code();
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::SessionRequest, v1::SessionResponse>> stream_;
};

class SessionTest : public testing::Test {
 protected:
  SessionTest() { EXPECT_TRUE(calls().CreateOrg("acme", "free").ok()); }

  QuotaCalls& calls() { return server_.calls(); }

  // The server learns of a cut stream by itself, a moment later: the clock goes on until the
  // session is lost.
  bool WaitUntilHeld(int64_t credits) {
    return WaitUntil([&] {
      server_.clock().Advance(std::chrono::milliseconds(100));
      return calls().GetUsage("acme")->usage().held() == credits;
    });
  }

  // A release tells how a reservation has ended, and ends one that has not.
  v1::HoldState Release(const std::string& id) {
    return calls().Release(MakeRelease("acme", id))->state();
  }

  TestServer server_;
};

TEST_F(SessionTest, BoundReservationsOfALostSessionEndAndOthersStay) {
  Stream stream(calls(), "api1", 1);
  EXPECT_EQ(stream.Reserve("acme", "bound", true).decision(), v1::DECISION_GRANTED);
  EXPECT_EQ(stream.Reserve("acme", "free", false).usage().held(), 20);
  const Instant cut_at = server_.clock().Now();
  stream.Cut();
  ASSERT_TRUE(WaitUntilHeld(10));
  EXPECT_GE(server_.clock().Now() - cut_at, kGrace);
  EXPECT_EQ(calls().GetUsage("acme")->usage().pools(0).in_flight(), 1);
  EXPECT_EQ(Release("bound"), v1::HOLD_STATE_SESSION_LOST);
  EXPECT_EQ(Release("free"), v1::HOLD_STATE_RELEASED);
}

TEST_F(SessionTest, ACommitAfterTheLossIsLateAndCharged) {
  Stream stream(calls(), "api1", 1);
  stream.Reserve("acme", "bound", true);
  stream.Cut();
  ASSERT_TRUE(WaitUntilHeld(0));
  const auto commit = calls().Commit(MakeCommit("acme", "bound", 8));
  ASSERT_TRUE(commit.ok()) << commit.message();
  EXPECT_TRUE(commit->late());
  EXPECT_EQ(commit->charged(), 8);
}

TEST_F(SessionTest, AClientThatComesBackKeepsItsReservations) {
  Stream first(calls(), "api1", 1);
  first.Reserve("acme", "bound", true);
  // Another session shows when the grace of both has passed.
  Stream other(calls(), "api2", 1);
  other.Reserve("acme", "lost", true);
  first.Cut();
  Stream second(calls(), "api1", 2);
  other.Cut();
  ASSERT_TRUE(WaitUntilHeld(10));
  // And it is still the session's: without a stream it ends.
  EXPECT_EQ(calls().GetUsage("acme")->open_reservations(), 1);
  second.Cut();
  ASSERT_TRUE(WaitUntilHeld(0));
  EXPECT_EQ(Release("bound"), v1::HOLD_STATE_SESSION_LOST);
}

TEST_F(SessionTest, AHigherEpochTakesOverAStreamThatIsStillOpen) {
  Stream first(calls(), "api1", 1);
  first.Reserve("acme", "bound", true);
  Stream second(calls(), "api1", 2);
  EXPECT_EQ(first.End(), grpc::StatusCode::ABORTED);
  Stream other(calls(), "api2", 1);
  other.Reserve("acme", "lost", true);
  other.Cut();
  ASSERT_TRUE(WaitUntilHeld(10));
  EXPECT_EQ(second.Reserve("acme", "more", true).usage().held(), 20);
}

}  // namespace
}  // namespace quota::test
