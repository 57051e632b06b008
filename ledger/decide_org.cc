// Organisations as such: created, read, listed.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "ledger/account_record.h"
#include "ledger/allotment.h"
#include "ledger/calendar.h"
#include "ledger/decide.h"
#include "ledger/org_view.h"
#include "ledger/plan_change.h"

namespace quota::ledger {

Outcome Decide(const Shard& shard, const Account& account, const GetOrg& command,
               const Context& context) {
  Outcome outcome;
  outcome.answer = OrgAnswer{MakeOrg(account, context.catalog, context.now)};
  return outcome;
}

Outcome Decide(const Shard& shard, const Account& account, const ListOpenDays& command,
               const Context& context) {
  OpenDaysAnswer answer;
  answer.account = account.number;
  for (auto day = account.days.rbegin(); day != account.days.rend(); ++day) {
    answer.days.push_back(MakeDayUsage(account, *day));
  }
  Outcome outcome;
  outcome.answer = std::move(answer);
  return outcome;
}

namespace {

template <typename... Args>
absl::Status InvalidPlan(fmt::format_string<Args...> text, Args&&... args) {
  return absl::InvalidArgumentError(fmt::format(text, std::forward<Args>(args)...));
}

// The plan that the command gives, or what is wrong with it.
absl::StatusOr<Plan> NewPlan(std::string_view org, const CreateOrg& command,
                             const Context& context) {
  const Edition* edition = context.catalog.FindEdition(command.edition);
  if (edition == nullptr) {
    return InvalidPlan("edition: the catalog has no \"{}\"; it has {}", command.edition,
                       context.catalog.EditionNames());
  }
  const DataCenter* center = context.catalog.FindDataCenter(command.data_center);
  if (center == nullptr) {
    return InvalidPlan("data_center: the catalog has no \"{}\"; it has {}", command.data_center,
                       context.catalog.DataCenterNames());
  }
  const auto zone =
      context.catalog.Zone(command.own_zone.empty() ? center->zone.text() : command.own_zone);
  if (!zone) return InvalidPlan("time_zone: there is no IANA zone \"{}\"", command.own_zone);
  const absl::CivilDay today = DateAt(*zone, context.now);
  const absl::CivilDay signup_day = command.signup_day.value_or(today);
  if (signup_day > today) return InvalidPlan("signup_day: it is in the future");

  Plan plan;
  plan.edition = edition->name;
  plan.data_center = center->name;
  // A name is kept for good: this one is known to exist.
  plan.own_zone = Name(command.own_zone);
  plan.agents = static_cast<int32_t>(command.agents);
  plan.light_agents = static_cast<int32_t>(command.light_agents);
  plan.signup_day = DaysSinceEpoch(signup_day);
  plan.paid = command.paid;
  plan.created_by_call = command.by_call;
  plan.legacy_limit = command.legacy_limit;
  if (command.grandfathered_until) {
    plan.grandfathered_until = DaysSinceEpoch(*command.grandfathered_until);
  }
  plan.revision = 1;
  plan.created_at = context.now;
  const Model model = ModelOn(plan, context.catalog, DaysSinceEpoch(today));
  if (model == Model::kApiLimits && !command.legacy_limit) {
    return InvalidPlan(
        "legacy_limit: required: {} is on API limits, since it signed up before credits go live in "
        "{}",
        org, center->name.text());
  }
  return plan;
}

}  // namespace

Outcome DecideCreateOrg(const Shard& shard, const Account* account, std::string_view org,
                        const CreateOrg& command, const Context& context) {
  if (account != nullptr) {
    if (auto known = Remembered(*account, command.request)) return *std::move(known);
    return Failed(absl::AlreadyExistsError(fmt::format("org_id: {} exists already", org)));
  }
  auto plan = NewPlan(org, command, context);
  if (!plan.ok()) return Failed(plan.status());

  Account created;
  created.number = shard.account_count() + 1;
  created.org = org;
  created.plan = *std::move(plan);
  const std::vector<records::Pool> limits = LimitsOf(created.plan, context.catalog);
  SetLimits(limits, created);

  records::OrgCreated event;
  event.set_account(created.number);
  event.set_org_id(created.org);
  *event.mutable_plan() = ToRecord(created.plan);
  for (const records::Pool& limit : limits) *event.add_pools() = limit;
  OrgAnswer answer{MakeOrg(created, context.catalog, context.now)};
  *event.mutable_request() =
      ToRemember(command.request, answer.org.SerializeAsString(), context.now);
  Outcome outcome;
  outcome.answer = std::move(answer);
  outcome.events.push_back(std::move(event));
  return outcome;
}

std::optional<Newcomer> DecideNewcomer(const Shard& shard, std::string_view org,
                                       const Context& context) {
  const auto& rule = context.catalog.unknown_organizations();
  if (!rule || context.newcomers == nullptr) return std::nullopt;
  const std::string edition(rule->edition.text());
  const std::string data_center(rule->data_center.text());
  CreateOrg create;
  create.request.action = "CreateOrg";
  create.edition = edition;
  create.data_center = data_center;
  create.by_call = true;
  Outcome created = DecideCreateOrg(shard, nullptr, org, create, context);
  // Such as: it would be on API limits, with no limit of its own.
  if (!created.status.ok()) return std::nullopt;
  const auto& event = std::get<records::OrgCreated>(created.events.front());
  Newcomer newcomer;
  newcomer.account.number = event.account();
  newcomer.account.org = org;
  newcomer.account.plan = FromRecord(event.plan());
  SetLimits({event.pools().begin(), event.pools().end()}, newcomer.account);
  newcomer.events = std::move(created.events);
  for (Event& opened : DecideDay(newcomer.account, context)) {
    newcomer.account.days.push_back(FromRecord(std::get<records::DayOpened>(opened).day()));
    newcomer.events.push_back(std::move(opened));
  }
  return newcomer;
}

Outcome DecideRecordReload(const RecordReload& command, const Context& context) {
  records::CatalogReloaded event;
  event.set_revision(command.revision);
  *event.mutable_request() = ToRemember(command.request, "", context.now);
  Outcome outcome;
  outcome.answer = DoneAnswer{};
  outcome.events.push_back(std::move(event));
  return outcome;
}

Outcome DecideListOrgs(const Shard& shard, const ListOrgs& command, const Context& context) {
  ListOrgsAnswer answer;
  AccountNumber number = std::max<AccountNumber>(1, command.first_account);
  for (; number <= shard.account_count() && answer.orgs.size() < command.page_size; ++number) {
    answer.orgs.push_back(MakeOrg(*shard.account(number), context.catalog, context.now));
  }
  answer.next_account = number <= shard.account_count() ? number : 0;
  Outcome outcome;
  outcome.answer = std::move(answer);
  return outcome;
}

}  // namespace quota::ledger
