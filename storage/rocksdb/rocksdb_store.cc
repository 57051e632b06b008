#include "storage/rocksdb/rocksdb_store.h"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status.h"
#include "rocksdb/db.h"
#include "rocksdb/env.h"
#include "storage/rocksdb/engine.h"
#include "storage/rocksdb/folder.h"
#include "storage/rocksdb/leftovers.h"
#include "storage/rocksdb/live_files.h"
#include "storage/rocksdb/log_headers.h"
#include "storage/rocksdb/manifest.h"
#include "storage/rocksdb/options.h"
#include "storage/rocksdb/read_lock.h"
#include "storage/rocksdb/status.h"
#include "storage/rocksdb/upkeep.h"

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

// What RocksDB answered, as ours, with what to do.
absl::Status OpenError(const rocksdb::Status& status, const std::string& folder) {
  if (status.ok()) return absl::OkStatus();
  const std::string text = status.ToString();
  if (IsLocked(status)) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the store in ", folder,
        " is in use: stop the quotad that has it open, or give another folder (", text, ")"));
  }
  const std::string context = absl::StrCat("can't open the store in ", folder);
  // RocksDB has no codes for these: the texts are those of EACCES, EPERM and EROFS.
  for (const char* reason : {"Permission denied", "not permitted", "Read-only file system"}) {
    if (status.IsIOError() && text.ends_with(reason)) {
      return absl::PermissionDeniedError(
          absl::StrCat(context, ": ", text, ": let the user that quotad runs as write there"));
    }
  }
  if (status.IsInvalidArgument()) {
    // A store of somebody else. Our own options are always the same ones: any other argument that
    // is "invalid" is how RocksDB tells that a file could not be read or written while it opened.
    for (const char* foreign : {"olumn famil", "omparator", "erge operator"}) {
      if (text.find(foreign) == std::string::npos) continue;
      return absl::FailedPreconditionError(absl::StrCat(
          context, ": ", text, ": it is not quotad's: give an empty folder, or that of a store"));
    }
    return absl::UnavailableError(
        absl::StrCat(context, ": ", text, ": see to the disk, then try again"));
  }
  const absl::Status error = FromRocksDb(status, context);
  const char* advice = ": see to the disk, then try again";
  if (absl::IsDataLoss(error)) advice = ": restore a backup";
  if (absl::IsResourceExhausted(error)) advice = ": make room on the device, then try again";
  return absl::Status(error.code(), absl::StrCat(error.message(), advice));
}

// While it opens, RocksDB writes what the logs hold into tables, and a manifest. A device that is
// full then can end the process by an assertion of RocksDB instead of an error.
absl::Status CheckRoom(rocksdb::Env& env, const std::string& folder) {
  constexpr uint64_t kManifestAndOptionsBytes = 1 << 20;
  uint64_t needed = kManifestAndOptionsBytes;
  std::vector<rocksdb::Env::FileAttributes> files;
  if (env.GetChildrenFileAttributes(folder, &files).ok()) {
    for (const auto& file : files) {
      if (file.name.ends_with(".log")) needed += file.size_bytes;
    }
  }
  uint64_t free = 0;
  if (!env.GetFreeSpace(folder, &free).ok() || free >= needed) return absl::OkStatus();
  return OpenError(
      rocksdb::Status::NoSpace(absl::StrCat(free, " bytes are free, ", needed, " are needed")),
      folder);
}

// What RocksDB would not find, or not tell as it should; then what is in the folder. With the
// folder's lock, for the time of it: files that another process changes look damaged.
absl::StatusOr<Leftovers> CheckFolder(rocksdb::Env& env, const RocksDbOptions& options) {
  rocksdb::FileLock* lock = nullptr;
  QUOTA_RETURN_IF_ERROR(
      OpenError(env.LockFile(absl::StrCat(options.path, "/LOCK"), &lock), options.path));
  absl::Status checked = CheckLogHeaders(options.path);
  if (checked.ok()) checked = CheckFilesOfManifest(options.path, options.verify_at_open);
  Leftovers leftovers(env, options.path);
  const rocksdb::Status unlocked = env.UnlockFile(lock);
  QUOTA_RETURN_IF_ERROR(checked);
  QUOTA_RETURN_IF_ERROR(OpenError(unlocked, options.path));
  return leftovers;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> RocksDbStore::Open(const RocksDbOptions& options) {
  QUOTA_RETURN_IF_ERROR(CheckLimits(options.limits));
  QUOTA_ASSIGN_OR_RETURN(const FolderState folder,
                         PrepareFolder(options.path, options.create_if_missing));
  rocksdb::Env& env = options.env != nullptr ? *options.env : *rocksdb::Env::Default();
  QUOTA_RETURN_IF_ERROR(CheckRoom(env, options.path));
  std::optional<Leftovers> leftovers;
  if (folder == FolderState::kHoldsStore) {
    QUOTA_ASSIGN_OR_RETURN(leftovers, CheckFolder(env, options));
  }
  // Merging can wait, calls can't: without this its bursts take the cores from who decides. Writing
  // tables keeps its priority, as writes wait for it (adr/0035).
  env.LowerThreadPoolCPUPriority(rocksdb::Env::LOW);
  const auto upkeep = std::make_shared<Upkeep>();
  rocksdb::Options rocksdb_options = MakeRocksDbOptions(folder == FolderState::kNew, options.env);
  rocksdb_options.listeners.push_back(upkeep);
  rocksdb::DB* opened = nullptr;
  rocksdb::Status status = rocksdb::DB::Open(rocksdb_options, options.path, &opened);
  std::unique_ptr<rocksdb::DB> db(opened);
  // Also the tables that were made just now, and those without a checksum of the whole file.
  if (status.ok() && options.verify_at_open) status = db->VerifyChecksum(rocksdb::ReadOptions());
  if (!status.ok() && leftovers) {
    db.reset();
    leftovers->Delete();
  }
  QUOTA_RETURN_IF_ERROR(OpenError(status, options.path));
  return std::make_unique<RocksDbEngine>(std::move(db), options.limits, options.callers_write,
                                         upkeep);
}

absl::StatusOr<std::unique_ptr<Store>> RocksDbStore::OpenReadOnly(const std::string& folder) {
  QUOTA_RETURN_IF_ERROR(FindStore(folder));
  QUOTA_ASSIGN_OR_RETURN(std::unique_ptr<ReadLock> lock, ReadLock::Take(folder));
  QUOTA_ASSIGN_OR_RETURN(std::unique_ptr<rocksdb::DB> db, OpenForReading(folder));
  const std::vector<absl::Status> damaged = DamagedTables(*db, nullptr);
  if (!damaged.empty()) {
    std::vector<std::string> lines;
    lines.reserve(damaged.size());
    for (const absl::Status& status : damaged) lines.emplace_back(status.message());
    return absl::DataLossError(absl::StrJoin(lines, "\n"));
  }
  return std::make_unique<RocksDbEngine>(std::move(db), RocksDbOptions().limits,
                                         /*callers_write=*/false, nullptr, std::move(lock));
}

}  // namespace quota::storage
