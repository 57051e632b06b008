#include "inspect/restore.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "common/status.h"
#include "inspect/verify.h"
#include "storage/backup/backup.h"
#include "storage/backup/file_error.h"

namespace quota::inspect {
namespace {

namespace fs = std::filesystem;

absl::Status CheckTarget(const fs::path& to) {
  std::error_code error;
  const fs::file_status status = fs::status(to, error);
  if (status.type() == fs::file_type::not_found) return absl::OkStatus();
  if (error) return storage::FromErrno("look at", to.string(), error.value());
  const bool empty = fs::is_directory(status) && fs::is_empty(to, error);
  if (error) return storage::FromErrno("list folder", to.string(), error.value());
  if (empty) return absl::OkStatus();
  return absl::AlreadyExistsError(
      absl::StrCat(to.string(),
                   " exists and is not empty: move it away, or restore to another "
                   "folder and start quotad with that as its --data-dir"));
}

absl::StatusOr<Report> CopyAndVerify(const storage::BackupManifest& manifest,
                                     const std::string& partial, const Progress& progress) {
  uint64_t done = 0;
  const auto count = [&](uint64_t bytes) {
    done += bytes;
    if (progress) progress("bytes copied", done);
    return true;
  };
  QUOTA_RETURN_IF_ERROR(storage::CopyBackup(manifest.folder, manifest, partial, count));
  return VerifyFolder(partial, progress);
}

}  // namespace

absl::StatusOr<Report> RestoreBackup(const std::string& backup, const std::string& to,
                                     const Progress& progress) {
  QUOTA_ASSIGN_OR_RETURN(const storage::BackupManifest manifest, storage::ReadManifest(backup));
  fs::path target = fs::absolute(to).lexically_normal();
  if (!target.has_filename()) target = target.parent_path();
  QUOTA_RETURN_IF_ERROR(CheckTarget(target));
  const std::string partial =
      (target.parent_path() / absl::StrCat(".", target.filename().string(), ".restoring")).string();
  std::error_code error;
  if (fs::exists(fs::symlink_status(partial, error))) {
    return absl::AlreadyExistsError(absl::StrCat(
        partial, " is there: another restore is under way, or was cut short; then remove it"));
  }
  absl::StatusOr<Report> report = CopyAndVerify(manifest, partial, progress);
  absl::Status status = report.status();
  if (status.ok() && report->ok()) status = storage::MoveFolder(partial, target.string());
  if (status.ok() && report->ok()) return report;
  fs::remove_all(partial, error);
  if (!status.ok()) return status;
  return report;
}

}  // namespace quota::inspect
