#include "ledger/allotment.h"

#include <fmt/format.h>

#include <algorithm>

#include "absl/time/civil_time.h"
#include "common/check.h"
#include "ledger/calendar.h"

namespace quota::ledger {
namespace {

// credits x count, at most kMaxCredits: what one figure of an allotment may be.
Credits Times(Credits credits, int64_t count) {
  if (count == 0 || credits == kZeroCredits) return kZeroCredits;
  if (credits.value() > kMaxCredits.value() / count) return kMaxCredits;
  return Credits(credits.value() * count);
}

// 87,500
std::string Grouped(int64_t number) {
  std::string digits = std::to_string(number);
  for (size_t place = digits.size(); place > 3;) digits.insert(place -= 3, 1, ',');
  return digits;
}

const DataCenter& DataCenterOf(const Plan& plan, const CatalogRevision& catalog) {
  const DataCenter* center = catalog.FindDataCenter(plan.data_center.text());
  QUOTA_CHECK(center != nullptr);
  return *center;
}

}  // namespace

Model ModelOn(const Plan& plan, const CatalogRevision& catalog, int32_t date) {
  const DataCenter& center = DataCenterOf(plan, catalog);
  const bool live = !center.credits_live_on || date >= *center.credits_live_on;
  return live || !SignedUpOnLimits(plan, catalog) ? Model::kApiCredits : Model::kApiLimits;
}

bool SignedUpOnLimits(const Plan& plan, const CatalogRevision& catalog) {
  const DataCenter& center = DataCenterOf(plan, catalog);
  if (!center.credits_live_on) return false;
  const int32_t credits_from = catalog.sign_ups_on_credits_from().value_or(INT32_MAX);
  return plan.signup_day < std::min(*center.credits_live_on, credits_from);
}

namespace {

Credits AdditionalOn(const Account& account, int32_t date) {
  Credits additional;
  for (const Purchase& purchase : account.purchases) {
    if (!purchase.is_pack && purchase.ValidOn(date)) additional += purchase.credits;
  }
  return additional;
}

Allotment AllotLimits(const Plan& plan, const CatalogRevision& catalog) {
  Allotment allotment;
  allotment.model = Model::kApiLimits;
  allotment.credits.base = Credits(plan.extras->legacy_limit.value_or(0));
  const std::string until(
      absl::FormatCivilTime(DateOf(*DataCenterOf(plan, catalog).credits_live_on)));
  allotment.reason =
      plan.extras->legacy_limit
          ? fmt::format("API limits: {} calls a day; credits go live in {} on {}",
                        Grouped(*plan.extras->legacy_limit), plan.data_center.text(), until)
          : fmt::format("API limits: no legacy limit is set; credits go live in {} on {}",
                        plan.data_center.text(), until);
  return allotment;
}

// Why a legacy limit is not kept; empty where it may be.
std::string WhyNotGrandfathered(const Plan& plan, const CatalogRevision& catalog, int32_t date) {
  if (!SignedUpOnLimits(plan, catalog)) return "it signed up on credits";
  if (!plan.paid) return "it does not pay";
  if (plan.extras->grandfathered_until && date > *plan.extras->grandfathered_until) {
    return fmt::format(
        "it was kept until {}",
        std::string(absl::FormatCivilTime(DateOf(*plan.extras->grandfathered_until))));
  }
  return "";
}

}  // namespace

Allotment Allot(const Account& account, const CatalogRevision& catalog, int32_t date) {
  const Plan& plan = account.plan;
  if (ModelOn(plan, catalog, date) == Model::kApiLimits) return AllotLimits(plan, catalog);
  const Edition* edition = catalog.FindEdition(plan.edition.text());
  QUOTA_CHECK(edition != nullptr);
  Allotment allotment;
  allotment.credits.base = edition->base;
  allotment.credits.variable = Times(edition->per_agent, plan.agents);
  allotment.credits.additional = AdditionalOn(account, date);
  const Credits credits = edition->base + allotment.credits.variable;
  allotment.reason =
      fmt::format("{} credits: {} of edition {} + {} for {} agents", Grouped(credits.value()),
                  Grouped(edition->base.value()), edition->name.text(),
                  Grouped(allotment.credits.variable.value()), Grouped(plan.agents));
  if (!plan.extras->legacy_limit) return allotment;
  const std::string limits = Grouped(*plan.extras->legacy_limit);
  if (const std::string why = WhyNotGrandfathered(plan, catalog, date); !why.empty()) {
    allotment.reason += fmt::format("; the limit of {} does not count: {}", limits, why);
  } else if (*plan.extras->legacy_limit <= credits.value()) {
    allotment.reason = fmt::format("{} credits >= {} limits", Grouped(credits.value()), limits);
  } else {
    allotment.credits.grandfathered = Credits(*plan.extras->legacy_limit) - credits;
    allotment.reason =
        fmt::format("grandfathered: {} limits > {} credits", limits, Grouped(credits.value()));
  }
  return allotment;
}

Name ZoneOf(const Plan& plan, const CatalogRevision& catalog) {
  if (!plan.own_zone.empty()) return plan.own_zone;
  return DataCenterOf(plan, catalog).zone;
}

std::vector<records::Pool> LimitsOf(const Plan& plan, const CatalogRevision& catalog) {
  const Edition* edition = catalog.FindEdition(plan.edition.text());
  QUOTA_CHECK(edition != nullptr);
  std::vector<records::Pool> limits;
  const auto add = [&limits, &plan](Name name, int64_t from_catalog) {
    records::Pool& pool = limits.emplace_back();
    pool.set_name(name.text());
    pool.set_limit(plan.LimitOverride(name).value_or(from_catalog));
  };
  add(Name(kMainPool), edition->concurrency_limit);
  for (const CatalogPool& pool : catalog.pools()) add(pool.name, pool.concurrency_limit);
  return limits;
}

}  // namespace quota::ledger
