#include "ledger/org_view.h"

#include "common/check.h"
#include "ledger/allotment.h"
#include "ledger/balance.h"
#include "ledger/calendar.h"

namespace quota::ledger {
namespace {

void SetDate(int32_t days_since_epoch, quota::v1::Date* date) {
  const absl::CivilDay day = DateOf(days_since_epoch);
  date->set_year(static_cast<int32_t>(day.year()));
  date->set_month(day.month());
  date->set_day(day.day());
}

void SetCredits(const DailyCredits& credits, quota::v1::CreditsBySource* out) {
  out->set_base(credits.base.value());
  out->set_variable(credits.variable.value());
  out->set_grandfathered(credits.grandfathered.value());
  out->set_additional(credits.additional.value());
}

}  // namespace

void SetTimestamp(Instant instant, google::protobuf::Timestamp* timestamp) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(instant);
  timestamp->set_seconds(seconds.time_since_epoch().count());
  timestamp->set_nanos(static_cast<int32_t>((instant - seconds).count()) * 1000);
}

quota::v1::Purchase MakePurchase(const Account& account, const Purchase& purchase) {
  quota::v1::Purchase view;
  view.set_purchase_id(purchase.purchase_id);
  SetDate(purchase.first_day, view.mutable_first_day());
  if (purchase.last_day) SetDate(*purchase.last_day, view.mutable_last_day());
  SetTimestamp(purchase.purchased_at, view.mutable_purchased_at());
  if (purchase.revoked_on) SetDate(*purchase.revoked_on, view.mutable_revoked_on());
  if (!purchase.is_pack) {
    view.set_credits_per_day(purchase.credits.value());
    return view;
  }
  Credits used = purchase.settled;
  Credits held;
  for (const Day& day : account.days) {
    for (const PackDraw& draw : day.draws) {
      if (draw.purchase != purchase.number) continue;
      const Credits used_part = UsedOfDraw(day, draw);
      used += used_part;
      held += draw.credits - used_part;
    }
  }
  view.mutable_pack()->set_credits(purchase.credits.value());
  view.mutable_pack()->set_used(used.value());
  view.mutable_pack()->set_held(held.value());
  return view;
}

quota::v1::Org MakeOrg(const Account& account, const CatalogRevision& catalog, Instant now) {
  const Name zone_name = ZoneOf(account.plan, catalog);
  const auto zone = catalog.Zone(zone_name.text());
  QUOTA_CHECK(zone.has_value());
  const Day* day = account.CurrentDay(now);
  const int32_t today = day != nullptr ? day->date : DaysSinceEpoch(DateAt(*zone, now));
  const Allotment allotment = Allot(account, catalog, today);
  const Model model = day != nullptr ? day->model : allotment.model;

  quota::v1::Org org;
  org.set_org_id(account.org);
  org.set_edition(account.plan.edition.text());
  org.set_agents(account.plan.agents);
  org.set_light_agents(account.plan.light_agents);
  org.set_data_center(account.plan.data_center.text());
  org.set_time_zone(zone_name.text());
  SetDate(account.plan.signup_day, org.mutable_signup_day());
  org.set_paid(account.plan.paid);
  org.set_suspended(account.plan.suspended);
  org.set_suspended_reason(account.plan.extras->suspended_reason);
  org.set_revision(account.plan.revision);
  for (const Pool& pool : account.pools) {
    auto* added = org.add_pools();
    added->set_name(pool.name.text());
    added->set_limit(pool.limit);
    added->set_overridden(account.plan.LimitOverride(pool.name).has_value());
  }
  auto* by_source = org.mutable_allotment_by_source();
  // A day that is open keeps the figures with which it opened, whatever the catalog says by now.
  SetCredits(day != nullptr ? day->allotment : allotment.credits, by_source);
  Credits packs;
  for (const Purchase& purchase : account.purchases) {
    if (purchase.revoked_on || (purchase.last_day && *purchase.last_day < today)) continue;
    *org.add_purchases() = MakePurchase(account, purchase);
    const bool counts = model == Model::kApiCredits && purchase.is_pack && purchase.ValidOn(today);
    if (counts) packs += PackAvailable(account, purchase);
  }
  if (day != nullptr) packs += day->PackPart();
  by_source->set_packs(packs.value());
  org.set_model(static_cast<quota::v1::Model>(model));
  org.set_model_reason(allotment.reason);
  if (account.plan.extras->legacy_limit) org.set_legacy_limit(*account.plan.extras->legacy_limit);
  if (account.plan.extras->grandfathered_until) {
    SetDate(*account.plan.extras->grandfathered_until, org.mutable_grandfathered_until());
  }
  SetTimestamp(account.plan.created_at, org.mutable_created_at());
  return org;
}

quota::v1::DayUsage MakeDayUsage(const Account& account, const Day& day) {
  quota::v1::DayUsage usage;
  SetTimestamp(day.start, usage.mutable_starts_at());
  SetTimestamp(day.end, usage.mutable_ends_at());
  SetDate(day.date, usage.mutable_date());
  usage.set_time_zone(day.zone.text());
  usage.set_model(static_cast<quota::v1::Model>(day.model));
  usage.set_used(day.used.value());
  usage.set_held(day.held.value());
  usage.set_overage(day.overage.value());
  SetCredits(day.allotment, usage.mutable_allotment_by_source());
  // A pack is no day's own: what the day drew from packs is what they allotted to it.
  usage.mutable_allotment_by_source()->set_packs(day.PackPart().value());
  const BySource used = UsedBySource(day);
  auto* by_source = usage.mutable_used_by_source();
  SetCredits({used.base, used.variable, used.grandfathered, used.additional}, by_source);
  by_source->set_packs(used.packs.value());
  usage.set_catalog_revision(day.catalog_revision);
  usage.set_edition(account.plan.edition.text());
  return usage;
}

UsageAnswer MakeUsage(const Account& account, const Day& day, const CatalogRevision& catalog) {
  UsageAnswer usage;
  usage.edition = account.plan.edition.text();
  usage.model = day.model;
  usage.model_reason = Allot(account, catalog, day.date).reason;
  FillSnapshot(account, day, catalog.number(), usage.usage);
  usage.allotment_by_source = {day.allotment.base, day.allotment.variable,
                               day.allotment.grandfathered, day.allotment.additional,
                               PacksAvailable(account, day) + day.PackPart()};
  // What a lowered plan no longer allots but had already covered today; see UsedBySource.
  usage.allotment_by_source.base += day.daily - day.allotment.Sum();
  usage.used_by_source = UsedBySource(day);
  usage.overage = day.overage;
  usage.day_starts_at = day.start;
  usage.time_zone = day.zone.text();
  usage.suspended = account.plan.suspended;
  usage.open_reservations = account.hold_count;
  return usage;
}

}  // namespace quota::ledger
