// Thresholds: whether what is used of a day has reached one that was not announced yet. Each is
// announced once a day, by an event. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "common/credits.h"
#include "ledger/account.h"
#include "ledger/catalog.h"
#include "ledger/events.h"

namespace quota::ledger {

// A `used` below which none of `thresholds` (rising, in percent) above `alerted` can be reached, on
// a day that may spend `daily` before packs; packs only move it up. At least 1 credit. kNoAlert
// where no threshold is left.
Credits AlertAt(Credits daily, int32_t alerted, const std::vector<int32_t>& thresholds);

// A ThresholdReached for each threshold of the catalog that `used` of an open day has reached, the
// lowest first. What is held counts for nothing; packs belong to the allotment.
Events DecideAlerts(const Account& account, const CatalogRevision& catalog);

}  // namespace quota::ledger
