#include "ledger/balance.h"

#include <algorithm>
#include <tuple>

namespace quota::ledger {
namespace {

// The valid packs of `day`, the one that ends first, first.
std::vector<const Purchase*> PacksInOrder(const Account& account, const Day& day) {
  std::vector<const Purchase*> packs;
  for (const Purchase& purchase : account.purchases) {
    if (purchase.is_pack && purchase.ValidOn(day.date)) packs.push_back(&purchase);
  }
  std::sort(packs.begin(), packs.end(), [](const Purchase* a, const Purchase* b) {
    return std::make_tuple(a->last_day.value_or(INT32_MAX), a->number) <
           std::make_tuple(b->last_day.value_or(INT32_MAX), b->number);
  });
  return packs;
}

Credits Drawn(const Day& day) {
  Credits drawn;
  for (const PackDraw& draw : day.draws) drawn += draw.credits;
  return drawn;
}

}  // namespace

Credits PackAvailable(const Account& account, const Purchase& pack) {
  Credits available = pack.credits - pack.settled;
  for (const Day& day : account.days) {
    for (const PackDraw& draw : day.draws) {
      if (draw.purchase == pack.number) available -= draw.credits;
    }
  }
  return std::max(kZeroCredits, available);
}

Credits PacksAvailable(const Account& account, const Day& day) {
  Credits available;
  if (day.model == Model::kApiLimits) return available;
  for (const Purchase& purchase : account.purchases) {
    if (purchase.is_pack && purchase.ValidOn(day.date)) {
      available += PackAvailable(account, purchase);
    }
  }
  return available;
}

Credits Remaining(const Account& account, const Day& day) {
  const Credits daily_left = std::max(kZeroCredits, day.daily - day.used - day.held);
  if (account.purchases.empty()) return daily_left;
  return daily_left + PacksAvailable(account, day);
}

PackChanges LevelPacks(const Account& account, const Day& day, Credits pack_part) {
  PackChanges changes;
  Credits missing = pack_part - Drawn(day);
  if (missing > kZeroCredits) {
    for (const Purchase* pack : PacksInOrder(account, day)) {
      const Credits draw = std::min(missing, PackAvailable(account, *pack));
      if (draw > kZeroCredits) changes.push_back({pack->number, draw});
      missing -= draw;
      if (missing <= kZeroCredits) break;
    }
  } else {
    for (auto draw = day.draws.rbegin(); draw != day.draws.rend() && missing < kZeroCredits;
         ++draw) {
      const Credits back = std::min(-missing, draw->credits);
      changes.push_back({draw->purchase, -back});
      missing += back;
    }
  }
  return changes;
}

void ApplyPackChanges(const PackChanges& changes, PackDraws& draws) {
  for (const PackDraw& change : changes) {
    // Drawing: onto the last draw where it is of the same pack, so that the order of draws is kept.
    if (change.credits > kZeroCredits) {
      if (!draws.empty() && draws.back().purchase == change.purchase) {
        draws.back().credits += change.credits;
      } else {
        draws.push_back(change);
      }
      continue;
    }
    Credits back = -change.credits;
    while (back > kZeroCredits && !draws.empty() && draws.back().purchase == change.purchase) {
      const Credits part = std::min(back, draws.back().credits);
      draws.back().credits -= part;
      back -= part;
      if (draws.back().credits == kZeroCredits) draws.pop_back();
    }
  }
}

Credits DailyAfterChange(const Day& day, Credits sum) {
  return std::max(sum, std::min(day.daily, day.used + day.held));
}

BySource UsedBySource(const Day& day) {
  BySource used;
  Credits left = day.used;
  const auto take = [&left](Credits limit) {
    const Credits part = std::min(left, limit);
    left -= part;
    return part;
  };
  used.base = take(day.allotment.base);
  used.variable = take(day.allotment.variable);
  used.grandfathered = take(day.allotment.grandfathered);
  used.additional = take(day.allotment.additional);
  used.base += take(std::max(kZeroCredits, day.daily - day.allotment.Sum()));
  used.packs = left;
  return used;
}

Credits UsedOfDraw(const Day& day, const PackDraw& draw) {
  Credits used = std::max(kZeroCredits, day.used - day.daily);
  for (const PackDraw& other : day.draws) {
    const Credits part = std::min(used, other.credits);
    if (&other == &draw) return part;
    used -= part;
  }
  return kZeroCredits;
}

void FillSnapshot(const Account& account, const Day& day, int64_t catalog_revision,
                  Snapshot& snapshot) {
  snapshot.used = day.used;
  snapshot.held = day.held;
  snapshot.remaining = Remaining(account, day);
  snapshot.allotment = day.used + day.held + snapshot.remaining;
  snapshot.resets_at = day.end;
  snapshot.catalog_revision = catalog_revision;
  snapshot.pools.clear();
  for (const Pool& pool : account.pools) {
    // Field by field: a copy of one made elsewhere would wait until all earlier writes are done.
    PoolUsage& usage = snapshot.pools.emplace_back();
    usage.name = pool.name.text();
    usage.limit = pool.limit;
    usage.in_flight = pool.in_flight;
  }
}

}  // namespace quota::ledger
