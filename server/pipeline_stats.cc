// Pipeline's part in what it tells about itself: for metrics, and for the memory that all share.
#include <algorithm>

#include "server/pipeline.h"
#include "server/pipeline_work.h"

namespace quota::server {

PipelineStats& PipelineStats::operator+=(const PipelineStats& other) {
  queued += other.queued;
  calls += other.calls;
  groups += other.groups;
  events += other.events;
  journal_bytes += other.journal_bytes;
  refused_calls += other.refused_calls;
  accounts += other.accounts;
  open_holds += other.open_holds;
  remembered_ids += other.remembered_ids;
  remembered_bytes += other.remembered_bytes;
  expired_holds += other.expired_holds;
  lost_holds += other.lost_holds;
  late_commits += other.late_commits;
  snapshots += other.snapshots;
  id_window =
      id_window == Duration::zero() ? other.id_window : std::min(id_window, other.id_window);
  return *this;
}

void Pipeline::CountIds() {
  if (hooks_.id_budget == nullptr) return;
  int64_t common = 0;
  for (const auto& shard : shards_) {
    const size_t bytes = shard->shard().ids().settled_bytes();
    common += static_cast<int64_t>(bytes - std::min(bytes, options_.ids.OwnBytes(shard->shard())));
  }
  hooks_.id_budget->Take(common - common_id_bytes_);
  common_id_bytes_ = common;
}

void Pipeline::UpdateStats(const Work& work) {
  PipelineStats gauges;
  for (const auto& shard : shards_) {
    const ledger::RememberedIds& ids = shard->shard().ids();
    gauges.accounts += shard->shard().account_count();
    gauges.open_holds += ids.open_holds();
    gauges.remembered_ids += ids.settled_ids();
    gauges.remembered_bytes += ids.settled_bytes();
    gauges.expired_holds += shard->shard().counters().expired_holds;
    gauges.lost_holds += shard->shard().counters().lost_holds;
    gauges.late_commits += shard->shard().counters().late_commits;
    const Duration window = ledger::IdWindow(shard->shard(), work.context);
    gauges.id_window =
        gauges.id_window == Duration::zero() ? window : std::min(gauges.id_window, window);
  }
  const size_t journal_bytes = work.journalled_bytes;
  MutexLock lock(mutex_);
  gauges.calls = stats_.calls + work.calls.size();
  gauges.groups = stats_.groups + 1;
  gauges.events = stats_.events + work.events;
  gauges.journal_bytes = stats_.journal_bytes + (work.events > 0 ? journal_bytes : 0);
  gauges.refused_calls = stats_.refused_calls;
  gauges.snapshots = stats_.snapshots;
  stats_ = gauges;
}

PipelineStats Pipeline::stats() const {
  PipelineStats stats;
  {
    MutexLock lock(mutex_);
    stats = stats_;
  }
  stats.queued = queue_.size();
  return stats;
}

}  // namespace quota::server
