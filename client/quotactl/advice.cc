#include "client/quotactl/advice.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client/quotactl/forecast.h"
#include "client/quotactl/text_format.h"

namespace quota::client {
namespace {

// The fitting edition with the fewest credits, then slots; the catalog's order breaks ties. Null
// where none fits.
const EditionAllowance* Smallest(const Demand& demand,
                                 const std::vector<EditionAllowance>& editions) {
  const EditionAllowance* smallest = nullptr;
  for (const EditionAllowance& edition : editions) {
    if (!Fits(demand, edition)) continue;
    if (smallest == nullptr || edition.credits < smallest->credits ||
        (edition.credits == smallest->credits && edition.slots[0] < smallest->slots[0])) {
      smallest = &edition;
    }
  }
  return smallest;
}

const EditionAllowance* Find(ledger::Name name, const std::vector<EditionAllowance>& editions) {
  for (const EditionAllowance& edition : editions) {
    if (!name.empty() && edition.edition == name) return &edition;
  }
  return nullptr;
}

PurchaseAdvice PurchaseOn(const Demand& demand, const EditionAllowance& edition) {
  PurchaseAdvice purchase{.edition = edition.edition, .per_day = {}, .pack = {}};
  const Credits lacking = demand.Most() - edition.credits;
  // What one purchase may name.
  if (lacking <= edition.room.value_or(kMaxCredits)) purchase.per_day = lacking;
  for (const Credits day : demand.days) {
    purchase.pack = CappedSum(purchase.pack, std::max(kZeroCredits, day - edition.credits));
  }
  return purchase;
}

// The edition with room for the calls at once that needs the smallest purchase, one a day before
// packs; null where no edition has room.
const EditionAllowance* BestToBuyOn(const Demand& demand,
                                    const std::vector<EditionAllowance>& editions) {
  const EditionAllowance* best = nullptr;
  for (const EditionAllowance& edition : editions) {
    if (!FitsSlots(demand, edition.slots)) continue;
    if (best == nullptr) {
      best = &edition;
      continue;
    }
    const bool per_day = PurchaseOn(demand, edition).per_day.has_value();
    const bool best_per_day = PurchaseOn(demand, *best).per_day.has_value();
    if (per_day != best_per_day ? per_day : edition.credits > best->credits) best = &edition;
  }
  return best;
}

std::string InWords(const PurchaseAdvice& purchase) {
  const std::string pack = absl::StrCat("a pack of ", FormatAmount(purchase.pack.value()));
  if (purchase.per_day.has_value()) {
    return absl::StrCat("buy ", FormatAmount(purchase.per_day->value()), " credits a day (or ",
                        pack, ") on ", purchase.edition.text());
  }
  return absl::StrCat("buy ", pack, " on ", purchase.edition.text(),
                      ", which may not buy as many a day");
}

// Why no edition has room; `demand` has peaks.
std::string NoRoom(const Demand& demand, const std::vector<EditionAllowance>& editions) {
  int64_t most = 0;
  for (const EditionAllowance& edition : editions) most = std::max(most, edition.slots[0]);
  if (demand.peaks[0] > most) {
    return absl::StrCat("nothing fits: ", FormatAmount(demand.peaks[0]),
                        " calls at once, and no edition allows more than ", FormatAmount(most));
  }
  return "nothing fits: more calls at once than a pool of the catalog allows";
}

std::string Sentence(const Advice& advice, const Demand& demand,
                     const std::vector<EditionAllowance>& editions, const EditionAllowance* present,
                     const Allowance* grandfathered) {
  const std::string smallest = advice.edition.has_value() ? advice.edition->text() : "";
  if (present == nullptr) {
    if (!smallest.empty()) return smallest + " fits";
    if (advice.purchase.has_value()) {
      return absl::StrCat("no edition fits alone: ", InWords(*advice.purchase));
    }
    return NoRoom(demand, editions);
  }
  const std::string& name = present->edition.text();
  if (Fits(demand, *present)) {
    return smallest == name ? name + " fits" : absl::StrCat(name, " fits, and so would ", smallest);
  }
  std::string change;
  if (!smallest.empty()) change = "move to " + smallest;
  if (advice.purchase.has_value()) {
    absl::StrAppend(&change, change.empty() ? "" : ", or ", InWords(*advice.purchase));
  }
  if (change.empty()) change = NoRoom(demand, editions);
  if (grandfathered != nullptr && demand.Most() <= grandfathered->credits &&
      FitsSlots(demand, grandfathered->slots)) {
    return absl::StrCat(name, " fits while it is grandfathered; without: ", change);
  }
  return change;
}

}  // namespace

Credits Demand::Most() const { return *std::max_element(days.begin(), days.end()); }

bool FitsSlots(const Demand& demand, const SlotCounts& slots) {
  for (size_t pool = 0; pool < std::min(demand.peaks.size(), slots.size()); ++pool) {
    if (demand.peaks[pool] > slots[pool]) return false;
  }
  return true;
}

bool Fits(const Demand& demand, const EditionAllowance& edition) {
  return demand.Most() <= edition.credits && FitsSlots(demand, edition.slots);
}

Advice Advise(const Demand& demand, const std::vector<EditionAllowance>& editions,
              ledger::Name present, const Allowance* grandfathered) {
  Advice advice;
  const EditionAllowance* smallest = Smallest(demand, editions);
  if (smallest != nullptr) advice.edition = smallest->edition;
  const EditionAllowance* here = Find(present, editions);
  const EditionAllowance* buyer = here;
  // A purchase gives credits, never slots.
  if (here == nullptr || !FitsSlots(demand, here->slots)) {
    buyer = smallest == nullptr ? BestToBuyOn(demand, editions) : nullptr;
  }
  if (buyer != nullptr && !Fits(demand, *buyer)) advice.purchase = PurchaseOn(demand, *buyer);
  advice.text = Sentence(advice, demand, editions, here, grandfathered);
  return advice;
}

}  // namespace quota::client
