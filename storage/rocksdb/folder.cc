#include "storage/rocksdb/folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "common/status.h"

namespace quota::storage {
namespace {

namespace fs = std::filesystem;

absl::Status FromErrno(const std::string& what, const std::string& path, int error) {
  const std::string message =
      absl::StrCat("can't ", what, " ", path, ": ", std::generic_category().message(error));
  switch (error) {
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::PermissionDeniedError(message);
    case ENOENT:
      return absl::NotFoundError(message);
    case ENOTDIR:
      return absl::FailedPreconditionError(message);
    case ENOSPC:
    case EDQUOT:
      return absl::ResourceExhaustedError(message);
    default:
      return absl::UnavailableError(message);
  }
}

absl::Status CreateFolder(const std::string& path) {
  std::error_code error;
  fs::create_directory(path, error);
  if (error) return FromErrno("create folder", path, error.value());
  // The new folder's name is in its parent, which RocksDB does not sync.
  const fs::path parent = fs::absolute(path, error).lexically_normal().parent_path();
  const int file = open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return FromErrno("open folder", parent.string(), errno);
  const int synced = fsync(file);
  const int sync_error = errno;
  close(file);
  if (synced != 0) return FromErrno("sync folder", parent.string(), sync_error);
  return absl::OkStatus();
}

// Whether only a store that had been in use leaves this file behind.
bool IsTrace(const fs::path& file) {
  const std::string name = file.filename().string();
  // The first manifest precedes the first CURRENT: alone it is a creation that was cut short.
  const bool later_manifest = name.starts_with("MANIFEST-") && name != "MANIFEST-000001";
  return file.extension() == ".sst" || file.extension() == ".log" || later_manifest;
}

// Whether the file may be in a folder in which a store is to be made: what a creation that was cut
// short leaves, and what is found in the root of a file system.
bool MayPrecede(const fs::path& file) {
  const std::string name = file.filename().string();
  for (const char* start : {".", "LOG", "OPTIONS-", "MANIFEST-"}) {
    if (name.starts_with(start)) return true;
  }
  return name == "LOCK" || name == "IDENTITY" || name == "lost+found" ||
         file.extension() == ".dbtmp";
}

// OK where a store may be made in the folder, which has no CURRENT.
absl::Status CheckNew(const std::string& path) {
  std::error_code error;
  std::string stranger;
  fs::directory_iterator files(path, error);
  for (; !error && files != fs::directory_iterator(); files.increment(error)) {
    const fs::path& file = files->path();
    if (IsTrace(file)) {
      return absl::DataLossError(absl::StrCat("folder ", path, " holds ", file.filename().string(),
                                              " but no file CURRENT: restore a backup, or give an "
                                              "empty folder"));
    }
    if (!MayPrecede(file)) stranger = file.filename().string();
  }
  if (error) return FromErrno("list folder", path, error.value());
  if (stranger.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("folder ", path, " holds ", stranger,
                   " and no store: give an empty folder, or that of a store"));
}

}  // namespace

absl::StatusOr<FolderState> PrepareFolder(const std::string& path, bool create_if_missing) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) {
    if (!create_if_missing) {
      return absl::NotFoundError(absl::StrCat("there is no folder ", path,
                                              ": create a store there, or give the path of one"));
    }
    QUOTA_RETURN_IF_ERROR(CreateFolder(path));
    return FolderState::kNew;
  }
  if (error) return FromErrno("look at", path, error.value());
  if (status.type() != fs::file_type::directory) {
    return absl::FailedPreconditionError(absl::StrCat(path, " is not a folder"));
  }
  if (access(path.c_str(), R_OK | W_OK | X_OK) != 0) {
    return FromErrno("write to folder", path, errno);
  }
  const std::string current = (fs::path(path) / "CURRENT").string();
  if (fs::exists(current, error)) return FolderState::kHoldsStore;
  if (error) return FromErrno("look at", current, error.value());
  const absl::Status is_new = CheckNew(path);
  if (!is_new.ok() && (create_if_missing || absl::IsDataLoss(is_new))) return is_new;
  if (!create_if_missing) {
    return absl::NotFoundError(absl::StrCat("folder ", path, " holds no store: create one there, ",
                                            "or give the path of one"));
  }
  return FolderState::kNew;
}

}  // namespace quota::storage
