// Price functions: what one call costs by one price of the catalog. Pure.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/credits.h"
#include "ledger/catalog_mistakes.h"
#include "ledger/commands.h"
#include "quota/v1/catalog.pb.h"

namespace quota::ledger {

// Adds what is wrong with the price's kind; `path` is the price's own, such as
// "revisions[0].prices[3]".
void CheckPrice(const quota::v1::Price& price, const std::string& path, CatalogMistakes& mistakes);

// The credits that `call` costs by `price`, in which CheckPrice found no mistake. INVALID_ARGUMENT
// where an attribute is missing or the sum is above kMaxCredits.
absl::StatusOr<Credits> Evaluate(const quota::v1::Price& price, const MethodCall& call);

}  // namespace quota::ledger
