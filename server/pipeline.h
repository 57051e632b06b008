// The pipeline of one executor: takes queued calls, decides and applies them as one group, journals
// the group in one batch, and answers once that is durable. While one group is written the next is
// decided.
//
// It owns no threads, timers or clock: it is stepped from outside, by a thread in quotad and by the
// simulator in tests.
//
//   Pipeline pipeline(options, lane, catalog, clock, wake, failed);
//   pipeline.Open(store, std::move(shards), serving_since);
//   pipeline.Submit(call);                    // any thread
//   while (pipeline.Step()) {}                // the executor
//   ... wait until woken or pipeline.NextTimer() ...
//
// Submit, TryStep and the step mutex are thread-safe. Open, Step, Maintain, NextTimer, Close and
// shards() belong to the executor. Nobody is in TryStep any more when Close is called.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/mutex.h"
#include "ledger/catalog.h"
#include "ledger/ledger.h"
#include "server/call.h"
#include "server/call_queue.h"
#include "server/id_budget.h"
#include "server/ledger_clock.h"
#include "server/owned_shard.h"
#include "storage/store.h"

namespace quota::server {

struct PipelineOptions {
  CallQueue::Limits queue;
  // Calls decided in one group: bounds how long the first waits for the last.
  size_t group_calls = 4'096;
  // Calls queued up to which they are few: whoever brings them may decide them.
  size_t few_calls = 256;
  // Groups and snapshots on their way to the disk: one being written, one waiting, one being
  // decided.
  size_t batches_in_flight = 3;
  // Events of one shard in a group at which sweeping stops: calls come first.
  size_t swept_events = 256;
  ledger::IdPolicy ids;
  SnapshotOptions snapshots;
};

// Counters and gauges since the pipeline was made, for metrics.
struct PipelineStats {
  uint64_t queued = 0;
  uint64_t calls = 0;
  uint64_t groups = 0;
  uint64_t events = 0;
  uint64_t journal_bytes = 0;
  uint64_t refused_calls = 0;
  uint64_t accounts = 0;
  uint64_t open_holds = 0;
  uint64_t remembered_ids = 0;
  uint64_t remembered_bytes = 0;
  uint64_t expired_holds = 0;
  uint64_t lost_holds = 0;
  uint64_t late_commits = 0;
  uint64_t snapshots = 0;
  // The shortest of the shards'.
  Duration id_window{};

  PipelineStats& operator+=(const PipelineStats& other);
};

// What a pipeline tells, from any thread. None may block or step the pipeline.
struct PipelineHooks {
  // A step may have something to do.
  std::function<void()> wake = [] {};
  // The same, where a few calls wait that Submit has brought; many wake. Absent: wake.
  std::function<void()> few_calls = nullptr;
  // A write failed. Before anyone is answered for it; again for each group that was being written.
  std::function<void(const absl::Status&)> failed = [](const absl::Status&) {};
  // Watched events of these shards are durable.
  std::function<void(const std::vector<uint32_t>&)> watched = [](const std::vector<uint32_t>&) {};
  // Outlive the pipeline. Null: see ledger::Context.
  ledger::Newcomers* newcomers = nullptr;
  // Null: shards have no more than their own part.
  IdBudget* id_budget = nullptr;
};

class Pipeline {
 public:
  // `lane` orders this pipeline's batches in the store. `clock` outlives this.
  Pipeline(const PipelineOptions& options, uint32_t lane,
           std::shared_ptr<const ledger::Catalog> catalog, LedgerClock& clock, PipelineHooks hooks);
  ~Pipeline();

  // Begins to serve `shards` from `store`, which outlives Close.
  void Open(storage::Store& store, std::vector<std::unique_ptr<OwnedShard>> shards);

  // Takes the call, or answers it with RESOURCE_EXHAUSTED.
  void Submit(Call* call);
  void SubmitAll(const std::vector<Call*>& calls);

  // Decides one group, or does other work that is due. False where there is nothing to do now, or
  // too much is on its way to the disk.
  bool Step();

  enum class Tried : uint8_t {
    // There are many calls, another thread steps, or Step is needed.
    kNotNow,
    kDone,
    // Calls are left that did not fit the group.
    kMore,
  };
  // Decides one group of a few calls, but leaves other work to Step.
  Tried TryStep();

  // Does what is due besides calls. False where nothing is, or there is no room.
  bool Maintain();
  // So few calls are queued that TryStep takes them.
  bool HasFewCalls() const { return queue_.size() <= options_.few_calls; }

  // When time alone will bring something to do; kNever where it will not.
  Instant NextTimer() const;

  // Nothing is queued, decided or on its way.
  bool Idle() const;

  // Forgets store, shards and calls without a word, as a crash of the process would. For
  // simulations.
  void Abandon();

  // Answers all that is queued or undecided with `status`, and lets go of store and shards. The
  // store has completed everything it was handed.
  void Close(const absl::Status& status);

  // Decides by another catalog from the next step on. The caller holds the step mutex, and so keeps
  // the executor from stepping meanwhile.
  void UseCatalog(std::shared_ptr<const ledger::Catalog> catalog)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(step_mutex_) {
    catalog_ = std::move(catalog);
  }
  Mutex& step_mutex() ABSL_LOCK_RETURNED(step_mutex_) { return step_mutex_; }

  PipelineStats stats() const;
  const std::vector<std::unique_ptr<OwnedShard>>& shards() const { return shards_; }

 private:
  // A group whose answers wait for durability.
  struct Pending {
    std::vector<Call*> calls;
    // Nothing of it is to be written: it waits only for the groups before it.
    bool written = false;
    // Shards with watched events.
    std::vector<uint32_t> watched = {};
  };
  // One group while it is decided.
  struct Work;

  // False where there was nothing to decide.
  bool DecideGroup() ABSL_EXCLUSIVE_LOCKS_REQUIRED(step_mutex_);
  // Tells that the queue has grown.
  void Announce(const CallQueue::Growth& growth);
  bool Failed() const { return has_failed_.load(std::memory_order_acquire); }
  OwnedShard* FindShard(uint32_t number);
  // What ledger::Context calls serving_since: a jump of the clock makes no id older.
  Instant IdsCountFrom() const;
  void RunCompletions();
  // Puts what is to be decided in this step into calls_.
  void TakeCalls();
  // Gets ready for calls that follow the one at `index`.
  void LookAhead(size_t index);
  void DecideCall(Call* call, Work& work);
  void SweepShards(Work& work);
  void FinishGroups(Work& work);
  void Write(Work& work);
  // Whether one more batch may be on its way to the disk.
  bool HasRoom() const;
  // There is a store that has not failed, and room.
  bool MayWrite() const { return store_ != nullptr && !Failed() && HasRoom(); }
  // How many shards may write a slice of a snapshot with a group: calls wait for them. One, and
  // more where a journal has grown far beyond the bytes after which it is to be trimmed.
  size_t SlicesBesideCalls() const;
  // Writes what is due of `most` shards at the most, in turn. False where nothing was due, or there
  // is no room.
  bool MaintainShards(size_t most);
  void WriteMaintenance(OwnedShard& shard, std::vector<storage::Batch> batches);
  void OnWritten(const storage::WriteOutcome& outcome);
  // A batch of maintenance is done; with `completed`, it was the last of that shard's.
  void OnMaintained(OwnedShard* completed, const storage::WriteOutcome& outcome);
  void Deliver(const std::vector<Call*>& calls);
  void Fail(const absl::Status& status);
  void Refuse(const std::vector<Call*>& calls);
  void UpdateStats(const Work& work);
  // Tells the budget what remembered ids use now.
  void CountIds();

  const PipelineOptions options_;
  const uint32_t lane_;
  // Held for each step: whoever else holds it sees the shards between two steps.
  mutable Mutex step_mutex_;
  std::shared_ptr<const ledger::Catalog> catalog_ ABSL_GUARDED_BY(step_mutex_);
  LedgerClock& clock_;
  const PipelineHooks hooks_;

  CallQueue queue_;

  // Of whoever steps.
  storage::Store* store_ = nullptr;
  std::vector<std::unique_ptr<OwnedShard>> shards_;
  // By shard number; null for shards of other pipelines.
  std::vector<OwnedShard*> by_number_;
  Instant serving_since_;
  // What the budget knows of these shards.
  int64_t common_id_bytes_ = 0;
  // Calls taken from the queue that did not fit the last group, in order.
  std::vector<Call*> deferred_;
  // Those of one step; a member only so that the memory is used again.
  std::vector<Call*> calls_;
  // Of shards_, where the next look at what is due begins.
  size_t next_maintained_ = 0;
  // Something was due when there was no room.
  bool maintenance_waits_ = false;

  std::atomic<bool> has_failed_{false};
  std::atomic<size_t> in_flight_{0};
  // A batch is being given to the store: whoever steps looks again after that.
  std::atomic<bool> applying_{false};

  mutable Mutex mutex_;
  std::deque<Pending> pending_ ABSL_GUARDED_BY(mutex_);
  // What completions leave for the executor to do.
  std::vector<std::function<void()>> completions_ ABSL_GUARDED_BY(mutex_);
  PipelineStats stats_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quota::server
