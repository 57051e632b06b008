// What the requests of an access log cost: a small file that maps method and path to a price.
//
//   # METHOD  PATH                    PRICE           [ATTRIBUTE=VALUE ...]
//   GET       /api/v1/tickets         tickets.list    from=?from limit=?limit
//   GET       /api/v1/tickets/*       1
//   DELETE    /api/v1/**              6
//   *         /**                     1
//
// One rule a line; '#' starts a comment. METHOD is a method or '*'. In PATH, '*' stands for any run
// of characters without '/', '**' for any run at all; the query string is not part of what is
// matched. PRICE is a number of credits or a method of the server's catalog; only with the latter,
// attributes follow: a number, or ?NAME for the query parameter of that name (left out where the
// request doesn't have it as a number).
//
// Of the rules that match, the most specific one counts: the one with the most characters that are
// no wildcards; then one that names the method before '*'; then the one with fewer wildcards; then
// the one that comes first in the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/credits.h"

namespace quota::client {

// Credits, or a method of the catalog with its attributes.
struct RequestPrice {
  Credits credits{1};
  // Empty: `credits` counts.
  std::string method;
  std::map<std::string, int64_t> attributes;
  // The rule that gave the price, for PriceMap::RuleText(); nothing where none matched.
  std::optional<size_t> rule = std::nullopt;
};

// Thread-safe once made.
class PriceMap {
 public:
  // A scan of them all is made for each request.
  static constexpr size_t kMostRules = 1000;

  // Without rules: every request costs the default, 1 credit.
  PriceMap();
  PriceMap(PriceMap&&) noexcept;
  PriceMap& operator=(PriceMap&&) noexcept;
  ~PriceMap();

  // INVALID_ARGUMENT as "NAME:LINE: what is wrong".
  static absl::StatusOr<PriceMap> Read(std::istream& in, std::string_view name);

  // `path` may have a query string. Without a matching rule: 1 credit.
  RequestPrice PriceOf(std::string_view method, std::string_view path) const;

  size_t size() const { return rules_.size(); }
  // What the rule matches, as "GET /tickets/*". `rule` must be below size().
  const std::string& RuleText(size_t rule) const;

 private:
  struct Rule;

  // Null for a line without a rule.
  static absl::StatusOr<std::unique_ptr<Rule>> ParseRule(std::string_view line);

  // The most specific first.
  std::vector<std::unique_ptr<Rule>> rules_;
};

}  // namespace quota::client
