#include "storage/rocksdb/rocksdb_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status.h"
#include "rocksdb/db.h"
#include "storage/rocksdb/engine.h"
#include "storage/rocksdb/folder.h"
#include "storage/rocksdb/live_files.h"
#include "storage/rocksdb/log_headers.h"
#include "storage/rocksdb/options.h"
#include "storage/rocksdb/read_lock.h"
#include "storage/rocksdb/status.h"

namespace quota::storage {
namespace {

absl::Status CheckLimits(const Limits& limits) {
  if (limits.max_operations < kLeastLimits.max_operations ||
      limits.max_batch_bytes < kLeastLimits.max_batch_bytes ||
      limits.max_value_bytes < kLeastLimits.max_value_bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("a store must allow ", kLeastLimits.max_operations, " operations, ",
                     kLeastLimits.max_batch_bytes, " bytes a batch and ",
                     kLeastLimits.max_value_bytes, " bytes a value at least"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> RocksDbStore::Open(const RocksDbOptions& options) {
  QUOTA_RETURN_IF_ERROR(CheckLimits(options.limits));
  QUOTA_ASSIGN_OR_RETURN(const FolderState folder,
                         PrepareFolder(options.path, options.create_if_missing));
  if (folder == FolderState::kHoldsStore) {
    QUOTA_RETURN_IF_ERROR(CheckLogHeaders(options.path));
  }
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status =
      rocksdb::DB::Open(MakeRocksDbOptions(folder == FolderState::kNew), options.path, &opened);
  std::unique_ptr<rocksdb::DB> db(opened);
  if (IsLocked(status)) {
    return absl::FailedPreconditionError(
        absl::StrCat("the store in ", options.path,
                     " is in use: stop the quotad that has it open, or give another folder (",
                     status.ToString(), ")"));
  }
  const std::string context = absl::StrCat("can't open the store in ", options.path);
  QUOTA_RETURN_IF_ERROR(FromRocksDb(status, context));
  if (options.verify_at_open) {
    QUOTA_RETURN_IF_ERROR(FromRocksDb(db->VerifyChecksum(rocksdb::ReadOptions()), context));
  }
  return std::make_unique<RocksDbEngine>(std::move(db), options.limits);
}

absl::StatusOr<std::unique_ptr<Store>> RocksDbStore::OpenReadOnly(const std::string& folder) {
  QUOTA_RETURN_IF_ERROR(FindStore(folder));
  QUOTA_ASSIGN_OR_RETURN(std::unique_ptr<ReadLock> lock, ReadLock::Take(folder));
  QUOTA_ASSIGN_OR_RETURN(std::unique_ptr<rocksdb::DB> db, OpenForReading(folder));
  const std::vector<absl::Status> damaged = DamagedTables(*db, nullptr);
  if (!damaged.empty()) {
    std::vector<std::string> lines;
    for (const absl::Status& status : damaged) lines.emplace_back(status.message());
    return absl::DataLossError(absl::StrJoin(lines, "\n"));
  }
  return std::make_unique<RocksDbEngine>(std::move(db), RocksDbOptions().limits, std::move(lock));
}

}  // namespace quota::storage
