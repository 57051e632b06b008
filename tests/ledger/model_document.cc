#include "tests/ledger/model_document.h"

#include <fmt/format.h>

#include <sstream>

namespace quota::ledger {
namespace {

constexpr std::string_view kFence = "```";
constexpr std::string_view kRule = "### ";

absl::Status Mistake(int line, std::string_view what) {
  return absl::InvalidArgumentError(fmt::format("line {}: {}", line, what));
}

}  // namespace

absl::StatusOr<std::vector<Rule>> ReadRules(std::string_view document) {
  std::vector<Rule> rules;
  std::istringstream lines{std::string(document)};
  Block* block = nullptr;
  bool in_rule = false;
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (block != nullptr) {
      if (line == kFence) {
        block = nullptr;
      } else {
        block->lines.push_back(line);
      }
    } else if (line.starts_with(kRule)) {
      rules.push_back({line.substr(kRule.size()), number, {}, {}});
      in_rule = true;
    } else if (line.starts_with('#')) {
      in_rule = false;
    } else if (line.starts_with(kFence)) {
      const std::string kind = line.substr(kFence.size());
      if (!in_rule) return Mistake(number, "a block outside a rule");
      if (kind != "credit-model" && kind != "textproto") {
        return Mistake(number, fmt::format("a block of an unknown kind: \"{}\"", kind));
      }
      auto& blocks = kind == "textproto" ? rules.back().catalog : rules.back().examples;
      block = &blocks.emplace_back(Block{number + 1, {}});
    }
  }
  if (block != nullptr) return Mistake(block->first_line - 1, "a block without an end");
  return rules;
}

}  // namespace quota::ledger
