// The credit model's document (docs/credit-model.md) as a test sees it: its rules, and the examples
// of each.
//
//   ### A rule                  begins a rule: it goes on to the next heading.
//   ```credit-model             an example, statement by statement; see worked_example.h.
//   ```textproto                what the rule's examples add to the catalog that is shipped.
//
// Anything else is for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace quota::ledger {

// A fenced block.
struct Block {
  // Of the document: where its first line stands, counted from 1.
  int first_line = 0;
  std::vector<std::string> lines;
};

struct Rule {
  std::string heading;
  int line = 0;
  std::vector<Block> catalog;
  std::vector<Block> examples;
};

// INVALID_ARGUMENT with the line where a block has no end, stands outside a rule, or is of no kind
// that is known here.
absl::StatusOr<std::vector<Rule>> ReadRules(std::string_view document);

}  // namespace quota::ledger
