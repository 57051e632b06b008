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
    const auto shard = *OwnedShard::Recover(store, number, options);
    EXPECT_FALSE(shard->MaintenanceDue());
    lacking.push_back(options.journal_bytes - shard->journal_bytes());
  }
  std::sort(lacking.begin(), lacking.end());
  // After the last comes the first again, a whole period later.
  lacking.push_back(lacking.front() + options.journal_bytes);
  for (size_t i = 1; i < lacking.size(); ++i) {
    EXPECT_GT(lacking[i] - lacking[i - 1], options.journal_bytes / kShards / 2) << i;
  }
}

TEST(OwnedShardTest, ANewShardThatMayKeepMuchJournalKeepsNearlyAllOfThat) {
  SnapshotOptions options;
  options.journal_bytes = size_t{1} << 30;
  storage::MemoryStore store(std::make_shared<storage::MemoryDisk>(), {});
  for (uint32_t number = 0; number < 16; ++number) {
    const auto shard = *OwnedShard::Recover(store, number, options);
    EXPECT_LT(shard->journal_bytes(), SnapshotOptions().journal_bytes);
  }
}

}  // namespace
}  // namespace quota::server
