// RocksDbStore's implementation: the writer thread and the reads. Not for use outside this folder.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "common/mutex.h"
#include "rocksdb/db.h"
#include "rocksdb/write_batch.h"
#include "storage/rocksdb/highest_keys.h"
#include "storage/rocksdb/overlay.h"
#include "storage/rocksdb/read_lock.h"
#include "storage/rocksdb/upkeep.h"
#include "storage/store.h"

namespace quota::storage {

// Keeps Store's contract. All batches are in one order, whatever their shard.
class RocksDbEngine final : public Store {
 public:
  // `upkeep` listens to `db`. `lock` is kept until the database is closed. Both may be null.
  RocksDbEngine(std::unique_ptr<rocksdb::DB> db, const Limits& limits, bool callers_write,
                std::shared_ptr<const Upkeep> upkeep, std::unique_ptr<ReadLock> lock = nullptr);
  ~RocksDbEngine() override;

  const Limits& limits() const override { return limits_; }
  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) override;
  absl::StatusOr<Page> Scan(std::string_view begin, std::string_view end, size_t max_entries,
                            size_t max_bytes) override;
  void Apply(uint32_t shard, Batch batch, Completion done) override;
  void Drain() override;
  absl::Status Sync() override;
  absl::StatusOr<std::vector<CopiedFile>> CopyTo(const std::string& folder,
                                                 const StopCopying& stop) override;
  StoreStats stats() const override;
  absl::Status Close() override;

 private:
  struct Pending {
    Batch batch;
    Completion done;
  };
  using Round = std::vector<Pending>;

  // The writer thread: rounds until the engine closes and nothing waits any more.
  void Run();
  // Writes the round and completes it. One thread at a time: whoever set `writing_`.
  void Complete(Round round);
  // Waits for batches and takes them. Empty: the engine closes and the writer is to end.
  Round TakeRound();
  // About what the batches take as one of RocksDB's.
  static size_t MergedBytes(const Round& round);
  // Judges each batch, writes those accepted, and tells how each ended.
  std::vector<WriteOutcome> WriteRound(const Round& round);
  // OK if the batch may be written after those in `before`.
  absl::Status Judge(const Batch& batch, const Overlay& before);
  absl::Status CheckPrecondition(const Precondition& precondition, const Overlay& before);
  // Whether the store has `key` with this value; without one, whether it has no such key.
  absl::StatusOr<bool> Holds(const Precondition& precondition);
  // Finds out what is the highest key of the sequence that `key` is in.
  absl::Status LearnHighest(std::string_view key);
  // The error where the log that was written to is not in the folder any more.
  absl::Status FindLog();

  void Count(const StoreStats& added);

  // Why the engine answers no more, or OK. Stops it where its upkeep has failed.
  absl::Status Stopped();
  void Stop(const absl::Status& cause);

  const Limits limits_;
  const bool callers_write_;
  const std::unique_ptr<ReadLock> lock_;
  const std::shared_ptr<const Upkeep> upkeep_;
  const std::unique_ptr<rocksdb::DB> db_;

  // Of whoever set `writing_`.
  HighestKeys highest_;

  mutable Mutex mutex_;
  CondVar work_;       // batches wait and nobody writes, or the engine closes
  CondVar completed_;  // a round has completed
  std::deque<Pending> queue_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;  // a round is being written or completed
  uint64_t handed_over_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t done_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  bool writer_ended_ ABSL_GUARDED_BY(mutex_) = false;  // nobody takes from the queue any more
  absl::Status stopped_ ABSL_GUARDED_BY(mutex_);
  StoreStats stats_ ABSL_GUARDED_BY(mutex_);

  std::thread writer_;  // last: starts when all of the above is there
};

}  // namespace quota::storage
