#include "storage/rocksdb/folder.h"

#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "common/status.h"
#include "storage/backup/durable_files.h"
#include "storage/backup/file_error.h"

namespace quota::storage {
namespace {

namespace fs = std::filesystem;

absl::Status CreateFolder(const std::string& path) {
  std::error_code error;
  fs::create_directory(path, error);
  if (error) return FromErrno("create folder", path, error.value());
  // The new folder's name is in its parent, which RocksDB does not sync.
  const fs::path parent = fs::absolute(path, error).lexically_normal().parent_path();
  return SyncFolder(parent.string());
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

// What a folder that is there holds. `access_mode` is what has to be allowed, as for access(2);
// `to_be_made`: whether a store is to be made there if there is none.
absl::StatusOr<FolderState> LookInto(const std::string& path, const fs::file_status& status,
                                     int access_mode, bool to_be_made) {
  if (status.type() != fs::file_type::directory) {
    return absl::FailedPreconditionError(absl::StrCat(path, " is not a folder"));
  }
  if (access(path.c_str(), access_mode) != 0) {
    return FromErrno(access_mode & W_OK ? "write to folder" : "read folder", path, errno);
  }
  std::error_code error;
  const std::string current = (fs::path(path) / "CURRENT").string();
  if (fs::exists(current, error)) return FolderState::kHoldsStore;
  if (error) return FromErrno("look at", current, error.value());
  const absl::Status is_new = CheckNew(path);
  // Other files are in the way of a store that is to be made, and of no other.
  if (absl::IsFailedPrecondition(is_new) && !to_be_made) return FolderState::kNew;
  if (!is_new.ok()) return is_new;
  return FolderState::kNew;
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
  QUOTA_ASSIGN_OR_RETURN(const FolderState state,
                         LookInto(path, status, R_OK | W_OK | X_OK, create_if_missing));
  if (state == FolderState::kNew && !create_if_missing) {
    return absl::NotFoundError(absl::StrCat("folder ", path, " holds no store: create one there, ",
                                            "or give the path of one"));
  }
  return state;
}

absl::Status FindStore(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) {
    return absl::NotFoundError(absl::StrCat("there is no folder ", path));
  }
  if (error) return FromErrno("look at", path, error.value());
  QUOTA_ASSIGN_OR_RETURN(const FolderState state,
                         LookInto(path, status, R_OK | X_OK, /*to_be_made=*/false));
  if (state == FolderState::kHoldsStore) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat("folder ", path, " holds no store of quotad"));
}

}  // namespace quota::storage
