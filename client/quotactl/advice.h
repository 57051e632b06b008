// The smallest edition, or the smallest purchase, that fits what an organisation uses. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/quotactl/allowance.h"
#include "client/quotactl/in_flight.h"
#include "common/credits.h"

namespace quota::client {

// What is to fit.
struct Demand {
  // Of each day; not empty.
  std::vector<Credits> days;
  // The most calls at once, by pool; empty where that is not known: then it fits everywhere.
  SlotCounts peaks = {};

  Credits Most() const;
};

bool FitsSlots(const Demand& demand, const SlotCounts& slots);
bool Fits(const Demand& demand, const EditionAllowance& edition);

struct PurchaseAdvice {
  ledger::Name edition;
  // More credits of each day; absent where the edition's ceiling does not allow them.
  std::optional<Credits> per_day;
  // Or one pack that covers what these days lack.
  Credits pack;
};

struct Advice {
  // The edition with the fewest credits in which all fits without a purchase; absent where there
  // is none.
  std::optional<ledger::Name> edition;
  // Where the present edition has too few credits, or its edition is not known and no edition fits:
  // what to buy there. Absent where nothing is to be bought, or no purchase helps.
  std::optional<PurchaseAdvice> purchase;
  // The same as one sentence.
  std::string text;
};

// `editions` in the catalog's order. `present` is empty where it is not known. `grandfathered` is
// the present allowance with a kept legacy limit, null where there is none.
Advice Advise(const Demand& demand, const std::vector<EditionAllowance>& editions,
              ledger::Name present, const Allowance* grandfathered);

}  // namespace quota::client
