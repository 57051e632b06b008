// Where RocksDB's statuses become ours.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "rocksdb/status.h"

namespace quota::storage {

// `status` as ours, its message after `context`, which names the folder or the key:
//   DATA_LOSS           damaged, or a file is missing
//   RESOURCE_EXHAUSTED  the device is full
//   UNAVAILABLE         any other I/O error, and whatever else keeps RocksDB from going on
[[nodiscard]] absl::Status FromRocksDb(const rocksdb::Status& status, const std::string& context);

// Whether opening failed because the folder is open already, in this process or another.
[[nodiscard]] bool IsLocked(const rocksdb::Status& status);

}  // namespace quota::storage
