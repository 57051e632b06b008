#include "inspect/stored_folder.h"

#include "absl/strings/str_cat.h"
#include "common/status.h"
#include "storage/rocksdb/rocksdb_store.h"

namespace quota::inspect {

absl::StatusOr<StoredFolder> FindFolder(const std::string& path) {
  auto manifest = storage::ReadManifest(path);
  if (absl::IsNotFound(manifest.status())) return StoredFolder{path, std::nullopt};
  if (!manifest.ok()) return manifest.status();
  return StoredFolder{absl::StrCat(path, "/", storage::kBackupDataName), *std::move(manifest)};
}

absl::StatusOr<std::unique_ptr<storage::Store>> OpenFolder(const StoredFolder& folder) {
  return storage::RocksDbStore::OpenReadOnly(folder.data);
}

}  // namespace quota::inspect
