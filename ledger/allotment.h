// What a plan allots: the model in force, credits by source, and the limits of its pools. Pure.
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
  // Under API limits the whole figure is `base`, and bought credits add nothing: they begin to
  // count with the first day under credits.
  DailyCredits credits;
  // Why this model and this allotment, for people.
  std::string reason;
};

// The model that counts the calls of `plan` on `date` (days since 1970-01-01): API limits where
// credits are not live yet in its data center and it had signed up before the day from which
// sign-ups start on credits.
Model ModelOn(const Plan& plan, const CatalogRevision& catalog, int32_t date);

// Whether `plan` had signed up under the older model, and so keeps its higher limit where it pays:
// before the day on which it would have started on credits.
bool SignedUpOnLimits(const Plan& plan, const CatalogRevision& catalog);

// What `account`'s plan and purchases allot on `date`. The edition and the data center must be in
// the catalog: the engine does not serve otherwise.
Allotment Allot(const Account& account, const CatalogRevision& catalog, int32_t date);

// The zone whose midnight ends the organisation's days.
Name ZoneOf(const Plan& plan, const CatalogRevision& catalog);

// The pools with the limits in force: main first, then the catalog's.
std::vector<records::Pool> LimitsOf(const Plan& plan, const CatalogRevision& catalog);

}  // namespace quota::ledger
