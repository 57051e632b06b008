// A disk whose writes can be lost: what was written is readable at once, and durable only when it
// was synced. Belongs to one FaultyStore at a time, the one opened last, and outlives it.
//
//   auto disk = std::make_shared<FaultyDisk>();
//   FaultyStore store(disk, {});
//   ...
//   disk->Crash();                                  // the process is gone
//   disk->LoseUnsynced([](uint32_t lane, size_t written) { return written / 2; });  // and the
//   power FaultyStore reopened(disk, {});
//
// What it keeps of a torn write follows the store contract: a batch is there whole or not at all,
// and of each lane's unsynced batches the first few.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "common/mutex.h"
#include "storage/batch.h"

namespace quota::test {

// Thread-safe.
class FaultyDisk {
 public:
  using Entries = std::map<std::string, std::string, std::less<>>;

  // Called with each batch as it becomes durable, those of a lane in their order. It may not call
  // the disk or its store.
  using Observer = std::function<void(const storage::Batch&)>;
  void Observe(Observer observer);

  // The process that had the disk open is gone, at this instant: its store drops what it had not
  // written, calls no completion any more, and answers UNAVAILABLE. What it had written stays
  // readable, as the page cache does.
  void Crash();

  // The power fails, or the system drops pages that it could not write: of each lane's unsynced
  // batches the first `keep(lane, how many)` stay, still unsynced. No store may be open.
  void LoseUnsynced(const std::function<size_t(uint32_t lane, size_t written)>& keep);

  // While it is full every write and every sync fails with RESOURCE_EXHAUSTED.
  void SetFull(bool full);
  bool full() const;

  // The nth read from now on fails, with UNAVAILABLE; with `crash`, the process is gone then.
  void FailRead(uint64_t nth, bool crash);
  // No read fails any more.
  void HealReads();

  // Breaks its word: an entry that was durable is gone. For tests of those who check it.
  void Lose(std::string_view key);

  size_t unsynced() const;
  // All that is readable.
  Entries Readable() const;

 private:
  friend class FaultyStore;

  struct Written {
    uint32_t lane;
    storage::Batch batch;
  };

  // The first `count` of the lane's written batches are durable now.
  void MakeDurable(uint32_t lane, size_t count) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void MakeAllDurable() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Persist(const storage::Batch& batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // A read begins. False where it fails.
  bool Read() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable Mutex mutex_;
  Observer observer_ ABSL_GUARDED_BY(mutex_);
  // What survives a power failure for sure.
  Entries durable_ ABSL_GUARDED_BY(mutex_);
  // With all that was written: what preconditions are judged by.
  Entries written_ ABSL_GUARDED_BY(mutex_);
  // What was written and not synced, in order.
  std::deque<Written> unsynced_ ABSL_GUARDED_BY(mutex_);
  bool full_ ABSL_GUARDED_BY(mutex_) = false;
  // Reads until one fails; 0: none will.
  uint64_t reads_left_ ABSL_GUARDED_BY(mutex_) = 0;
  bool read_crashes_ ABSL_GUARDED_BY(mutex_) = false;
  // Counts opens and crashes: a store that was opened in an earlier one has no disk any more.
  uint64_t generation_ ABSL_GUARDED_BY(mutex_) = 0;
};

// Carries out the batch's writes on `entries`.
void ApplyWrites(const storage::Batch& batch, FaultyDisk::Entries& entries);

}  // namespace quota::test
