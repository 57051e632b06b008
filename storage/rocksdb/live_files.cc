#include "storage/rocksdb/live_files.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status.h"
#include "rocksdb/env.h"
#include "rocksdb/sst_file_reader.h"
#include "storage/backup/durable_files.h"
#include "storage/backup/file_error.h"
#include "storage/rocksdb/log_headers.h"
#include "storage/rocksdb/manifest.h"
#include "storage/rocksdb/options.h"
#include "storage/rocksdb/status.h"

namespace quota::storage {
namespace {

// Large enough that a call is a small part, small enough that a stop is soon seen.
constexpr size_t kPieceBytes = 1024 * 1024;
// A copy leaves so much of its device: where that is the store's own, a full one would stop it.
constexpr uint64_t kSpareBytes = 64 * 1024 * 1024;

// RocksDB would otherwise write a file LOG into the folder.
class SilentLog final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char* /*format*/, va_list /*arguments*/) override {}
};

// While it lives, the database deletes none of its files.
class FilesKept {
 public:
  explicit FilesKept(rocksdb::DB& db) : db_(db), status_(db.DisableFileDeletions()) {}
  ~FilesKept() {
    if (status_.ok()) db_.EnableFileDeletions(/*force=*/false).PermitUncheckedError();
  }
  FilesKept(const FilesKept&) = delete;
  FilesKept& operator=(const FilesKept&) = delete;
  const rocksdb::Status& status() const { return status_; }

 private:
  rocksdb::DB& db_;
  const rocksdb::Status status_;
};

absl::Status CheckSpace(const std::string& folder,
                        const std::vector<rocksdb::LiveFileStorageInfo>& files) {
  struct statvfs device = {};
  if (statvfs(folder.c_str(), &device) != 0) return FromErrno("look at", folder, errno);
  uint64_t needed = 0;
  for (const auto& file : files) needed += file.size;
  const uint64_t free = uint64_t{device.f_bavail} * device.f_frsize;
  if (needed + kSpareBytes <= free) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("a copy takes ", needed, " bytes, and the device of ", folder, " has ", free,
                   " free, of which ", kSpareBytes, " have to stay so"));
}

// Through the database's own environment, which may hold what the device does not have yet.
absl::Status CopyContents(rocksdb::Env& env, const std::string& from, uint64_t size,
                          const StopCopying& stop, DurableFile& to) {
  std::unique_ptr<rocksdb::SequentialFile> file;
  QUOTA_RETURN_IF_ERROR(
      FromRocksDb(env.NewSequentialFile(from, &file, rocksdb::EnvOptions()), "can't open " + from));
  std::string piece(kPieceBytes, '\0');
  while (size > 0) {
    if (stop && stop()) return absl::CancelledError("the copy was stopped");
    rocksdb::Slice got;
    const size_t wanted = static_cast<size_t>(std::min<uint64_t>(size, piece.size()));
    QUOTA_RETURN_IF_ERROR(
        FromRocksDb(file->Read(wanted, &got, piece.data()), "can't read " + from));
    if (got.empty()) {
      return absl::DataLossError(absl::StrCat(from, " ends ", size, " bytes before its end"));
    }
    QUOTA_RETURN_IF_ERROR(to.Append({got.data(), got.size()}));
    size -= got.size();
  }
  return absl::OkStatus();
}

absl::StatusOr<CopiedFile> CopyFile(rocksdb::Env& env, const rocksdb::LiveFileStorageInfo& file,
                                    const std::string& folder, const StopCopying& stop) {
  QUOTA_ASSIGN_OR_RETURN(DurableFile copy,
                         DurableFile::Create(folder + "/" + file.relative_filename));
  if (!file.replacement_contents.empty()) {
    QUOTA_RETURN_IF_ERROR(copy.Append(file.replacement_contents));
  } else {
    const std::string from = file.directory + "/" + file.relative_filename;
    QUOTA_RETURN_IF_ERROR(CopyContents(env, from, file.size, stop, copy));
  }
  return copy.Finish();
}

// RocksDB leaves an empty log out, but a store without its newest log is taken for a damaged one.
absl::Status AddLog(const std::string& folder, std::vector<CopiedFile>& copied) {
  for (const CopiedFile& file : copied) {
    if (file.name.ends_with(".log")) return absl::OkStatus();
  }
  QUOTA_ASSIGN_OR_RETURN(const std::optional<ManifestContents> contents, ReadTableManifest(folder));
  if (!contents || contents->log_number == 0) return absl::OkStatus();
  QUOTA_ASSIGN_OR_RETURN(DurableFile log,
                         DurableFile::Create(folder + "/" + LogName(contents->log_number)));
  QUOTA_ASSIGN_OR_RETURN(CopiedFile file, log.Finish());
  copied.push_back(std::move(file));
  return absl::OkStatus();
}

// What was damaged before it was copied shows here, not when the copy is needed.
absl::Status CheckCopy(const std::string& folder, const StopCopying& stop) {
  QUOTA_ASSIGN_OR_RETURN(const std::unique_ptr<rocksdb::DB> copy, OpenForReading(folder));
  const std::vector<absl::Status> damaged = DamagedTables(*copy, stop);
  if (stop && stop()) return absl::CancelledError("the copy was stopped");
  return damaged.empty() ? absl::OkStatus() : damaged.front();
}

}  // namespace

absl::StatusOr<std::vector<CopiedFile>> CopyLiveFiles(rocksdb::DB& db, const std::string& folder,
                                                      const StopCopying& stop) {
  const std::string context = "can't copy the store in " + db.GetName();
  const FilesKept kept(db);
  QUOTA_RETURN_IF_ERROR(FromRocksDb(kept.status(), context));
  std::vector<rocksdb::LiveFileStorageInfo> files;
  QUOTA_RETURN_IF_ERROR(FromRocksDb(
      db.GetLiveFilesStorageInfo(rocksdb::LiveFilesStorageInfoOptions(), &files), context));
  QUOTA_RETURN_IF_ERROR(CheckSpace(folder, files));
  std::vector<CopiedFile> copied;
  for (const auto& file : files) {
    QUOTA_ASSIGN_OR_RETURN(CopiedFile copy, CopyFile(*db.GetEnv(), file, folder, stop));
    copied.push_back(std::move(copy));
  }
  QUOTA_RETURN_IF_ERROR(AddLog(folder, copied));
  QUOTA_RETURN_IF_ERROR(CheckCopy(folder, stop));
  return copied;
}

absl::StatusOr<std::unique_ptr<rocksdb::DB>> OpenForReading(const std::string& folder) {
  QUOTA_RETURN_IF_ERROR(CheckLogHeaders(folder));
  rocksdb::Options options = MakeRocksDbOptions(/*create=*/false, /*env=*/nullptr);
  options.info_log = std::make_shared<SilentLog>();
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status = rocksdb::DB::OpenForReadOnly(options, folder, &opened);
  std::unique_ptr<rocksdb::DB> db(opened);
  QUOTA_RETURN_IF_ERROR(FromRocksDb(status, "can't open the store in " + folder));
  return db;
}

std::vector<absl::Status> DamagedTables(rocksdb::DB& db, const StopCopying& stop) {
  std::vector<rocksdb::LiveFileMetaData> tables;
  db.GetLiveFilesMetaData(&tables);
  std::vector<absl::Status> damaged;
  for (const rocksdb::LiveFileMetaData& table : tables) {
    if (stop && stop()) break;
    const std::string path = table.db_path + table.name;
    rocksdb::SstFileReader reader(db.GetOptions());
    rocksdb::Status status = reader.Open(path);
    if (status.ok()) status = reader.VerifyChecksum();
    if (!status.ok()) damaged.push_back(FromRocksDb(status, "can't read the table " + path));
  }
  return damaged;
}

}  // namespace quota::storage
