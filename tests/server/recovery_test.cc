#include "server/recovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <numeric>
#include <vector>

#include "storage/keys.h"
#include "storage/memory_store.h"

namespace quota::server {
namespace {

constexpr uint32_t kShards = 8;

// With one thread, and with several at once.
class RecoveryTest : public testing::TestWithParam<uint32_t> {
 protected:
  absl::StatusOr<RecoveredStore> Recover() {
    begun_.clear();
    return RecoverStore(store_, kShards, {}, GetParam(), [this](uint32_t number, uint32_t count) {
      EXPECT_EQ(count, kShards);
      begun_.push_back(number);
    });
  }

  storage::MemoryStore store_{std::make_shared<storage::MemoryDisk>(), {.immediate = true}};
  std::vector<uint32_t> begun_;
};

INSTANTIATE_TEST_SUITE_P(Threads, RecoveryTest, testing::Values(1, 3, 100));

TEST_P(RecoveryTest, AllShardsAreThereInOrderAndEachIsToldOfOnce) {
  const auto recovered = Recover();
  ASSERT_TRUE(recovered.ok()) << recovered.status();
  std::vector<uint32_t> numbers;
  for (const auto& shard : recovered->shards) numbers.push_back(shard->number());
  std::vector<uint32_t> expected(kShards);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(numbers, expected);
  EXPECT_EQ(begun_, expected);
}

TEST_P(RecoveryTest, DamageOfAShardIsToldWhicheverShardsWereNotBegun) {
  ASSERT_TRUE(Recover().ok());
  storage::Batch batch;
  batch.Put(storage::JournalKey(5, 1), "no entry");
  store_.Apply(0, std::move(batch), [](const storage::WriteOutcome& outcome) {
    ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  });
  const auto recovered = Recover();
  EXPECT_EQ(recovered.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(recovered.status().message(), testing::HasSubstr("shard 5"));
}

}  // namespace
}  // namespace quota::server
