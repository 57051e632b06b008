#include "storage/backup/backup.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/status.h"
#include "storage/backup/file_error.h"
#include "storage/format.h"

namespace quota::storage {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxNameBytes = 64;
// A store of a terabyte has some thousand files, of some 30 bytes a line.
constexpr size_t kMaxManifestBytes = 16 * 1024 * 1024;

std::string DataOf(const std::string& folder) { return absl::StrCat(folder, "/", kBackupDataName); }

absl::Status MakeRoot(const std::string& root) {
  std::error_code error;
  fs::create_directories(root, error);
  if (error) return FromErrno("create folder", root, error.value());
  return absl::OkStatus();
}

// Removes what an attempt that was cut short left.
absl::Status Discard(const std::string& folder) {
  std::error_code error;
  fs::remove_all(folder, error);
  if (error) return FromErrno("remove", folder, error.value());
  return absl::OkStatus();
}

// The backup that is there under the order's name, or nothing.
absl::StatusOr<std::optional<BackupManifest>> FindTaken(const std::string& folder,
                                                        const BackupOrder& order) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(folder, error))) return std::nullopt;
  auto manifest = ReadManifest(folder);
  if (manifest.ok() && manifest->request_id == order.request_id && manifest->name == order.name) {
    return *std::move(manifest);
  }
  return absl::AlreadyExistsError(
      absl::StrCat("name: there is a backup \"", order.name, "\" already; choose another name"));
}

absl::Status WriteManifest(const std::string& folder, const BackupManifest& manifest) {
  QUOTA_ASSIGN_OR_RETURN(DurableFile file,
                         DurableFile::Create(absl::StrCat(folder, "/", kManifestName)));
  QUOTA_RETURN_IF_ERROR(file.Append(EncodeManifest(manifest)));
  QUOTA_RETURN_IF_ERROR(file.Finish().status());
  return SyncFolder(folder);
}

absl::StatusOr<BackupManifest> WriteBackup(Store& store, const BackupOrder& order,
                                           const std::string& folder, const Clock& clock,
                                           const StopCopying& stop) {
  BackupManifest manifest;
  manifest.name = order.name;
  manifest.folder = absl::StrCat(order.root, "/", order.name);
  manifest.request_id = order.request_id;
  manifest.taken_at = clock.Now();
  const Duration begun = clock.Elapsed();
  QUOTA_ASSIGN_OR_RETURN(manifest.format, ReadFormat(store));
  QUOTA_RETURN_IF_ERROR(MakeFolder(folder));
  QUOTA_RETURN_IF_ERROR(MakeFolder(DataOf(folder)));
  QUOTA_ASSIGN_OR_RETURN(manifest.files, store.CopyTo(DataOf(folder), stop));
  std::sort(manifest.files.begin(), manifest.files.end(),
            [](const CopiedFile& a, const CopiedFile& b) { return a.name < b.name; });
  QUOTA_RETURN_IF_ERROR(SyncFolder(DataOf(folder)));
  manifest.duration = clock.Elapsed() - begun;
  QUOTA_RETURN_IF_ERROR(WriteManifest(folder, manifest));
  return manifest;
}

// What is wrong with a file, or "".
absl::StatusOr<std::string> Compare(const std::string& folder, const CopiedFile& expected,
                                    const CopyProgress& progress) {
  const std::string path = absl::StrCat(DataOf(folder), "/", expected.name);
  const auto found = MeasureFile(path, progress);
  if (absl::IsCancelled(found.status())) return found.status();
  if (absl::IsNotFound(found.status())) return absl::StrCat(path, " is missing");
  if (!found.ok()) return std::string(found.status().message());
  if (found->bytes != expected.bytes) {
    return absl::StrCat(path, " has ", found->bytes, " bytes, and had ", expected.bytes,
                        " when the backup was taken");
  }
  if (found->crc != expected.crc) {
    return absl::StrCat(path, " is damaged: its checksum is not that of the backup");
  }
  return std::string();
}

}  // namespace

bool IsBackupName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes && name.front() != '.' &&
         name.front() != '-' && std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.';
         });
}

absl::StatusOr<TakenBackup> TakeBackup(Store& store, const BackupOrder& order, const Clock& clock,
                                       const StopCopying& stop) {
  QUOTA_RETURN_IF_ERROR(MakeRoot(order.root));
  const std::string folder = absl::StrCat(order.root, "/", order.name);
  QUOTA_ASSIGN_OR_RETURN(std::optional<BackupManifest> taken, FindTaken(folder, order));
  if (taken) return TakenBackup{*std::move(taken), /*repeated=*/true};
  const std::string partial = absl::StrCat(order.root, "/.", order.name, ".partial");
  QUOTA_RETURN_IF_ERROR(Discard(partial));
  auto manifest = WriteBackup(store, order, partial, clock, stop);
  absl::Status status = manifest.status();
  if (status.ok()) status = MoveFolder(partial, folder);
  if (status.ok()) return TakenBackup{*std::move(manifest)};
  // The first error is the one to tell.
  Discard(partial).IgnoreError();
  return status;
}

absl::StatusOr<BackupManifest> ReadManifest(const std::string& folder) {
  const auto text = ReadSmallFile(absl::StrCat(folder, "/", kManifestName), kMaxManifestBytes);
  if (absl::IsNotFound(text.status())) {
    return absl::NotFoundError(
        absl::StrCat(folder, " holds no backup: there is no file ", kManifestName, " in it"));
  }
  if (!text.ok()) return text.status();
  QUOTA_ASSIGN_OR_RETURN(BackupManifest manifest, ParseManifest(*text));
  manifest.folder = folder;
  return manifest;
}

absl::StatusOr<std::vector<std::string>> CheckFiles(const std::string& folder,
                                                    const BackupManifest& manifest,
                                                    const CopyProgress& progress) {
  std::vector<std::string> problems;
  for (const CopiedFile& file : manifest.files) {
    QUOTA_ASSIGN_OR_RETURN(std::string problem, Compare(folder, file, progress));
    if (!problem.empty()) problems.push_back(std::move(problem));
  }
  std::error_code error;
  for (fs::directory_iterator entry(DataOf(folder), error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    const bool named = std::any_of(manifest.files.begin(), manifest.files.end(),
                                   [&name](const CopiedFile& file) { return file.name == name; });
    if (!named) {
      problems.push_back(absl::StrCat(entry->path().string(), " is no file of the backup"));
    }
  }
  return problems;
}

absl::Status CopyBackup(const std::string& folder, const BackupManifest& manifest,
                        const std::string& to, const CopyProgress& progress) {
  QUOTA_RETURN_IF_ERROR(MakeFolder(to));
  for (const CopiedFile& file : manifest.files) {
    const std::string from = absl::StrCat(DataOf(folder), "/", file.name);
    const auto copied = CopyDurably(from, absl::StrCat(to, "/", file.name), progress);
    if (absl::IsNotFound(copied.status())) return absl::DataLossError(from + " is missing");
    if (!copied.ok()) return copied.status();
    if (*copied != file) {
      return absl::DataLossError(from + " is damaged: it is not what the backup was taken with");
    }
  }
  return SyncFolder(to);
}

}  // namespace quota::storage
