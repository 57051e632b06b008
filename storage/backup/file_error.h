// Where errno becomes ours.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace quota::storage {

// "can't `what` `path`: ...", such as "can't open /data/CURRENT: Permission denied":
//   PERMISSION_DENIED    no rights, or a file system that is read-only
//   NOT_FOUND            the path, or a folder on its way, does not exist
//   ALREADY_EXISTS       it must not, and does
//   FAILED_PRECONDITION  a part of the path is no folder
//   RESOURCE_EXHAUSTED   the device, or a quota, is full
//   UNAVAILABLE          any other I/O error
[[nodiscard]] absl::Status FromErrno(const std::string& what, const std::string& path, int error);

}  // namespace quota::storage
