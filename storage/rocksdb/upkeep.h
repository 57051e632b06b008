// Hears of failures in RocksDB's own upkeep: flushes, compactions, changes of the manifest.
#pragma once

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "common/mutex.h"
#include "rocksdb/listener.h"

namespace quota::storage {

// Left to itself, RocksDB stops its upkeep at a failed compaction but goes on to accept writes,
// which then pile up in memory. Thread-safe.
class Upkeep final : public rocksdb::EventListener {
 public:
  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* error) override;

  // OK, or the first failure.
  absl::Status failure() const;

 private:
  mutable Mutex mutex_;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quota::storage
