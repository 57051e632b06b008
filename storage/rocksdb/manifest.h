// What a store's manifest says of its other files, read without opening the store: damage that
// RocksDB would not find, or would answer with an assertion instead of an error, is found before.
//
// A manifest is a log (log_headers.h) of version edits. An edit is a row of fields, each a tag
// (varint32) and its value; the later edit wins. Source: db/version_edit.h of RocksDB 7.8.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace quota::storage {

struct TableEntry {
  uint64_t bytes = 0;
  // CRC-32C of the whole file, as RocksDB writes it down; empty where none is recorded, as in
  // stores made by quotad 0.1.0 before checksums were.
  std::string checksum = {};
};

struct ManifestContents {
  // There is always a log of this number or a greater one; 0 in a store that never had a table.
  uint64_t log_number = 0;
  std::map<uint64_t, TableEntry> tables;  // by number
};

// The name of the log of this number.
[[nodiscard]] std::string LogName(uint64_t number);

// Carries the edit into `contents`. False where it has a field that is not known here.
[[nodiscard]] bool ApplyEdit(std::string_view edit, ManifestContents& contents);

// Nothing where the manifest can't be found or is not understood: RocksDB says what is wrong with
// it. UNAVAILABLE: a file can't be read.
[[nodiscard]] absl::StatusOr<std::optional<ManifestContents>> ReadTableManifest(
    const std::string& folder);

// DATA_LOSS, naming the file: the newest log is missing; or, with `read_tables`, a table is missing
// or differs from its checksum. UNAVAILABLE: a file can't be read.
[[nodiscard]] absl::Status CheckFilesOfManifest(const std::string& folder, bool read_tables);

}  // namespace quota::storage
