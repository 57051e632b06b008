// A folder that quotactl was given: a data folder of a stopped quotad, or a backup.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "storage/backup/backup.h"
#include "storage/store.h"

namespace quota::inspect {

struct StoredFolder {
  // The folder of the store's files.
  std::string data;
  // Absent: it is no backup.
  std::optional<storage::BackupManifest> manifest;
};

// Looks which of both `path` is. The errors of storage::ReadManifest.
[[nodiscard]] absl::StatusOr<StoredFolder> FindFolder(const std::string& path);

// Opens its store to be read. The errors of RocksDbStore::OpenReadOnly.
[[nodiscard]] absl::StatusOr<std::unique_ptr<storage::Store>> OpenFolder(
    const StoredFolder& folder);

}  // namespace quota::inspect
