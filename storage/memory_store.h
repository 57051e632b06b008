// A store in memory, for tests: stepped from outside, with a "disk" that outlives it, so that a
// test can crash, reopen and compare; and with faults on demand.
//
//   auto disk = std::make_shared<MemoryDisk>();
//   MemoryStore store(disk, {});
//   store.Apply(0, batch, done);   // queued
//   store.Step();                  // durable, then done is called
//   disk->Crash();                 // what was queued is gone
//   MemoryStore reopened(disk, {});
#pragma once

#include <cstddef>
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

namespace quota::storage {

// What is durable. Thread-safe. Belongs to one store at a time: the one opened last.
class MemoryDisk {
 public:
  // The process that had the disk open is gone, at this instant: what its store had queued never
  // becomes durable and, the one exception to the contract, never completes, as those who would
  // hear of it are gone too. Later calls on that store return UNAVAILABLE.
  void Crash();

  // Flips one bit of a stored value, as a failing device would. False if there is no such byte.
  bool Damage(std::string_view key, size_t byte);

 private:
  friend class MemoryStore;

  mutable Mutex mutex_;
  std::map<std::string, std::string, std::less<>> entries_ ABSL_GUARDED_BY(mutex_);
  // Counts opens and crashes: a store that opened in an earlier one has no disk any more.
  uint64_t generation_ ABSL_GUARDED_BY(mutex_) = 0;
};

enum class WriteFault {
  kRefuse,            // ends kRefused, ABORTED; not applied; the store goes on
  kUnknownApplied,    // is durable, ends kUnknown; the store stops
  kUnknownUnapplied,  // is not, ends kUnknown; the store stops
};

struct MemoryStoreOptions {
  // As the embedded engine's.
  Limits limits{100'000, 16 * 1024 * 1024, 4 * 1024 * 1024};
  // Batches complete without being stepped, inside an Apply: of the caller or, when several
  // threads apply at once, of another.
  bool immediate = false;
};

class MemoryStore final : public Store {
 public:
  // Takes the disk over from the store that had it.
  MemoryStore(std::shared_ptr<MemoryDisk> disk, const MemoryStoreOptions& options);
  ~MemoryStore() override;

  // Applies and completes the oldest batch in the queue. False if the queue is empty or a step is
  // under way (on another thread, or the one whose completion calls this).
  bool Step();

  // Batches that have been handed over and not completed.
  size_t queued() const;

  // The nth batch to be tried from now on (1: the next) fails. A second call adds a fault.
  void FailWrite(uint64_t nth, WriteFault fault);

  const Limits& limits() const override { return options_.limits; }
  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) override;
  absl::StatusOr<Page> Scan(std::string_view begin, std::string_view end, size_t max_entries,
                            size_t max_bytes) override;
  void Apply(uint32_t shard, Batch batch, Completion done) override;
  void Drain() override;
  absl::Status Sync() override;
  StoreStats stats() const override;
  absl::Status Close() override;

 private:
  struct Pending {
    Batch batch;
    Completion done;
  };

  WriteOutcome Try(const Batch& batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Applies the batch to the disk if its preconditions hold.
  WriteOutcome Write(const Batch& batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // OK while reads may be answered.
  absl::Status Usable() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_, disk_->mutex_);
  bool Crashed() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(disk_->mutex_);

  const std::shared_ptr<MemoryDisk> disk_;
  const MemoryStoreOptions options_;
  uint64_t generation_;  // constant

  mutable Mutex mutex_;  // taken before the disk's
  CondVar stepped_;
  std::deque<Pending> queue_ ABSL_GUARDED_BY(mutex_);
  bool stepping_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t tried_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<uint64_t, WriteFault> faults_ ABSL_GUARDED_BY(mutex_);
  StoreStats stats_ ABSL_GUARDED_BY(mutex_);
  // Why nothing more is accepted: a fault or Close.
  absl::Status stopped_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quota::storage
