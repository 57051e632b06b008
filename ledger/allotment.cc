#include "ledger/allotment.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/check.h"

namespace quota::ledger {
namespace {

// credits x count, at most kMaxCredits: what one figure of an allotment may be.
Credits Times(Credits credits, int64_t count) {
  if (count == 0 || credits == kZeroCredits) return kZeroCredits;
  if (credits.value() > kMaxCredits.value() / count) return kMaxCredits;
  return Credits(credits.value() * count);
}

int64_t LimitOf(const Plan& plan, Name pool, int64_t from_catalog) {
  for (const auto& [name, limit] : plan.limit_overrides) {
    if (name == pool) return limit;
  }
  return from_catalog;
}

}  // namespace

Allotment Allot(const Account& account, const CatalogRevision& catalog, int32_t date) {
  const Edition* edition = catalog.FindEdition(account.plan.edition.text());
  QUOTA_CHECK(edition != nullptr);
  Allotment allotment;
  allotment.credits.base = edition->base;
  allotment.credits.variable = Times(edition->per_agent, account.plan.agents);
  for (const Purchase& purchase : account.purchases) {
    if (!purchase.is_pack && purchase.ValidOn(date)) {
      allotment.credits.additional += purchase.credits;
    }
  }
  allotment.reason =
      fmt::format("{} of edition {} + {} for {} agents", allotment.credits.base.value(),
                  edition->name.text(), allotment.credits.variable.value(), account.plan.agents);
  return allotment;
}

Name ZoneOf(const Plan& plan, const CatalogRevision& catalog) {
  if (!plan.own_zone.empty()) return plan.own_zone;
  const DataCenter* center = catalog.FindDataCenter(plan.data_center.text());
  QUOTA_CHECK(center != nullptr);
  return center->zone;
}

std::vector<records::Pool> LimitsOf(const Plan& plan, const CatalogRevision& catalog) {
  const Edition* edition = catalog.FindEdition(plan.edition.text());
  QUOTA_CHECK(edition != nullptr);
  std::vector<records::Pool> limits;
  const auto add = [&limits, &plan](Name name, int64_t from_catalog) {
    records::Pool& pool = limits.emplace_back();
    pool.set_name(name.text());
    pool.set_limit(LimitOf(plan, name, from_catalog));
  };
  add(Name(kMainPool), edition->concurrency_limit);
  for (const CatalogPool& pool : catalog.pools()) add(pool.name, pool.concurrency_limit);
  return limits;
}

}  // namespace quota::ledger
