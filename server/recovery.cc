#include "server/recovery.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "common/mutex.h"
#include "common/status.h"
#include "server/thread_name.h"
#include "storage/format.h"

namespace quota::server {

namespace {

// Each thread takes the next shard that none has begun; none does once one has failed.
std::vector<absl::StatusOr<std::unique_ptr<OwnedShard>>> RecoverShards(
    storage::Store& store, uint32_t count, const SnapshotOptions& snapshots, uint32_t threads,
    const RecoveryProgress& progress) {
  std::vector<absl::StatusOr<std::unique_ptr<OwnedShard>>> shards(count);
  Mutex mutex;
  uint32_t next = 0;
  bool failed = false;
  const auto recover = [&] {
    for (;;) {
      uint32_t number = 0;
      {
        MutexLock lock(mutex);
        if (failed || next == count) return;
        number = next++;
        progress(number, count);
      }
      auto shard = OwnedShard::Recover(store, number, snapshots, count);
      MutexLock lock(mutex);
      if (!shard.ok()) failed = true;
      shards[number] = std::move(shard);
    }
  };
  std::vector<std::thread> others;
  while (others.size() + 1 < std::min(threads, count)) {
    others.emplace_back([&recover] {
      NameThread("recovery");
      recover();
    });
  }
  recover();
  for (std::thread& other : others) other.join();
  return shards;
}

}  // namespace

absl::StatusOr<RecoveredStore> RecoverStore(storage::Store& store, uint32_t shards_if_new,
                                            const SnapshotOptions& snapshots, uint32_t threads,
                                            const RecoveryProgress& progress) {
  QUOTA_ASSIGN_OR_RETURN(const storage::FormatInfo format,
                         storage::EnsureFormat(store, shards_if_new));
  RecoveredStore recovered;
  for (auto& shard : RecoverShards(store, format.shards, snapshots, threads, progress)) {
    // One that failed comes before those that were not begun.
    if (!shard.ok()) return shard.status();
    recovered.last_at = std::max(recovered.last_at, (*shard)->shard().last_at());
    recovered.shards.push_back(*std::move(shard));
  }
  QUOTA_RETURN_IF_ERROR(store.Sync());
  return recovered;
}

}  // namespace quota::server
