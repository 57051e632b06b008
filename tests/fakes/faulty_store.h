// A store in memory whose every stage is stepped from outside, and can fail at each: a batch is
// written, then synced, then its completion is called. The lanes (what Apply calls shards) go
// through the stages independently of one another, so that completions of different lanes overtake
// each other and any of them can be held up.
//
//   FaultyStore store(disk, {});
//   store.Apply(lane, batch, done);
//   store.FailNext(lane, StoreFault::kSyncFails);
//   store.Step(lane);               // one stage of the lane's oldest batch that is not through it
//
// Keeps the store contract (the conformance suite runs over it), with one exception: after
// FaultyDisk::Crash no completion is called any more, since those who would hear of it are gone.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "common/mutex.h"
#include "storage/store.h"
#include "tests/fakes/faulty_disk.h"

namespace quota::test {

// How a write goes wrong. Each ends kUnknown and stops the store.
enum class StoreFault : uint8_t {
  // Nothing was written.
  kWriteFails,
  // It was written all the same; whether it becomes durable is open.
  kWriteFailsApplied,
  // It was written, and may or may not be durable.
  kSyncFails,
};

struct FaultyStoreOptions {
  storage::Limits limits{100'000, 16 * 1024 * 1024, 4 * 1024 * 1024};
  // Batches go through all stages inside an Apply, for those who cannot step.
  bool immediate = false;
};

class FaultyStore final : public storage::Store {
 public:
  FaultyStore(std::shared_ptr<FaultyDisk> disk, const FaultyStoreOptions& options);
  // Drains, unless its disk is gone.
  ~FaultyStore() override;

  // Brings one batch of the lane one stage further: the last stage first where `finish`, else the
  // first. False where there is nothing to do, or another thread is stepping.
  bool Step(uint32_t lane, bool finish);
  // Any lane, any stage, until there is nothing to do: what Drain does.
  bool StepAny();

  // The lane's next batch to be written, or next sync, fails so.
  void FailNext(uint32_t lane, StoreFault fault);
  // Faults that have not struck will not.
  void Heal();

  // Batches handed over whose completion has not been called.
  size_t pending() const;

  const storage::Limits& limits() const override { return options_.limits; }
  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) override;
  absl::StatusOr<storage::Page> Scan(std::string_view begin, std::string_view end,
                                     size_t max_entries, size_t max_bytes) override;
  void Apply(uint32_t lane, storage::Batch batch, storage::Completion done) override;
  void Drain() override;
  absl::Status Sync() override;
  storage::StoreStats stats() const override;
  absl::Status Close() override;

 private:
  struct Pending {
    storage::Batch batch;
    storage::Completion done;
    storage::WriteOutcome outcome = {};
    // Of a batch that was refused or failed, nothing is on the disk's list of unsynced ones.
    bool listed = false;
  };
  // The batches of a lane, each stage in order.
  struct Lane {
    std::deque<Pending> queued;
    std::deque<Pending> written;
    std::deque<Pending> ended;
    std::optional<StoreFault> fault;
  };

  void Write(uint32_t number, Lane& lane) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  storage::WriteOutcome Judge(const storage::Batch& batch)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_, disk_->mutex_);
  void SyncLane(uint32_t number, Lane& lane) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Takes the lane's oldest batch that has ended. Its completion is for the caller, without a lock.
  std::optional<Pending> TakeEnded(Lane& lane) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Stop(const char* why) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whether the disk is gone: then everything that waits is moved to `dropped`.
  bool Gone(std::map<uint32_t, Lane>& dropped) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Usable() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_, disk_->mutex_);
  bool Crashed() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(disk_->mutex_);

  const std::shared_ptr<FaultyDisk> disk_;
  const FaultyStoreOptions options_;
  uint64_t generation_;  // constant

  mutable Mutex mutex_;  // taken before the disk's
  CondVar stepped_;
  std::map<uint32_t, Lane> lanes_ ABSL_GUARDED_BY(mutex_);
  size_t pending_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stepping_ ABSL_GUARDED_BY(mutex_) = false;
  // What reads show: all that was on the disk at opening, and what became durable since.
  FaultyDisk::Entries readable_ ABSL_GUARDED_BY(mutex_);
  storage::StoreStats stats_ ABSL_GUARDED_BY(mutex_);
  // Why nothing more is accepted: a fault or Close.
  absl::Status stopped_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quota::test
