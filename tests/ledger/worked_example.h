// A worked example of the credit model: statements that are run against the ledger, each with what
// it is said to come to.
//
//   at 2025-11-03T09:00-08:00
//   create acme edition=express agents=10        -> allotment 26,000
//   charge c1 method=tickets.list from=3000      -> charged 5, remaining 25,995
//
// A statement is a verb, words and options name=value. Behind the arrow stand facts, separated by
// ", ": facts of the answer and of where the organisation stands then (Standing() in the source has
// them all). Verbs are called as quotactl calls them; statements are of the organisation that was
// created last.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "ledger/catalog.h"
#include "quota/v1/catalog.pb.h"
#include "tests/ledger/model_document.h"

namespace quota::ledger {

// The catalog that a rule's examples run with: `shipped` and what the rule adds. A block with a
// number of its own is a further revision: the one before it with the block on top. One that begins
// with "revisions" stands for the whole catalog.
absl::StatusOr<std::shared_ptr<const Catalog>> CatalogOf(const Rule& rule,
                                                         const quota::v1::Catalog& shipped);

// Runs the example from an empty ledger. What is wrong with it, each with its line; nothing where
// everything comes to what it says.
std::vector<std::string> RunExample(const Block& example, std::shared_ptr<const Catalog> catalog);

}  // namespace quota::ledger
