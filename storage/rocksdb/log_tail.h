// Tells a log whose end is torn from one whose end is damaged.
//
// RocksDB writes its write-ahead logs and its manifest as 32 KiB blocks of records: the masked
// CRC-32C of type and payload (4 bytes), the payload's length (2), its type (1), the payload;
// numbers are little-endian. When a length leads past the end of the file, RocksDB takes the record
// for the write that a crash cut short, and drops it with all that follows. A damaged length looks
// the same, and there acknowledged writes would be dropped: but then the checksum still matches
// some shorter payload, which it does for a record that was cut only once in 4 billion times the
// bytes left. Source: github.com/facebook/rocksdb/wiki/Write-Ahead-Log-File-Format;
// db/log_reader.cc.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace quota::storage {

// Whether the last record in `block`, the last block of a log, has a damaged length. A block that
// is whole, empty, or torn has not.
[[nodiscard]] bool HasDamagedLength(std::string_view block);

// Checks the manifest and every write-ahead log in the store's folder. DATA_LOSS, naming the file:
// a length is damaged. UNAVAILABLE: a file can't be read.
[[nodiscard]] absl::Status CheckLogTails(const std::string& folder);

}  // namespace quota::storage
