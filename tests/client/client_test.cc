#include "client/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "client/admin_client.h"
#include "client/health.h"
#include "common/status.h"
#include "tests/client/fake_quota_server.h"
#include "tests/client/fake_time.h"

namespace quota::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const grpc::Status kUnavailable(grpc::StatusCode::UNAVAILABLE, "down");

class ClientTest : public testing::Test {
 protected:
  ClientTest() {
    server_.AddOrg("acme", 100);
    options_.channel = server_.InProcessChannel();
    options_.time = time_;
    options_.drain_timeout = seconds(60);
    client_ = *Client::Create(options_);
  }

  // The ids of all Reserve calls that the server saw, failed ones included.
  std::set<std::string> IdsReserved() {
    std::set<std::string> ids;
    for (const std::string& call : server_.Calls("Reserve")) ids.insert(call);
    return ids;
  }

  FakeQuotaServer server_;
  std::shared_ptr<FakeTime> time_ = std::make_shared<FakeTime>();
  ClientOptions options_;
  std::unique_ptr<Client> client_;
};

TEST_F(ClientTest, ReserveSendsWhatWasAsked) {
  v1::MethodCall method;
  method.set_name("tickets.list");
  (*method.mutable_attributes())["from"] = 100;
  auto outcome = client_->Reserve({.org_id = "acme",
                                   .cost = method,
                                   .slots = 2,
                                   .ttl = milliseconds(1500),
                                   .best_effort = true,
                                   .on_expiry = v1::EXPIRY_ACTION_COMMIT,
                                   .reservation_id = "mine"});
  ASSERT_TRUE(outcome.ok() && outcome->granted()) << outcome.status();
  EXPECT_EQ(outcome->reservation().id(), "mine");
  const v1::ReserveRequest request = server_.reserves().at(0);
  EXPECT_EQ(request.reservation_id(), "mine");
  EXPECT_EQ(request.method().name(), "tickets.list");
  EXPECT_EQ(request.method().attributes().at("from"), 100);
  EXPECT_EQ(request.slots(), 2u);
  EXPECT_EQ(request.ttl().seconds(), 1);
  EXPECT_EQ(request.ttl().nanos(), 500'000'000);
  EXPECT_EQ(request.mode(), v1::RESERVE_MODE_BEST_EFFORT);
  EXPECT_EQ(request.on_expiry(), v1::EXPIRY_ACTION_COMMIT);
}

TEST_F(ClientTest, AnExhaustedDayIsRefusedWithItsEnd) {
  const auto outcome = client_->Reserve({.org_id = "acme", .cost = Credits(101)});
  ASSERT_TRUE(outcome.ok());
  ASSERT_FALSE(outcome->granted());
  EXPECT_EQ(outcome->refusal().decision(), v1::DECISION_CREDITS_EXHAUSTED);
  EXPECT_EQ(outcome->refusal().resets_at(), Instant(seconds(1767312000)));
  EXPECT_EQ(outcome->refusal().usage().remaining(), 100);
  EXPECT_EQ(outcome->refusal().exhausted_pool(), "");
}

TEST_F(ClientTest, AFullPoolIsRefusedWithItsNameAndNoRetryTime) {
  server_.AddOrg("small", 100, /*limit=*/1);
  auto first = client_->Reserve({.org_id = "small", .cost = Credits(1)});
  ASSERT_TRUE(first.ok() && first->granted());
  const auto second = client_->Reserve({.org_id = "small", .cost = Credits(1)});
  ASSERT_TRUE(second.ok());
  ASSERT_FALSE(second->granted());
  EXPECT_EQ(second->refusal().decision(), v1::DECISION_CONCURRENCY_EXHAUSTED);
  EXPECT_EQ(second->refusal().exhausted_pool(), "main");
  EXPECT_FALSE(second->refusal().resets_at().has_value());
}

TEST_F(ClientTest, RetriesUnderTheSameId) {
  server_.FailNext("Reserve", kUnavailable);
  server_.FailNext("Reserve", grpc::Status(grpc::StatusCode::DEADLINE_EXCEEDED, "slow"));
  server_.FailNext("Reserve", StatusWithRetryDelay(grpc::StatusCode::RESOURCE_EXHAUSTED, 700));
  auto outcome = client_->Reserve({.org_id = "acme", .cost = Credits(3)});
  ASSERT_TRUE(outcome.ok() && outcome->granted()) << outcome.status();
  EXPECT_EQ(server_.Calls("Reserve").size(), 4u);
  EXPECT_EQ(IdsReserved().size(), 1u);
  ASSERT_EQ(time_->pauses().size(), 3u);
  EXPECT_GE(time_->pauses()[2], milliseconds(700));
}

TEST_F(ClientTest, AnUnknownOutcomeIsFoundOutByTheRetry) {
  server_.FailNext("Reserve", StatusWithReason(grpc::StatusCode::UNAVAILABLE, "OUTCOME_UNKNOWN"),
                   /*happened=*/true);
  auto outcome = client_->Reserve({.org_id = "acme", .cost = Credits(3)});
  ASSERT_TRUE(outcome.ok() && outcome->granted()) << outcome.status();
  EXPECT_TRUE(outcome->reservation().response().repeated());
  EXPECT_EQ(server_.held("acme"), 3);
  EXPECT_EQ(outcome->reservation().Commit()->charged(), 3);
  EXPECT_EQ(server_.used("acme"), 3);
}

TEST_F(ClientTest, FinalErrorsAreNotRetried) {
  for (const auto code : {grpc::StatusCode::INVALID_ARGUMENT, grpc::StatusCode::ALREADY_EXISTS,
                          grpc::StatusCode::RESOURCE_EXHAUSTED}) {
    const size_t before = server_.Calls("Reserve").size();
    server_.FailNext("Reserve", grpc::Status(code, "credits must be at least 0"));
    const auto outcome = client_->Reserve({.org_id = "acme", .cost = Credits(-1)});
    EXPECT_EQ(static_cast<int>(outcome.status().code()), static_cast<int>(code));
    EXPECT_EQ(server_.Calls("Reserve").size(), before + 1);
  }
  EXPECT_TRUE(time_->pauses().empty());
}

TEST_F(ClientTest, GivesUpWithinTheBudgetAndReleasesWhatItMayHold) {
  server_.FailNext("Reserve", kUnavailable, /*happened=*/true);
  for (int i = 0; i < 100; ++i) server_.FailNext("Reserve", kUnavailable);
  const auto outcome = client_->Reserve({.org_id = "acme", .cost = Credits(3)});
  EXPECT_EQ(outcome.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(outcome.status()), kOutcomeUnknown);
  EXPECT_LE(time_->Elapsed(), seconds(10));
  EXPECT_EQ(IdsReserved().size(), 1u);
  client_.reset();
  EXPECT_EQ(server_.releases().size(), 1u);
  EXPECT_EQ(server_.held("acme"), 0);
}

TEST_F(ClientTest, AnIdOfTheCallersIsTheCallersToSettle) {
  for (int i = 0; i < 100; ++i) server_.FailNext("Reserve", kUnavailable);
  EXPECT_FALSE(
      client_->Reserve({.org_id = "acme", .cost = Credits(3), .reservation_id = "mine"}).ok());
  client_.reset();
  EXPECT_TRUE(server_.releases().empty());
}

TEST_F(ClientTest, AServerThatDoesNotAnswerIsLeftAtTheDeadline) {
  ClientOptions options = options_;
  options.retry.attempt_deadline = milliseconds(20);
  const auto client = *Client::Create(options);
  server_.HangNext("GetUsage");
  const auto usage = client->GetUsage("acme");
  ASSERT_TRUE(usage.ok()) << usage.status();
  EXPECT_EQ(server_.Calls("GetUsage").size(), 2u);
}

TEST_F(ClientTest, CheckHoldsNothingAndSendsNoIdOfItsOwn) {
  const auto answer = client_->Check({.org_id = "acme", .cost = Credits(3)});
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->decision(), v1::DECISION_GRANTED);
  EXPECT_EQ(server_.reserves().at(0).mode(), v1::RESERVE_MODE_CHECK_ONLY);
  EXPECT_EQ(server_.reserves().at(0).reservation_id(), "");
  EXPECT_EQ(server_.held("acme"), 0);
}

TEST_F(ClientTest, ChargeUsageReleaseAndExtendById) {
  EXPECT_EQ(client_->Charge({.org_id = "acme", .cost = Credits(4)})->charged(), 4);
  auto outcome = client_->Reserve({.org_id = "acme", .cost = Credits(3)});
  const std::string id = outcome->reservation().Detach();
  EXPECT_EQ(client_->Extend("acme", id, seconds(9))->expires_at().seconds(), 1767312009);
  EXPECT_EQ(client_->GetUsage("acme")->usage().held(), 3);
  EXPECT_EQ(client_->Release("acme", id)->state(), v1::HOLD_STATE_RELEASED);
  EXPECT_EQ(client_->GetUsage("acme")->usage().used(), 4);
  EXPECT_EQ(client_->Release("globex", id).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(ClientTest, ManyThreadsShareAClientWithExactTotals) {
  server_.AddOrg("busy", 1'000'000, /*limit=*/1000);
  constexpr int kThreads = 8;
  constexpr int kEach = 25;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        auto outcome = client_->Reserve({.org_id = "busy", .cost = Credits(2)});
        ASSERT_TRUE(outcome.ok() && outcome->granted());
        // Every other one is dropped.
        if (i % 2 == 0) {
          ASSERT_TRUE(outcome->reservation().Commit().ok());
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(client_->releases_left_to_ttl(), 0);
  client_.reset();
  EXPECT_EQ(server_.used("busy"), kThreads * 13 * 2);
  EXPECT_EQ(server_.held("busy"), 0);
}

TEST_F(ClientTest, OptionsThatMakeNoSenseAreRefused) {
  EXPECT_EQ(Client::Create({.target = ""}).status().code(), absl::StatusCode::kInvalidArgument);
  ClientOptions options;
  options.retry.budget = seconds(60);
  EXPECT_EQ(Client::Create(options).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(AdminClient::Create(options).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ClientTest, AnAdministratorsChangeIsRetriedUnderTheSameRequestId) {
  const auto admin = *AdminClient::Create(options_);
  server_.FailNext("SetAgents", kUnavailable);
  v1::SetAgentsRequest request;
  request.set_org_id("acme");
  request.set_agents(7);
  const auto org = admin->SetAgents(request);
  ASSERT_TRUE(org.ok()) << org.status();
  EXPECT_EQ(org->agents(), 7);
  const std::vector<std::string> calls = server_.Calls("SetAgents");
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_EQ(calls[0], calls[1]);
  EXPECT_THAT(calls[0], testing::HasSubstr("request_id: \""));
}

TEST_F(ClientTest, HealthIsWhatTheServerSays) {
  EXPECT_EQ(*CheckHealth(options_), ServingStatus::kServing);
  server_.SetServing(false);
  EXPECT_EQ(*CheckHealth(options_), ServingStatus::kNotServing);
  EXPECT_EQ(CheckHealth(options_, "no.such.Service").status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace quota::client
