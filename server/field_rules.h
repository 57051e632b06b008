// The bounds of single request fields, and the words in which a breach is told: the field, the
// value's size or number, and the bound, such as
//
//   reservation_id: 65 bytes; it must be 1 to 64
//
// Every check returns OK, or INVALID_ARGUMENT. Thread-safe: no state.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "common/clock.h"
#include "google/protobuf/duration.pb.h"

namespace quota::server {

// Long enough for a UUID, a host name with a process number, or a customer's number.
inline constexpr size_t kMaxIdBytes = 64;
// Names of the catalog's and of IANA zones: the longest zone name has 32 bytes.
inline constexpr size_t kMaxNameBytes = 64;

// "`field`: `problem`".
[[nodiscard]] absl::Status InvalidField(std::string_view field, std::string_view problem);

// 1 to 64 bytes without control characters (C0, DEL and C1: ids are printed in logs and terminals).
[[nodiscard]] absl::Status CheckId(std::string_view field, std::string_view value);

// The same, or empty.
[[nodiscard]] absl::Status CheckOptionalId(std::string_view field, std::string_view value);

[[nodiscard]] absl::Status CheckBytes(std::string_view field, std::string_view value, size_t min,
                                      size_t max);

[[nodiscard]] absl::Status CheckRange(std::string_view field, int64_t value, int64_t min,
                                      int64_t max);

// Stores `duration` in whole microseconds; what is finer is dropped, as nothing here measures it.
// INVALID_ARGUMENT where it is no valid Duration (beyond 10,000 years, or mixed signs). Whether it
// is in range for its use is for the caller to say: it may be negative.
[[nodiscard]] absl::Status ReadDuration(std::string_view field,
                                        const google::protobuf::Duration& duration, Duration& out);

}  // namespace quota::server
