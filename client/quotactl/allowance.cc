#include "client/quotactl/allowance.h"

#include <algorithm>
#include <utility>

#include "ledger/account.h"
#include "ledger/allotment.h"
#include "ledger/calendar.h"

namespace quota::client {
namespace {

using ledger::CatalogRevision;

// An account that has this plan and these bought credits on `day`.
ledger::Account AccountOf(ledger::Plan plan, Credits additional, int32_t day) {
  ledger::Account account;
  account.plan = std::move(plan);
  if (additional > kZeroCredits) {
    ledger::Purchase& purchase = account.purchases.emplace_back();
    purchase.credits = additional;
    purchase.first_day = day;
  }
  return account;
}

SlotCounts SlotsOf(const ledger::Plan& plan, const CatalogRevision& revision) {
  SlotCounts slots;
  if (plan.edition.empty()) return slots;
  for (const auto& pool : ledger::LimitsOf(plan, revision)) slots.push_back(pool.limit());
  return slots;
}

Allowance AllowanceOf(const ledger::Plan& plan, Credits additional, const CatalogRevision& revision,
                      int32_t day) {
  ledger::Allotment allotment = ledger::Allot(AccountOf(plan, additional, day), revision, day);
  return {.model = allotment.model,
          .credits = allotment.credits.Sum(),
          .slots = SlotsOf(plan, revision),
          .reason = std::move(allotment.reason)};
}

const ledger::DataCenter& CenterOf(const OrgFacts& facts, const CatalogRevision& revision) {
  return *revision.FindDataCenter(facts.plan.data_center.text());
}

}  // namespace

int32_t PlannedDay(const OrgFacts& facts, const CatalogRevision& revision, Instant now) {
  const auto zone = revision.Zone(ledger::ZoneOf(facts.plan, revision).text());
  const absl::CivilDay day =
      ledger::DateAt(zone.value_or(absl::UTCTimeZone()), std::max(now, revision.effective_from()));
  const ledger::DataCenter& center = CenterOf(facts, revision);
  return std::max(ledger::DaysSinceEpoch(day), center.credits_live_on.value_or(INT32_MIN));
}

std::optional<Allowance> UnderLimits(const OrgFacts& facts, const CatalogRevision& revision) {
  const ledger::DataCenter& center = CenterOf(facts, revision);
  if (!facts.plan.extras->legacy_limit || !center.credits_live_on) return std::nullopt;
  const int32_t day = *center.credits_live_on - 1;
  if (ledger::ModelOn(facts.plan, revision, day) != ledger::Model::kApiLimits) return std::nullopt;
  return AllowanceOf(facts.plan, facts.additional, revision, day);
}

std::optional<Allowance> UnderCredits(const OrgFacts& facts, const CatalogRevision& revision,
                                      int32_t day) {
  if (facts.plan.edition.empty()) return std::nullopt;
  ledger::Plan plan = facts.plan;
  plan.extras.Edit().legacy_limit.reset();
  return AllowanceOf(plan, facts.additional, revision, day);
}

std::optional<Allowance> Grandfathered(const OrgFacts& facts, const CatalogRevision& revision,
                                       int32_t day) {
  if (facts.plan.edition.empty() || !facts.plan.extras->legacy_limit) return std::nullopt;
  return AllowanceOf(facts.plan, facts.additional, revision, day);
}

std::vector<EditionAllowance> EditionAllowances(const OrgFacts& facts,
                                                const CatalogRevision& revision, int32_t day) {
  std::vector<EditionAllowance> allowances;
  for (const ledger::Edition& edition : revision.editions()) {
    OrgFacts there = facts;
    there.plan.edition = edition.name;
    // An edition of the catalog always has an allowance under credits.
    Allowance allowance = *UnderCredits(there, revision, day);
    EditionAllowance& entry = allowances.emplace_back();
    entry.edition = edition.name;
    entry.credits = allowance.credits;
    entry.slots = std::move(allowance.slots);
    if (edition.additional_ceiling) {
      entry.room = std::max(kZeroCredits, *edition.additional_ceiling - facts.additional);
    }
  }
  return allowances;
}

}  // namespace quota::client
