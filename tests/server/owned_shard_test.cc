#include "server/owned_shard.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "storage/memory_store.h"

namespace quota::server {
namespace {

// Each of them is due after as many bytes as it lacks.
TEST(OwnedShardTest, NewShardsThatAreEquallyBusyStoreTheirAccountsOneAfterTheOther) {
  constexpr uint32_t kShards = 16;
  const SnapshotOptions options;
  storage::MemoryStore store(std::make_shared<storage::MemoryDisk>(), {});
  std::vector<size_t> lacking;
  for (uint32_t number = 0; number < kShards; ++number) {
    const auto shard = *OwnedShard::Recover(store, number, options, kShards);
    EXPECT_FALSE(shard->MaintenanceDue());
    lacking.push_back(shard->most_journal_bytes() - shard->journal_bytes());
  }
  std::sort(lacking.begin(), lacking.end());
  // After the last comes the first again, a whole period later.
  const size_t period = options.journal_bytes / kShards;
  lacking.push_back(lacking.front() + period);
  for (size_t i = 1; i < lacking.size(); ++i) {
    EXPECT_GT(lacking[i] - lacking[i - 1], period / kShards / 2) << i;
  }
}

TEST(OwnedShardTest, HowMuchJournalIsKeptDoesNotDependOnTheNumberOfShards) {
  storage::MemoryStore store(std::make_shared<storage::MemoryDisk>(), {});
  SnapshotOptions options;
  options.journal_bytes = 1 << 20;
  for (const uint32_t count : {1U, 2U, 16U, 4096U}) {
    const auto shard = *OwnedShard::Recover(store, 0, options, count);
    EXPECT_EQ(shard->most_journal_bytes() * count, size_t{1} << 20);
  }
}

TEST(OwnedShardTest, ANewShardThatMayKeepMuchJournalKeepsNearlyAllOfThat) {
  SnapshotOptions options;
  options.journal_bytes = size_t{16} << 30;
  storage::MemoryStore store(std::make_shared<storage::MemoryDisk>(), {});
  for (uint32_t number = 0; number < 16; ++number) {
    const auto shard = *OwnedShard::Recover(store, number, options, 16);
    EXPECT_LT(shard->journal_bytes(), SnapshotOptions().journal_bytes / 16);
  }
}

}  // namespace
}  // namespace quota::server
