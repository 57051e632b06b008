// What an organisation may use in a day: under API limits, under credits, grandfathered, and in
// each edition. The rules are the ledger's; nothing here knows a figure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/quotactl/in_flight.h"
#include "client/quotactl/org_facts.h"
#include "common/clock.h"
#include "common/credits.h"
#include "ledger/catalog.h"

namespace quota::client {

struct Allowance {
  ledger::Model model = ledger::Model::kApiCredits;
  // Calls under API limits.
  Credits credits = {};
  // By pool; empty where the edition is not known.
  SlotCounts slots = {};
  // Why, for people.
  std::string reason = {};
};

struct EditionAllowance {
  ledger::Name edition;
  // Bought credits included, a legacy limit not.
  Credits credits = {};
  SlotCounts slots = {};
  // What may be bought on top, a day; absent: any amount.
  std::optional<Credits> room = {};
};

// The first day of the organisation (days since 1970-01-01, in its zone) on which both credits and
// the revision are in force, but not before `now`.
int32_t PlannedDay(const OrgFacts& facts, const ledger::CatalogRevision& revision, Instant now);

// On the last day before credits went live; nothing where the organisation has no legacy limit, or
// never was on API limits.
std::optional<Allowance> UnderLimits(const OrgFacts& facts,
                                     const ledger::CatalogRevision& revision);

// On `day`, without a legacy limit; nothing where the edition is not known.
std::optional<Allowance> UnderCredits(const OrgFacts& facts,
                                      const ledger::CatalogRevision& revision, int32_t day);

// On `day`, with the legacy limit where the organisation keeps it; nothing where there is none or
// the edition is not known.
std::optional<Allowance> Grandfathered(const OrgFacts& facts,
                                       const ledger::CatalogRevision& revision, int32_t day);

// In the order of the catalog.
std::vector<EditionAllowance> EditionAllowances(const OrgFacts& facts,
                                                const ledger::CatalogRevision& revision,
                                                int32_t day);

}  // namespace quota::client
