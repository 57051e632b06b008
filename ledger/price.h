// Price functions: what one call costs by one price of the catalog. Pure.
#pragma once

#include "absl/status/statusor.h"
#include "common/credits.h"
#include "ledger/commands.h"
#include "quota/v1/catalog.pb.h"

namespace quota::ledger {

// INVALID_ARGUMENT where the price is malformed, naming what is wrong.
absl::Status CheckPrice(const quota::v1::Price& price);

// The credits that `call` costs by `price`, which CheckPrice accepted. INVALID_ARGUMENT where an
// attribute is missing or the sum is above kMaxCredits.
absl::StatusOr<Credits> Evaluate(const quota::v1::Price& price, const MethodCall& call);

}  // namespace quota::ledger
