#include "client/price_map.h"

#include <re2/re2.h>

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/line_reader.h"
#include "common/status.h"

namespace quota::client {
namespace {

// The server takes no more attributes with a method.
constexpr size_t kMostAttributes = 16;
constexpr size_t kLongestPattern = 1024;

struct Attribute {
  std::string name;
  int64_t value = 0;
  // Not empty: the value comes from this query parameter.
  std::string parameter;
};

bool IsNumber(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

// Empty where the path has no such parameter. Values are not unescaped: numbers need none.
std::string_view QueryParameter(std::string_view path, std::string_view name) {
  size_t start = path.find('?');
  while (start != std::string_view::npos) {
    path.remove_prefix(start + 1);
    const std::string_view pair = path.substr(0, path.find('&'));
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=') {
      return pair.substr(name.size() + 1);
    }
    start = path.find('&');
  }
  return {};
}

std::optional<int64_t> ParseAmount(std::string_view text) {
  int64_t value = 0;
  const std::string digits(text);
  if (!IsNumber(digits) || !absl::SimpleAtoi(digits, &value)) return std::nullopt;
  if (value > kMaxCredits.value()) return std::nullopt;
  return value;
}

absl::StatusOr<Attribute> ParseAttribute(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", text, "' is no attribute: write NAME=NUMBER or NAME=?QUERY_PARAMETER"));
  }
  Attribute attribute{.name = text.substr(0, equals)};
  const std::string value = text.substr(equals + 1);
  if (value[0] == '?' && value.size() > 1) {
    attribute.parameter = value.substr(1);
    return attribute;
  }
  const std::optional<int64_t> number = ParseAmount(value);
  if (!number.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", value, "' is no value: write 0 to 1000000000000, or ?QUERY_PARAMETER"));
  }
  attribute.value = *number;
  return attribute;
}

// The pattern as a regular expression, with its figures of specificity.
struct PathRegex {
  std::string regex;
  int literals = 0;
  int wildcards = 0;
};

PathRegex Compile(const std::string& pattern) {
  PathRegex result;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '*') {
      result.regex += RE2::QuoteMeta(pattern.substr(i, 1));
      ++result.literals;
    } else if (i + 1 < pattern.size() && pattern[i + 1] == '*') {
      result.regex += "(?s:.*)";
      ++result.wildcards;
      ++i;
    } else {
      result.regex += "[^/]*";
      ++result.wildcards;
    }
  }
  return result;
}

}  // namespace

struct PriceMap::Rule {
  Rule(const std::string& m, const std::string& pattern, const PathRegex& p)
      : text(absl::StrCat(m, " ", pattern)),
        method(m == "*" ? "" : m),
        path(p.regex, RE2::Latin1),
        literals(p.literals),
        wildcards(p.wildcards) {}

  // The smaller, the more specific.
  auto Rank() const { return std::make_tuple(-literals, method.empty(), wildcards); }

  // As in the file, without the price.
  const std::string text;
  // Empty: any.
  const std::string method;
  const RE2 path;
  const int literals;
  const int wildcards;
  RequestPrice price;
  std::vector<Attribute> attributes;
};

PriceMap::PriceMap() = default;
PriceMap::PriceMap(PriceMap&&) noexcept = default;
PriceMap& PriceMap::operator=(PriceMap&&) noexcept = default;
PriceMap::~PriceMap() = default;

absl::StatusOr<std::unique_ptr<PriceMap::Rule>> PriceMap::ParseRule(std::string_view line) {
  const std::string text(line.substr(0, line.find('#')));
  const std::vector<std::string> words =
      absl::StrSplit(text, absl::ByAnyChar(" \t"), absl::SkipEmpty());
  if (words.empty()) return std::unique_ptr<Rule>();
  if (words.size() < 3) {
    return absl::InvalidArgumentError("a rule is METHOD PATH PRICE, such as: GET /tickets/* 1");
  }
  if (words[1].size() > kLongestPattern) {
    return absl::InvalidArgumentError("the path is longer than 1024 bytes");
  }
  if (words[1][0] != '/' && words[1][0] != '*') {
    return absl::InvalidArgumentError(
        absl::StrCat("the path '", words[1], "' must begin with '/' or '*'"));
  }
  auto rule = std::make_unique<Rule>(words[0], words[1], Compile(words[1]));
  if (IsNumber(words[2]) || words[2][0] == '-') {
    const std::optional<int64_t> credits = ParseAmount(words[2]);
    if (!credits.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", words[2], "' is no price: credits are 0 to 1000000000000"));
    }
    if (words.size() > 3) {
      return absl::InvalidArgumentError("a price in credits takes no attributes");
    }
    rule->price.credits = Credits(*credits);
    return rule;
  }
  rule->price.method = words[2];
  if (words.size() - 3 > kMostAttributes) {
    return absl::InvalidArgumentError("more than 16 attributes");
  }
  for (size_t i = 3; i < words.size(); ++i) {
    QUOTA_ASSIGN_OR_RETURN(Attribute attribute, ParseAttribute(words[i]));
    rule->attributes.push_back(std::move(attribute));
  }
  return rule;
}

absl::StatusOr<PriceMap> PriceMap::Read(std::istream& in, std::string_view name) {
  PriceMap map;
  LineReader reader(in);
  while (reader.Next()) {
    absl::StatusOr<std::unique_ptr<Rule>> rule = ParseRule(reader.line());
    if (rule.ok() && map.rules_.size() >= kMostRules && *rule != nullptr) {
      rule = absl::InvalidArgumentError("more than 1000 rules");
    }
    if (!rule.ok()) {
      return Annotate(rule.status(), absl::StrCat(std::string(name), ":", reader.line_number()));
    }
    if (*rule != nullptr) map.rules_.push_back(*std::move(rule));
  }
  std::stable_sort(map.rules_.begin(), map.rules_.end(),
                   [](const auto& a, const auto& b) { return a->Rank() < b->Rank(); });
  for (size_t i = 0; i < map.rules_.size(); ++i) map.rules_[i]->price.rule = i;
  return map;
}

const std::string& PriceMap::RuleText(size_t rule) const { return rules_[rule]->text; }

RequestPrice PriceMap::PriceOf(std::string_view method, std::string_view path) const {
  const std::string_view bare = path.substr(0, path.find('?'));
  for (const auto& rule : rules_) {
    if (!rule->method.empty() && rule->method != method) continue;
    if (!RE2::FullMatch(re2::StringPiece(bare.data(), bare.size()), rule->path)) continue;
    RequestPrice price = rule->price;
    for (const Attribute& attribute : rule->attributes) {
      if (attribute.parameter.empty()) {
        price.attributes[attribute.name] = attribute.value;
      } else if (const auto value = ParseAmount(QueryParameter(path, attribute.parameter))) {
        price.attributes[attribute.name] = *value;
      }
    }
    return price;
  }
  return RequestPrice();
}

}  // namespace quota::client
