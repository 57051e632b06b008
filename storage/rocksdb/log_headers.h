// Tells a log whose end is torn from one that is damaged.
//
// RocksDB writes its write-ahead logs and its manifest as 32 KiB blocks of records: the masked
// CRC-32C of type and payload (4 bytes), the payload's length (2), its type (1), the payload;
// numbers are little-endian. Damage to a payload is an error to RocksDB, but two kinds of damage to
// a header end the log for it, silently dropping acknowledged writes:
//   - A length that leads past the end of the file is what a crash leaves that cut a write short.
//     But then the checksum still matches some shorter payload; for a record that was really cut it
//     does so only once in 2^32 times the bytes that are left.
//   - A type of the kind that reused log files have: the record is taken for one of the file's
//     former life. Our logs are never reused.
// Source: github.com/facebook/rocksdb/wiki/Write-Ahead-Log-File-Format and db/log_reader.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace quota::storage {

// Whether a record's header in `block` is damaged in one of these ways. Only the last block of a
// log may be torn, or below 32 KiB.
[[nodiscard]] bool HasDamagedHeader(std::string_view block);

// The records of a log, put together from their pieces, up to the first that is torn or damaged.
// Checksums are not compared: that is RocksDB's to do.
[[nodiscard]] std::vector<std::string> RecordsOfLog(std::string_view log);

// Checks the manifest and every write-ahead log in the store's folder. DATA_LOSS, naming the file:
// a header is damaged. UNAVAILABLE: a file can't be read.
[[nodiscard]] absl::Status CheckLogHeaders(const std::string& folder);

}  // namespace quota::storage
