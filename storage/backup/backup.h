// A backup: a folder with a copy of a store and the sizes and checksums of its files.
//
//   NAME/BACKUP    the manifest (manifest.h)
//   NAME/data/     the store's files
//
// A folder appears under its name once all of it is written and synced; until then it is
// ".NAME.partial" beside it, which is left behind by a crash and good for nothing.
//
//   auto backup = TakeBackup(store, {.root = "/backups", .name = "monday", ...});
//   auto manifest = ReadManifest("/backups/monday");
//   auto problems = CheckFiles("/backups/monday", *manifest, nullptr);
//   auto restored = CopyBackup("/backups/monday", *manifest, "/var/lib/.quotad.restoring",
//   nullptr);
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock.h"
#include "storage/backup/durable_files.h"
#include "storage/backup/manifest.h"
#include "storage/store.h"

namespace quota::storage {

// "BACKUP", and the folder of the store's files.
inline constexpr char kManifestName[] = "BACKUP";
inline constexpr char kBackupDataName[] = "data";

struct BackupOrder {
  // The folder that holds backups; made where it is missing.
  std::string root;
  // The new folder's: see IsBackupName.
  std::string name;
  std::string request_id;
};

struct TakenBackup {
  BackupManifest manifest;
  // It was there already: asked for before under the same request id.
  bool repeated = false;
};

// 1 to 64 letters, digits, '-', '_' and '.', the first none of '.' and '-': no path, no option, and
// nothing that is hidden.
bool IsBackupName(std::string_view name);

// Takes a backup of the open store. Blocks. One at a time for a root. An order whose name and
// request id are those of a backup that is there gets that one, and changes nothing. `clock` is
// read at the beginning and at the end. The errors of Store::CopyTo and EnsureFormat, and
//   ALREADY_EXISTS       there is a backup of the name, asked for under another request id
//   PERMISSION_DENIED, UNAVAILABLE ...  those of FromErrno, for the folders
// After an error there is no backup of the name.
[[nodiscard]] absl::StatusOr<TakenBackup> TakeBackup(Store& store, const BackupOrder& order,
                                                     const Clock& clock, const StopCopying& stop);

// NOT_FOUND where `folder` holds no backup; else the errors of ParseManifest and FromErrno.
[[nodiscard]] absl::StatusOr<BackupManifest> ReadManifest(const std::string& folder);

// Compares every file with the manifest; a line for each that is damaged, missing, of another size,
// or that the manifest does not name. An error only where `progress` says to stop (CANCELLED).
[[nodiscard]] absl::StatusOr<std::vector<std::string>> CheckFiles(const std::string& folder,
                                                                  const BackupManifest& manifest,
                                                                  const CopyProgress& progress);

// Copies the backup's store to the folder `to`, which must not exist (ALREADY_EXISTS), and compares
// what it reads with the manifest: DATA_LOSS naming the file. All is synced. After an error `to` is
// good for nothing.
[[nodiscard]] absl::Status CopyBackup(const std::string& folder, const BackupManifest& manifest,
                                      const std::string& to, const CopyProgress& progress);

}  // namespace quota::storage
