#include "storage/rocksdb/status.h"

#include "absl/strings/str_cat.h"

namespace quota::storage {

absl::Status FromRocksDb(const rocksdb::Status& status, const std::string& context) {
  if (status.ok()) return absl::OkStatus();
  const std::string message = absl::StrCat(context, ": ", status.ToString());
  // A path that is not found is a file that the manifest names: the folder itself was there.
  if (status.IsCorruption() || status.IsPathNotFound() || status.IsNotFound()) {
    return absl::DataLossError(message);
  }
  if (status.IsNoSpace() || status.IsMemoryLimit()) {
    return absl::ResourceExhaustedError(message);
  }
  return absl::UnavailableError(message);
}

bool IsLocked(const rocksdb::Status& status) {
  // RocksDB gives these no code of their own; the suite pins the two messages down.
  const std::string message = status.ToString();
  return status.IsIOError() && (message.find("While lock file") != std::string::npos ||
                                message.find("lock hold by current process") != std::string::npos);
}

}  // namespace quota::storage
