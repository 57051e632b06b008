// Pipeline's part in snapshots: when shards write theirs beside groups of calls.
#include <algorithm>
#include <utility>

#include "server/pipeline.h"

namespace quota::server {
namespace {

// So many times the journal that is to be kept: the snapshots are slower than it grows.
constexpr size_t kBehind = 8;

}  // namespace

size_t Pipeline::SlicesBesideCalls() const {
  const bool behind = std::any_of(shards_.begin(), shards_.end(), [](const auto& shard) {
    return shard->journal_bytes() / kBehind >= shard->most_journal_bytes();
  });
  return behind ? options_.batches_in_flight : 1;
}

bool Pipeline::MaintainShards(size_t most) {
  maintenance_waits_ = false;
  size_t maintained = 0;
  for (size_t i = 0; i < shards_.size() && maintained < most; ++i) {
    OwnedShard& shard = *shards_[next_maintained_ % shards_.size()];
    if (shard.MaintenanceDue()) {
      if (!HasRoom()) {
        maintenance_waits_ = true;
        break;
      }
      auto batches = shard.Maintain(store_->limits());
      if (!batches.ok()) {
        Fail(batches.status());
        return true;
      }
      ++maintained;
      WriteMaintenance(shard, *std::move(batches));
    }
    ++next_maintained_;
  }
  return maintained > 0;
}

void Pipeline::WriteMaintenance(OwnedShard& shard, std::vector<storage::Batch> batches) {
  for (size_t i = 0; i < batches.size(); ++i) {
    OwnedShard* completed = i + 1 == batches.size() ? &shard : nullptr;
    in_flight_.fetch_add(1, std::memory_order_acq_rel);
    store_->Apply(lane_, std::move(batches[i]),
                  [this, completed](const storage::WriteOutcome& outcome) {
                    OnMaintained(completed, outcome);
                  });
  }
}

void Pipeline::OnMaintained(OwnedShard* completed, const storage::WriteOutcome& outcome) {
  in_flight_.fetch_sub(1, std::memory_order_acq_rel);
  if (outcome.result != storage::WriteResult::kDone) {
    Fail(outcome.status);
    return;
  }
  if (completed == nullptr) return;
  {
    MutexLock lock(mutex_);
    ++stats_.snapshots;
    completions_.emplace_back([completed] { completed->MaintenanceDone(); });
  }
  hooks_.wake();
}

}  // namespace quota::server
