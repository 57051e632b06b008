// From a store to shards that may serve: what Engine does at each opening, and the simulation too.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "server/owned_shard.h"
#include "storage/store.h"

namespace quota::server {

struct RecoveredStore {
  // By number, all of them.
  std::vector<std::unique_ptr<OwnedShard>> shards;
  // The latest instant that is journalled; the epoch where none is.
  Instant last_at;
};

// Called before each shard, with its number and how many there are; from several threads, one at a
// time.
using RecoveryProgress = std::function<void(uint32_t number, uint32_t count)>;

// Makes an empty store one of ours, with `shards_if_new` shards. All that is recovered is durable:
// what an unclean end left behind may be readable without being so, and nothing may be answered
// from that. Blocks; `threads` shards are recovered at once, in order by one thread. The errors of
// EnsureFormat, OwnedShard::Recover and Store::Sync.
[[nodiscard]] absl::StatusOr<RecoveredStore> RecoverStore(storage::Store& store,
                                                          uint32_t shards_if_new,
                                                          const SnapshotOptions& snapshots,
                                                          uint32_t threads,
                                                          const RecoveryProgress& progress);

}  // namespace quota::server
