// The envelope of every record of ours: a format byte and a CRC-32 over key and payload. A record
// that was damaged, cut short, or is found under another key does not open.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace quota::storage {

// The format byte and the CRC.
inline constexpr size_t kRecordOverheadBytes = 5;

// The value to store under `key`. `payload` may be empty.
std::string SealRecord(std::string_view key, std::string_view payload);

// The payload in `value`, which was read from `key`; a view into `value`. DATA_LOSS, naming the
// key: the value is not what SealRecord made for this key.
[[nodiscard]] absl::StatusOr<std::string_view> OpenRecord(std::string_view key,
                                                          std::string_view value);

}  // namespace quota::storage
