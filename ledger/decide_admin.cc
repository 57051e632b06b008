// The rules of administration: what a change of the plan brings, at once.

#include <fmt/format.h>

#include <algorithm>

#include "ledger/allotment.h"
#include "ledger/calendar.h"
#include "ledger/decide.h"
#include "ledger/plan_change.h"

namespace quota::ledger {

Outcome Decide(const Shard& shard, const Account& account, const SetEdition& command,
               const Context& context) {
  if (auto known = AnsweredBefore(account, command.request)) return *std::move(known);
  const Edition* edition = context.catalog.FindEdition(command.edition);
  if (edition == nullptr) {
    return Invalid("edition: the catalog has no \"{}\"; it has {}", command.edition,
                   context.catalog.EditionNames());
  }
  Account after = account;
  after.plan.edition = edition->name;
  if (command.paid) after.plan.paid = *command.paid;
  return ChangePlan(std::move(after), command.request, context);
}

Outcome Decide(const Shard& shard, const Account& account, const SetAgents& command,
               const Context& context) {
  if (auto known = AnsweredBefore(account, command.request)) return *std::move(known);
  Account after = account;
  after.plan.agents = static_cast<int32_t>(command.agents);
  if (command.light_agents) after.plan.light_agents = static_cast<int32_t>(*command.light_agents);
  return ChangePlan(std::move(after), command.request, context);
}

Outcome Decide(const Shard& shard, const Account& account, const SetConcurrencyLimit& command,
               const Context& context) {
  if (auto known = AnsweredBefore(account, command.request)) return *std::move(known);
  const auto known_pool =
      std::find_if(account.pools.begin(), account.pools.end(),
                   [&command](const Pool& pool) { return pool.name.text() == command.pool; });
  if (known_pool == account.pools.end()) {
    std::string names;
    for (const Pool& known : account.pools)
      names += (names.empty() ? "" : ", ") + known.name.text();
    return Invalid("pool: there is no \"{}\"; there is {}", command.pool, names);
  }
  const Name pool = known_pool->name;
  Account after = account;
  auto& overrides = after.plan.extras.Edit().limit_overrides;
  std::erase_if(overrides, [pool](const auto& entry) { return entry.first == pool; });
  if (command.limit) {
    const auto place = std::find_if(overrides.begin(), overrides.end(), [pool](const auto& entry) {
      return entry.first.text() > pool.text();
    });
    overrides.insert(place, {pool, *command.limit});
  }
  return ChangePlan(std::move(after), command.request, context);
}

namespace {

// A plan that would be on API limits without having any.
std::optional<Outcome> LacksLimit(const Account& after, const Context& context) {
  const int32_t today = after.CurrentDay(context.now)->date;
  const bool on_limits = ModelOn(after.plan, context.catalog, today) == Model::kApiLimits;
  if (!on_limits || after.plan.extras->legacy_limit) return std::nullopt;
  return Failed(absl::FailedPreconditionError(fmt::format(
      "legacy_limit: required: {} is on API limits until credits go live in {}; see SetLegacyLimit",
      after.org, after.plan.data_center.text())));
}

}  // namespace

Outcome Decide(const Shard& shard, const Account& account, const SetLegacyLimit& command,
               const Context& context) {
  if (auto known = AnsweredBefore(account, command.request)) return *std::move(known);
  Account after = account;
  PlanExtras& extras = after.plan.extras.Edit();
  extras.legacy_limit = command.limit;
  extras.grandfathered_until.reset();
  if (command.grandfathered_until) {
    extras.grandfathered_until = DaysSinceEpoch(*command.grandfathered_until);
  }
  if (auto refused = LacksLimit(after, context)) return *std::move(refused);
  return ChangePlan(std::move(after), command.request, context);
}

Outcome Decide(const Shard& shard, const Account& account, const SetDataCenter& command,
               const Context& context) {
  if (auto known = AnsweredBefore(account, command.request)) return *std::move(known);
  Account after = account;
  if (!command.data_center.empty()) {
    const DataCenter* center = context.catalog.FindDataCenter(command.data_center);
    if (center == nullptr) {
      return Invalid("data_center: the catalog has no \"{}\"; it has {}", command.data_center,
                     context.catalog.DataCenterNames());
    }
    after.plan.data_center = center->name;
  }
  if (command.own_zone) {
    if (!command.own_zone->empty() && !context.catalog.Zone(*command.own_zone)) {
      return Invalid("time_zone: there is no IANA zone \"{}\"", *command.own_zone);
    }
    // A name is kept for good: this one is known to exist.
    after.plan.own_zone = Name(*command.own_zone);
  }
  if (auto refused = LacksLimit(after, context)) return *std::move(refused);
  return ChangePlan(std::move(after), command.request, context);
}

Outcome Decide(const Shard& shard, const Account& account, const SuspendOrg& command,
               const Context& context) {
  if (auto known = AnsweredBefore(account, command.request)) return *std::move(known);
  Account after = account;
  after.plan.suspended = true;
  after.plan.extras.Edit().suspended_reason = command.reason;
  return ChangePlan(std::move(after), command.request, context);
}

Outcome Decide(const Shard& shard, const Account& account, const ResumeOrg& command,
               const Context& context) {
  if (auto known = AnsweredBefore(account, command.request)) return *std::move(known);
  Account after = account;
  after.plan.suspended = false;
  after.plan.extras.Edit().suspended_reason.clear();
  return ChangePlan(std::move(after), command.request, context);
}

}  // namespace quota::ledger
