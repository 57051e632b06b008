// Whether a catalog may take the place of another while organisations use it. Pure.
#pragma once

#include "absl/status/status.h"
#include "ledger/catalog.h"
#include "ledger/shard.h"

namespace quota::server {

// FAILED_PRECONDITION where `catalog` lacks what an account of `shard` uses.
[[nodiscard]] absl::Status CheckInUse(const ledger::Shard& shard,
                                      const ledger::CatalogRevision& catalog);

// Whether `next` has every name of `old`: then nothing in use can be missing.
bool HasAllNames(const ledger::CatalogRevision& next, const ledger::CatalogRevision& old);

// FAILED_PRECONDITION where the revision in force would go back, or change under its number.
[[nodiscard]] absl::Status CheckRevision(const ledger::CatalogRevision& next,
                                         const ledger::CatalogRevision& old);

}  // namespace quota::server
