#include "storage/rocksdb/read_lock.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "storage/backup/file_error.h"

namespace quota::storage {

absl::StatusOr<std::unique_ptr<ReadLock>> ReadLock::Take(const std::string& folder) {
  const std::string path = folder + "/LOCK";
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0 && errno != ENOENT) return FromErrno("open", path, errno);
  std::unique_ptr<ReadLock> lock(new ReadLock(file));
  if (file < 0) return lock;
  struct flock range = {};
  range.l_type = F_RDLCK;
  range.l_whence = SEEK_SET;
  if (fcntl(file, F_SETLK, &range) == 0) return lock;
  if (errno != EACCES && errno != EAGAIN) return FromErrno("lock", path, errno);
  return absl::FailedPreconditionError(
      absl::StrCat("the store in ", folder,
                   " is in use: stop the quotad that has it open, or look at a backup of it"));
}

ReadLock::~ReadLock() {
  if (file_ >= 0) close(file_);
}

}  // namespace quota::storage
