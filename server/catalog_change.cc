#include "server/catalog_change.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace quota::server {
namespace {

absl::Status Lacks(std::string_view what, std::string_view name, const ledger::Account& account) {
  return absl::FailedPreconditionError(
      fmt::format("the catalog has no {} \"{}\", which {} uses: give it one that has", what, name,
                  account.org));
}

bool HasPool(const ledger::CatalogRevision& catalog, ledger::Name pool) {
  return pool.text() == ledger::kMainPool ||
         std::any_of(catalog.pools().begin(), catalog.pools().end(),
                     [pool](const ledger::CatalogPool& known) { return known.name == pool; });
}

}  // namespace

absl::Status CheckInUse(const ledger::Shard& shard, const ledger::CatalogRevision& catalog) {
  for (ledger::AccountNumber number = 1; number <= shard.account_count(); ++number) {
    const ledger::Account& account = *shard.account(number);
    const ledger::Plan& plan = account.plan;
    if (catalog.FindEdition(plan.edition.text()) == nullptr) {
      return Lacks("edition", plan.edition.text(), account);
    }
    if (catalog.FindDataCenter(plan.data_center.text()) == nullptr) {
      return Lacks("data center", plan.data_center.text(), account);
    }
    for (const ledger::Pool& pool : account.pools) {
      const bool in_use = pool.in_flight > 0 || plan.LimitOverride(pool.name).has_value();
      if (in_use && !HasPool(catalog, pool.name)) return Lacks("pool", pool.name.text(), account);
    }
    if (!plan.own_zone.empty() && !catalog.Zone(plan.own_zone.text())) {
      return absl::FailedPreconditionError(fmt::format(
          "there is no time zone \"{}\", which {} uses: install the zone database (tzdata)",
          plan.own_zone.text(), account.org));
    }
  }
  return absl::OkStatus();
}

bool HasAllNames(const ledger::CatalogRevision& next, const ledger::CatalogRevision& old) {
  return std::all_of(old.editions().begin(), old.editions().end(),
                     [&next](const ledger::Edition& edition) {
                       return next.FindEdition(edition.name.text()) != nullptr;
                     }) &&
         std::all_of(old.data_centers().begin(), old.data_centers().end(),
                     [&next](const ledger::DataCenter& center) {
                       return next.FindDataCenter(center.name.text()) != nullptr;
                     }) &&
         std::all_of(old.pools().begin(), old.pools().end(),
                     [&next](const ledger::CatalogPool& pool) { return HasPool(next, pool.name); });
}

absl::Status CheckRevision(const ledger::CatalogRevision& next,
                           const ledger::CatalogRevision& old) {
  if (next.number() < old.number()) {
    return absl::FailedPreconditionError(
        fmt::format("revision {} would be in force; it must not be below {}, which is in force now",
                    next.number(), old.number()));
  }
  if (next.number() == old.number() &&
      next.source().SerializeAsString() != old.source().SerializeAsString()) {
    return absl::FailedPreconditionError(
        fmt::format("revision {} is in force with other figures: give these another number, and an "
                    "effective_from",
                    next.number()));
  }
  return absl::OkStatus();
}

}  // namespace quota::server
