#include "storage/rocksdb/upkeep.h"

#include "storage/rocksdb/status.h"

namespace quota::storage {
namespace {

const char* NameOf(rocksdb::BackgroundErrorReason reason) {
  switch (reason) {
    case rocksdb::BackgroundErrorReason::kFlush:
    case rocksdb::BackgroundErrorReason::kFlushNoWAL:
      return "writing a table failed";
    case rocksdb::BackgroundErrorReason::kCompaction:
      return "merging tables failed";
    case rocksdb::BackgroundErrorReason::kManifestWrite:
    case rocksdb::BackgroundErrorReason::kManifestWriteNoWAL:
      return "writing the manifest failed";
    default:
      return "a write failed";
  }
}

}  // namespace

void Upkeep::OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* error) {
  MutexLock lock(mutex_);
  if (failure_.ok()) failure_ = FromRocksDb(*error, NameOf(reason));
}

absl::Status Upkeep::failure() const {
  MutexLock lock(mutex_);
  return failure_;
}

}  // namespace quota::storage
