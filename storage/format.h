// The format record: what tells a store of quotad from any other, and what never changes in it.
//
//   absl::StatusOr<FormatInfo> format = EnsureFormat(*store, 16);
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "storage/store.h"

namespace quota::storage {

// Raised whenever an older quotad could misread what a newer one wrote.
inline constexpr uint32_t kFormatVersion = 1;

// Where nobody says how many; the number is fixed when a store is created. quotad says what suits
// the machine.
inline constexpr uint32_t kDefaultShards = 16;

// Far above what helps, so that a damaged or mistyped number shows.
inline constexpr uint32_t kMaxShards = 4096;

struct FormatInfo {
  uint32_t version = kFormatVersion;
  uint32_t shards = kDefaultShards;
  std::string creation_id;  // 32 hex digits, drawn when the store was created
};

// Reads the format record. Errors as below; NOT_FOUND where the store is empty.
[[nodiscard]] absl::StatusOr<FormatInfo> ReadFormat(Store& store);

// Reads the format record; writes one with `shards_if_new` shards if the store is empty. Blocks.
// To be called before anything else is written. Besides the store's own errors:
//   INVALID_ARGUMENT     `shards_if_new` is 0 or above kMaxShards
//   FAILED_PRECONDITION  the store has another format version, or holds data but no format record
//                        and so is not one of ours; says what to do
//   DATA_LOSS            the format record is damaged
[[nodiscard]] absl::StatusOr<FormatInfo> EnsureFormat(Store& store, uint32_t shards_if_new);

}  // namespace quota::storage
