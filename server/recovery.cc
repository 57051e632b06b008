#include "server/recovery.h"

#include <algorithm>
#include <utility>

#include "common/status.h"
#include "storage/format.h"

namespace quota::server {

absl::StatusOr<RecoveredStore> RecoverStore(storage::Store& store, uint32_t shards_if_new,
                                            const SnapshotOptions& snapshots,
                                            const RecoveryProgress& progress) {
  QUOTA_ASSIGN_OR_RETURN(const storage::FormatInfo format,
                         storage::EnsureFormat(store, shards_if_new));
  RecoveredStore recovered;
  for (uint32_t number = 0; number < format.shards; ++number) {
    progress(number, format.shards);
    QUOTA_ASSIGN_OR_RETURN(auto shard,
                           OwnedShard::Recover(store, number, snapshots, format.shards));
    recovered.last_at = std::max(recovered.last_at, shard->shard().last_at());
    recovered.shards.push_back(std::move(shard));
  }
  QUOTA_RETURN_IF_ERROR(store.Sync());
  return recovered;
}

}  // namespace quota::server
