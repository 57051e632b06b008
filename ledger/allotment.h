// What a plan allots: credits by source, and the limits of its pools. Pure.
#pragma once

#include <string>
#include <vector>

#include "common/clock.h"
#include "ledger/account.h"
#include "ledger/catalog.h"
#include "quota/records/records.pb.h"

namespace quota::ledger {

struct Allotment {
  Model model = Model::kApiCredits;
  DailyCredits credits;
  // Why, for people.
  std::string reason;
};

// What `account`'s plan and purchases allot on `date` (days since 1970-01-01). The edition must be
// in the catalog: the engine does not serve otherwise.
Allotment Allot(const Account& account, const CatalogRevision& catalog, int32_t date);

// The zone whose midnight ends the organisation's days.
Name ZoneOf(const Plan& plan, const CatalogRevision& catalog);

// The pools with the limits in force: main first, then the catalog's.
std::vector<records::Pool> LimitsOf(const Plan& plan, const CatalogRevision& catalog);

}  // namespace quota::ledger
