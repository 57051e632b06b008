// What a backup says of itself: the file BACKUP beside its data, written last.
//
//   manifest := line*
//   line     := "quotad-backup " version "\n"           1
//             | "name " text "\n"
//             | "request-id " text "\n"
//             | "taken-at " number "\n"                 microseconds since 1970
//             | "duration " number "\n"                 microseconds
//             | "creation-id " hex "\n"                 the store's
//             | "format " number "\n"                   the store's format version
//             | "shards " number "\n"
//             | "file " crc " " number " " text "\n"    CRC-32 in 8 hex digits, bytes, name in
//             data/ | "end " crc "\n"                         of all lines before
//
// in this order, with one or more files. Text for people who look into it, exact for programs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "storage/format.h"
#include "storage/store.h"

namespace quota::storage {

struct BackupManifest {
  // Of this layout; raised whenever an older quotactl could misread it.
  static constexpr uint32_t kVersion = 1;

  std::string name;
  // Where it is, absolute; not part of the text.
  std::string folder;
  // Under which the backup was asked for: who asks again gets this one.
  std::string request_id;
  // Everything that was acknowledged before is in the backup.
  Instant taken_at;
  Duration duration{};
  FormatInfo format;
  // In the order of their names.
  std::vector<CopiedFile> files;

  // Of all files.
  uint64_t bytes() const;
};

std::string EncodeManifest(const BackupManifest& manifest);

// DATA_LOSS where the text is no manifest, whole and undamaged; FAILED_PRECONDITION where it is of
// another version.
[[nodiscard]] absl::StatusOr<BackupManifest> ParseManifest(std::string_view text);

}  // namespace quota::storage
