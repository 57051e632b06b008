// Files that are there whole once they are said to be: written, counted and checksummed, and synced
// with the folder that names them. What backups are made of.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/store.h"

namespace quota::storage {

// Told how many bytes more have been dealt with; false to stop, which ends the work with CANCELLED.
using CopyProgress = std::function<bool(uint64_t bytes)>;

// A new file, written from its beginning to its end. For one thread. What is not finished is left
// behind, to go with its folder.
class DurableFile {
 public:
  // The errors of FromErrno; ALREADY_EXISTS where there is such a file.
  [[nodiscard]] static absl::StatusOr<DurableFile> Create(const std::string& path);
  DurableFile(DurableFile&& other) noexcept;
  DurableFile& operator=(DurableFile&&) = delete;
  ~DurableFile();

  [[nodiscard]] absl::Status Append(std::string_view bytes);
  // Syncs and closes the file; tells its name without the folder, its size and its checksum.
  [[nodiscard]] absl::StatusOr<CopiedFile> Finish();

 private:
  DurableFile(std::string path, int file) : path_(std::move(path)), file_(file) {}

  std::string path_;
  int file_;
  uint64_t bytes_ = 0;
  uint32_t crc_ = 0;
};

// Copies the file `from` to `to`, which must not exist; syncs it, not its folder. `progress` may be
// null. The errors of FromErrno; CANCELLED.
[[nodiscard]] absl::StatusOr<CopiedFile> CopyDurably(const std::string& from, const std::string& to,
                                                     const CopyProgress& progress);

// Reads the file and tells its size and checksum. `progress` may be null.
[[nodiscard]] absl::StatusOr<CopiedFile> MeasureFile(const std::string& path,
                                                     const CopyProgress& progress);

// The whole file, which must not be larger than `max_bytes` (then DATA_LOSS).
[[nodiscard]] absl::StatusOr<std::string> ReadSmallFile(const std::string& path, size_t max_bytes);

// Makes the names in the folder durable. The errors of FromErrno.
[[nodiscard]] absl::Status SyncFolder(const std::string& path);

// Makes the folder, not its parents, and syncs its name. The errors of FromErrno.
[[nodiscard]] absl::Status MakeFolder(const std::string& path);

// Gives the folder `from` the name `to`, in the same parent, and syncs that: from one instant to
// the next all of it is there. ALREADY_EXISTS where `to` is a folder with something in it.
[[nodiscard]] absl::Status MoveFolder(const std::string& from, const std::string& to);

}  // namespace quota::storage
