#include "server/page_tokens.h"

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/absl_view.h"
#include "server/field_rules.h"

namespace quota::server {
namespace {

absl::Status InvalidToken(std::string_view rpc) {
  return InvalidField("page_token",
                      absl::StrCat("not understood; it must be one that ", AbslView(rpc), " gave"));
}

}  // namespace

absl::StatusOr<OrgPosition> ParsePageToken(std::string_view token) {
  OrgPosition position;
  if (token.empty()) return position;
  const size_t dot = token.find('.');
  if (dot == std::string_view::npos ||
      !absl::SimpleAtoi(AbslView(token.substr(0, dot)), &position.shard) ||
      !absl::SimpleAtoi(AbslView(token.substr(dot + 1)), &position.account)) {
    return InvalidToken("ListOrgs");
  }
  // Signs, blanks and zeros that the number parser lets pass are none of ours.
  if (FormatPageToken(position) != token) return InvalidToken("ListOrgs");
  return position;
}

std::string FormatPageToken(OrgPosition position) {
  return absl::StrCat(position.shard, ".", position.account);
}

absl::StatusOr<int64_t> ParseDayToken(std::string_view token) {
  int64_t before = INT64_MAX;
  if (token.empty()) return before;
  if (!absl::SimpleAtoi(AbslView(token), &before) || before < 0 ||
      FormatDayToken(before) != token) {
    return InvalidToken("ListUsageHistory");
  }
  return before;
}

std::string FormatDayToken(int64_t before) { return absl::StrCat(before); }

absl::StatusOr<std::string> ParseAuditToken(std::string_view token) {
  const bool hex = token.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  if (!hex || token.size() % 2 != 0) return InvalidToken("ListAuditLog");
  return absl::HexStringToBytes(AbslView(token));
}

std::string FormatAuditToken(std::string_view key) { return absl::BytesToHexString(AbslView(key)); }

}  // namespace quota::server
