// The tokens with which lists go on where a page ended. Opaque to clients, and theirs to damage:
// each is read back only in the one form in which it was made. Thread-safe: no state.
//
//   ListOrgs          shard '.' account    both decimal, without leading zeros
//   ListUsageHistory  microseconds         decimal, without leading zeros
//   ListAuditLog      key                  lower-case hexadecimal
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace quota::server {

// Where a page of ListOrgs begins.
struct OrgPosition {
  uint32_t shard = 0;
  uint32_t account = 0;

  friend bool operator==(const OrgPosition&, const OrgPosition&) = default;
};

// The empty token is the first position. INVALID_ARGUMENT where `token` is none that
// FormatPageToken made.
[[nodiscard]] absl::StatusOr<OrgPosition> ParsePageToken(std::string_view token);
[[nodiscard]] std::string FormatPageToken(OrgPosition position);

// A page of ListUsageHistory has the days that start before this many microseconds since 1970.
// Without a token: INT64_MAX. INVALID_ARGUMENT where `token` is no such number from 0 on.
[[nodiscard]] absl::StatusOr<int64_t> ParseDayToken(std::string_view token);
[[nodiscard]] std::string FormatDayToken(int64_t before);

// The key of the last entry of the page of ListAuditLog before; empty without a token.
// INVALID_ARGUMENT where `token` is not in hexadecimal. That the key is one of the list is for the
// caller to see.
[[nodiscard]] absl::StatusOr<std::string> ParseAuditToken(std::string_view token);
[[nodiscard]] std::string FormatAuditToken(std::string_view key);

}  // namespace quota::server
