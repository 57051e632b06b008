// What becomes of a reservation that is settled, moved, detached or dropped.
#include "client/reservation.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "client/client.h"
#include "common/status.h"
#include "tests/client/fake_quota_server.h"
#include "tests/client/fake_time.h"

namespace quota::client {
namespace {

class ReservationTest : public testing::Test {
 protected:
  ReservationTest() {
    server_.AddOrg("acme", 100);
    ClientOptions options;
    options.channel = server_.InProcessChannel();
    options.time = std::make_shared<FakeTime>();
    options.drain_timeout = std::chrono::seconds(60);
    client_ = *Client::Create(options);
  }

  Reservation Reserve(int64_t credits = 3) {
    auto outcome = client_->Reserve({.org_id = "acme", .cost = Credits(credits)});
    EXPECT_TRUE(outcome.ok() && outcome->granted()) << outcome.status();
    return std::move(outcome->reservation());
  }

  // Ends the client, so that all releases have been made, and returns how many there were.
  size_t ReleasesAfterDrain() {
    client_.reset();
    return server_.releases().size();
  }

  FakeQuotaServer server_;
  std::unique_ptr<Client> client_;
};

TEST_F(ReservationTest, ADropReleasesInTheBackground) {
  std::string id;
  {
    Reservation reservation = Reserve();
    EXPECT_TRUE(reservation.releases_on_drop());
    id = reservation.id();
    EXPECT_EQ(server_.held("acme"), 3);
  }
  ASSERT_EQ(ReleasesAfterDrain(), 1u);
  EXPECT_EQ(server_.releases()[0].org_id(), "acme");
  EXPECT_EQ(server_.releases()[0].reservation_id(), id);
  EXPECT_EQ(server_.held("acme"), 0);
  EXPECT_EQ(server_.used("acme"), 0);
}

TEST_F(ReservationTest, ACommittedReservationIsNotReleased) {
  {
    Reservation reservation = Reserve();
    const auto response = reservation.Commit(Credits(2));
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_EQ(response->charged(), 2);
    EXPECT_FALSE(reservation.releases_on_drop());
  }
  EXPECT_EQ(ReleasesAfterDrain(), 0u);
  EXPECT_EQ(server_.used("acme"), 2);
}

TEST_F(ReservationTest, WithoutAnAmountWhatWasHeldIsCommitted) {
  Reservation reservation = Reserve(5);
  EXPECT_EQ(reservation.Commit()->charged(), 5);
}

TEST_F(ReservationTest, AReleasedReservationIsNotReleasedAgain) {
  {
    Reservation reservation = Reserve();
    EXPECT_EQ(reservation.Release()->state(), v1::HOLD_STATE_RELEASED);
  }
  EXPECT_EQ(ReleasesAfterDrain(), 1u);
}

TEST_F(ReservationTest, AMovedFromReservationDoesNothing) {
  {
    Reservation first = Reserve();
    Reservation second = std::move(first);
    // NOLINTNEXTLINE(bugprone-use-after-move): what a moved-from reservation does is the point.
    EXPECT_FALSE(first.releases_on_drop());
    EXPECT_EQ(first.Commit().status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(first.Release().status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(first.Extend(std::chrono::seconds(5)).status().code(),
              absl::StatusCode::kFailedPrecondition);
    EXPECT_TRUE(second.releases_on_drop());
  }
  EXPECT_EQ(ReleasesAfterDrain(), 1u);
}

TEST_F(ReservationTest, AnAssignmentDropsWhatWasThere) {
  {
    Reservation first = Reserve(3);
    Reservation second = Reserve(4);
    first = std::move(second);
    EXPECT_EQ(first.credits(), Credits(4));
    EXPECT_EQ(first.Commit()->charged(), 4);
  }
  EXPECT_EQ(ReleasesAfterDrain(), 1u);
  EXPECT_EQ(server_.used("acme"), 4);
  EXPECT_EQ(server_.held("acme"), 0);
}

TEST_F(ReservationTest, ADetachedReservationIsLeftToWhoKnowsItsId) {
  std::string id;
  {
    Reservation reservation = Reserve();
    id = reservation.Detach();
  }
  EXPECT_EQ(client_->Commit("acme", id)->charged(), 3);
  EXPECT_EQ(ReleasesAfterDrain(), 0u);
}

TEST_F(ReservationTest, ACommitWithoutAnAnswerIsNotUndoneByTheDrop) {
  for (int i = 0; i < 100; ++i) {
    server_.FailNext("Commit", grpc::Status(grpc::StatusCode::UNAVAILABLE, "connection reset"),
                     /*happened=*/i == 0);
  }
  {
    Reservation reservation = Reserve();
    const auto response = reservation.Commit();
    EXPECT_EQ(response.status().code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(ReasonOf(response.status()), kOutcomeUnknown);
    EXPECT_FALSE(reservation.releases_on_drop());
  }
  EXPECT_EQ(ReleasesAfterDrain(), 0u);
  EXPECT_EQ(server_.used("acme"), 3);
}

TEST_F(ReservationTest, ACommitThatMadeNoSenseLeavesItOpen) {
  server_.FailNext("Commit", grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "credits"));
  {
    Reservation reservation = Reserve();
    EXPECT_EQ(reservation.Commit(Credits(-1)).status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_TRUE(reservation.releases_on_drop());
  }
  EXPECT_EQ(ReleasesAfterDrain(), 1u);
}

TEST_F(ReservationTest, ExtendTellsTheNewDeadline) {
  Reservation reservation = Reserve();
  const auto expires_at = reservation.Extend(std::chrono::seconds(120));
  ASSERT_TRUE(expires_at.ok()) << expires_at.status();
  EXPECT_EQ(*expires_at, Instant(std::chrono::seconds(1767312120)));
  EXPECT_EQ(reservation.expires_at(), *expires_at);
}

TEST_F(ReservationTest, ARepeatedReserveOfASettledHoldReleasesNothing) {
  ReserveOptions options{.org_id = "acme", .cost = Credits(3), .reservation_id = "mine"};
  ASSERT_TRUE(client_->Reserve(options)->reservation().Commit().ok());
  {
    auto again = client_->Reserve(options);
    ASSERT_TRUE(again.ok() && again->granted());
    EXPECT_TRUE(again->reservation().response().repeated());
    EXPECT_FALSE(again->reservation().releases_on_drop());
  }
  EXPECT_EQ(ReleasesAfterDrain(), 0u);
}

TEST_F(ReservationTest, MayOutliveItsClientButIsThenLeftToItsTtl) {
  std::optional<Reservation> settled = Reserve(1);
  std::optional<Reservation> dropped = Reserve(2);
  client_.reset();
  EXPECT_TRUE(settled->Commit().ok());
  dropped.reset();
  EXPECT_TRUE(server_.releases().empty());
}

}  // namespace
}  // namespace quota::client
