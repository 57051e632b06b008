// What clients see when the disk fails under the server, and that it heals by itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "client/client.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "tests/integration/test_server.h"
#include "tests/integration/wait_until.h"

namespace quota::test {
namespace {

using storage::WriteFault;
using testing::HasSubstr;

// Far less than the server's pauses between attempts, so that none is skipped.
constexpr std::chrono::milliseconds kStep{50};

// The standard details of a failed call.
struct Details {
  std::string reason;
  std::string domain;
  bool has_delay = false;
  std::chrono::seconds delay{};
};

Details DetailsOf(const grpc::Status& status) {
  Details details;
  google::rpc::Status message;
  EXPECT_TRUE(message.ParseFromString(status.error_details()));
  EXPECT_EQ(message.code(), status.error_code());
  EXPECT_EQ(message.message(), status.error_message());
  for (const auto& any : message.details()) {
    google::rpc::ErrorInfo error;
    google::rpc::RetryInfo retry;
    if (any.UnpackTo(&error)) {
      details.reason = error.reason();
      details.domain = error.domain();
    } else if (any.UnpackTo(&retry)) {
      details.has_delay = true;
      details.delay = std::chrono::seconds(retry.retry_delay().seconds());
    }
  }
  return details;
}

// In both cases the server can't tell which it was.
class StoreFailureTest : public testing::TestWithParam<WriteFault> {
 protected:
  StoreFailureTest() { EXPECT_TRUE(server_.calls().CreateOrg("acme", "free").ok()); }

  QuotaCalls& calls() { return server_.calls(); }

  bool WaitUntilServing() {
    return WaitUntil([this] {
      server_.clock().Advance(kStep);
      return calls().GetUsage("acme").ok();
    });
  }

  TestServer server_;
};

INSTANTIATE_TEST_SUITE_P(Faults, StoreFailureTest,
                         testing::Values(WriteFault::kUnknownApplied,
                                         WriteFault::kUnknownUnapplied),
                         [](const auto& fault) {
                           return fault.param == WriteFault::kUnknownApplied ? "Applied"
                                                                             : "NotApplied";
                         });

TEST_P(StoreFailureTest, TheOutcomeIsUnknownUntilTheSameCallIsRepeated) {
  server_.BreakDisk(true);
  server_.FailWrite(1, GetParam());
  const auto failed = calls().Reserve(MakeReserve("acme", "r1", 10));
  EXPECT_EQ(failed.code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(failed.message(), HasSubstr("the same id"));
  EXPECT_EQ(DetailsOf(failed.status).reason, "OUTCOME_UNKNOWN");
  EXPECT_EQ(DetailsOf(failed.status).domain, "quotad");

  const auto stopped = calls().Reserve(MakeReserve("acme", "r2", 10));
  EXPECT_EQ(stopped.code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(stopped.message(), HasSubstr("the call was not made, try again"));
  const Details details = DetailsOf(stopped.status);
  EXPECT_EQ(details.reason, "STORE_STOPPED");
  EXPECT_TRUE(details.has_delay);
  EXPECT_EQ(details.delay, std::chrono::seconds(1));

  server_.BreakDisk(false);
  ASSERT_TRUE(WaitUntilServing());
  const auto repeat = calls().Reserve(MakeReserve("acme", "r1", 10));
  ASSERT_TRUE(repeat.ok()) << repeat.message();
  EXPECT_EQ(repeat->repeated(), GetParam() == WriteFault::kUnknownApplied);
  EXPECT_EQ(repeat->usage().held(), 10);
  EXPECT_EQ(repeat->usage().pools(0).in_flight(), 1);
}

TEST_P(StoreFailureTest, ARefusalDecidedFromWhatMayBeLostIsNotTold) {
  ASSERT_TRUE(calls().Charge(MakeCharge("acme", "most", 4'995)).ok());
  server_.BreakDisk(true);
  server_.FailWrite(1, GetParam());
  EXPECT_FALSE(calls().Charge(MakeCharge("acme", "c1", 5)).ok());
  EXPECT_EQ(calls().Charge(MakeCharge("acme", "c2", 5)).code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(calls().GetUsage("acme").code(), grpc::StatusCode::UNAVAILABLE);
  server_.BreakDisk(false);
  ASSERT_TRUE(WaitUntilServing());
  const bool applied = GetParam() == WriteFault::kUnknownApplied;
  EXPECT_EQ(calls().GetUsage("acme")->usage().used(), applied ? 5'000 : 4'995);
  EXPECT_EQ(calls().Charge(MakeCharge("acme", "c2", 5))->decision(),
            applied ? v1::DECISION_CREDITS_EXHAUSTED : v1::DECISION_GRANTED);
}

// The C++ client repeats the call itself: its user sees one success, and is charged once.
TEST_P(StoreFailureTest, TheClientRepeatsUntilTheServerHasHealed) {
  const auto client = client::Client::Create({.channel = calls().channel()});
  ASSERT_TRUE(client.ok()) << client.status();
  server_.FailWrite(1, GetParam());
  std::atomic<bool> done = false;
  // The server's clock goes on, about as fast as the client's.
  std::thread time([&] {
    WaitUntil([&] {
      server_.clock().Advance(std::chrono::milliseconds(5));
      return done.load();
    });
  });
  const auto charge =
      (*client)->Charge({.org_id = "acme", .cost = Credits(5), .reservation_id = "c1"});
  done = true;
  time.join();
  ASSERT_TRUE(charge.ok()) << charge.status();
  EXPECT_EQ(charge->charged(), 5);
  EXPECT_EQ(calls().GetUsage("acme")->usage().used(), 5);
}

// A store that stops when nothing is written, as one does whose upkeep fails.
class FragileStore final : public storage::Store {
 public:
  FragileStore(std::shared_ptr<storage::MemoryDisk> disk, const std::atomic<bool>& broken)
      : store_(std::move(disk), {.immediate = true}), broken_(broken) {}

  const storage::Limits& limits() const override { return store_.limits(); }
  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) override {
    if (broken_.load()) return absl::UnavailableError("merging tables failed");
    return store_.Get(key);
  }
  absl::StatusOr<storage::Page> Scan(std::string_view begin, std::string_view end,
                                     size_t max_entries, size_t max_bytes) override {
    return store_.Scan(begin, end, max_entries, max_bytes);
  }
  void Apply(uint32_t shard, storage::Batch batch, storage::Completion done) override {
    store_.Apply(shard, std::move(batch), std::move(done));
  }
  void Drain() override { store_.Drain(); }
  absl::Status Sync() override { return store_.Sync(); }
  storage::StoreStats stats() const override { return store_.stats(); }
  absl::Status Close() override { return store_.Close(); }

 private:
  storage::MemoryStore store_;
  const std::atomic<bool>& broken_;
};

TEST(IdleStoreTest, AStoreThatStopsWhileNothingIsWrittenIsFoundAndReopened) {
  const auto disk = std::make_shared<storage::MemoryDisk>();
  std::atomic<bool> broken = false;
  TestServer server({.open_store = [&]() -> absl::StatusOr<std::unique_ptr<storage::Store>> {
    return std::make_unique<FragileStore>(disk, broken);
  }});
  broken = true;
  ASSERT_TRUE(WaitUntil([&] { return !server.server().engine().serving(); }));
  EXPECT_THAT(server.calls().GetUsage("acme").message(), HasSubstr("merging tables failed"));
  broken = false;
  ASSERT_TRUE(WaitUntil([&] {
    server.clock().Advance(kStep);
    return server.server().engine().serving();
  }));
  EXPECT_EQ(server.server().engine().status().store_failures, 1u);
  EXPECT_TRUE(server.calls().CreateOrg("acme", "free").ok());
}

}  // namespace
}  // namespace quota::test
