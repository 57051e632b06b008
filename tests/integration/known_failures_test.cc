// The known failures of others that take a store or a connection to show; the list of all is in
// tests/ledger/known_failures_test.cc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "storage/keys.h"
#include "tests/integration/test_server.h"
#include "tests/integration/wait_until.h"

namespace quota::test {
namespace {

using storage::WriteFault;

v1::PurchaseCreditsRequest MakePurchase(const std::string& request_id) {
  v1::PurchaseCreditsRequest request;
  request.set_request_id(request_id);
  request.set_org_id("acme");
  request.set_purchase_id("invoice-1");
  request.set_pack_credits(1'000);
  return request;
}

class OutageTest : public testing::TestWithParam<WriteFault> {};

INSTANTIATE_TEST_SUITE_P(KnownFailures, OutageTest,
                         testing::Values(WriteFault::kUnknownApplied,
                                         WriteFault::kUnknownUnapplied),
                         [](const auto& fault) {
                           return fault.param == WriteFault::kUnknownApplied ? "Applied"
                                                                             : "NotApplied";
                         });

// The buyer repeats its call until it is answered; then its operator, who saw only the first
// error, buys the same invoice again by hand.
TEST_P(OutageTest, NoPurchaseIsBoughtTwiceByARetryAfterAnOutage) {
  TestServer server;
  auto& admin = server.calls().admin();
  ASSERT_TRUE(server.calls().CreateOrg("acme", "free").ok());
  server.FailWrite(1, GetParam());
  const auto buy = [&admin](const std::string& request_id) {
    return Once(admin, &v1::QuotaAdmin::Stub::PurchaseCredits, MakePurchase(request_id));
  };
  EXPECT_EQ(buy("request-1").code(), grpc::StatusCode::UNAVAILABLE);
  Reply<v1::PurchaseCreditsResponse> repeat;
  ASSERT_TRUE(WaitUntil([&] {
    server.clock().Advance(std::chrono::milliseconds(50));
    repeat = buy("request-1");
    return repeat.ok();
  })) << repeat.message();
  const auto by_hand = buy("request-2");
  ASSERT_TRUE(by_hand.ok()) << by_hand.message();
  EXPECT_EQ(by_hand->org().purchases_size(), 1);
  const auto usage = server.calls().GetUsage("acme");
  EXPECT_EQ(usage->usage().allotment(), 5'000 + 1'000);
}

// A store in memory whose disk the test can damage.
struct DamagedStore {
  std::shared_ptr<storage::MemoryDisk> disk = std::make_shared<storage::MemoryDisk>();

  server::StoreOpener Opener() const {
    return [disk = disk]() -> absl::StatusOr<std::unique_ptr<storage::Store>> {
      return std::make_unique<storage::MemoryStore>(disk,
                                                    storage::MemoryStoreOptions{.immediate = true});
    };
  }
  // The first journal entry of each shard that has one.
  int DamageJournal() const {
    int damaged = 0;
    for (uint32_t shard = 0; shard < storage::kMaxShards; ++shard) {
      if (disk->Damage(storage::JournalKey(shard, 1), 7)) ++damaged;
    }
    return damaged;
  }
};

// The sweeper works in memory, so a record that goes bad under it keeps no hold open; and the next
// start says which record it is, instead of going on without it.
TEST(KnownFailures, NoCorruptRecordWedgesTheSweeper) {
  const DamagedStore store;
  {
    TestServer server({.open_store = store.Opener()});
    for (const std::string org : {"acme", "globex"}) {
      ASSERT_TRUE(server.calls().CreateOrg(org, "free").ok());
      ASSERT_EQ(server.calls().Reserve(MakeReserve(org, "hold", 10))->decision(),
                v1::DECISION_GRANTED);
    }
    ASSERT_GT(store.DamageJournal(), 0);
    // No call of these organisations: what ends their holds is the sweeper.
    EXPECT_TRUE(WaitUntil([&server] {
      server.clock().Advance(std::chrono::seconds(1));
      return server.server().engine().status().pipeline.expired_holds == 2;
    }));
    EXPECT_EQ(server.calls().GetUsage("acme")->usage().held(), 0);
    EXPECT_EQ(server.calls().GetUsage("globex")->usage().pools(0).in_flight(), 0);
  }
  SimulatedClock clock;
  server::Engine engine({}, *catalog::LoadDefaultCatalog(), clock, store.Opener());
  const absl::Status started = engine.Start();
  EXPECT_EQ(started.code(), absl::StatusCode::kDataLoss) << started;
  EXPECT_THAT(std::string(started.message()), testing::HasSubstr("/1 is damaged"));
}

}  // namespace
}  // namespace quota::test
