// Keeps a folder that is only read from being opened by a quotad meanwhile.
//
// RocksDB holds a write lock (fcntl) on the file LOCK of a folder that it has open for writing; a
// reader takes a read lock on the same file, so that either refuses the other, and readers do not
// refuse each other. Such locks are between processes: within one they keep nobody out.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace quota::storage {

class ReadLock {
 public:
  // FAILED_PRECONDITION where a process has the folder's store open; the errors of FromErrno. A
  // folder without the file LOCK was never opened: there is nothing to hold.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<ReadLock>> Take(const std::string& folder);
  ~ReadLock();
  ReadLock(const ReadLock&) = delete;
  ReadLock& operator=(const ReadLock&) = delete;

 private:
  explicit ReadLock(int file) : file_(file) {}
  const int file_;
};

}  // namespace quota::storage
