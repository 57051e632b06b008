// Organisations as such: created, read, listed.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "common/status.h"
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

// The plan that the command gives, or what is wrong with it.
absl::StatusOr<Plan> NewPlan(std::string_view org, const CreateOrg& command,
                             const Context& context) {
  const Edition* edition = context.catalog.FindEdition(command.edition);
  if (edition == nullptr) {
    return InvalidStatus("edition: the catalog has no \"{}\"; it has {}", command.edition,
                         context.catalog.EditionNames());
  }
  const DataCenter* center = context.catalog.FindDataCenter(command.data_center);
  if (center == nullptr) {
    return InvalidStatus("data_center: the catalog has no \"{}\"; it has {}", command.data_center,
                         context.catalog.DataCenterNames());
  }
  const auto zone =
      context.catalog.Zone(command.own_zone.empty() ? center->zone.text() : command.own_zone);
  if (!zone) return InvalidStatus("time_zone: there is no IANA zone \"{}\"", command.own_zone);
  const absl::CivilDay today = DateAt(*zone, context.now);
  const absl::CivilDay signup_day = command.signup_day.value_or(today);
  if (signup_day > today) return InvalidStatus("signup_day: it is in the future");

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
  if (command.legacy_limit) plan.extras.Edit().legacy_limit = command.legacy_limit;
  if (command.grandfathered_until) {
    plan.extras.Edit().grandfathered_until = DaysSinceEpoch(*command.grandfathered_until);
  }
  plan.revision = 1;
  plan.created_at = context.now;
  const Model model = ModelOn(plan, context.catalog, DaysSinceEpoch(today));
  if (model == Model::kApiLimits && !command.legacy_limit) {
    return InvalidStatus(
        "legacy_limit: required: {} is on API limits, since it signed up before credits go live in "
        "{}",
        org, center->name.text());
  }
  return plan;
}

// The organisation that the command creates, or what is wrong with it.
absl::StatusOr<Account> NewAccount(const Shard& shard, std::string_view org,
                                   const CreateOrg& command, const Context& context) {
  QUOTA_ASSIGN_OR_RETURN(Plan plan, NewPlan(org, command, context));
  Account created;
  created.number = shard.account_count() + 1;
  created.org = org;
  created.plan = std::move(plan);
  SetLimits(LimitsOf(created.plan, context.catalog), created);
  return created;
}

// `created` as it is before its first day; `org` is what is answered.
records::OrgCreated Creation(const Account& created, const quota::v1::Org& org,
                             const AdminRequest& request, Instant now) {
  records::OrgCreated event;
  event.set_account(created.number);
  event.set_org_id(created.org);
  *event.mutable_plan() = ToRecord(created.plan);
  for (const Pool& pool : created.pools) {
    records::Pool& added = *event.add_pools();
    added.set_name(pool.name.text());
    added.set_limit(pool.limit);
  }
  *event.mutable_request() = ToRemember(request, org.SerializeAsString(), now);
  return event;
}

}  // namespace

Outcome DecideCreateOrg(const Shard& shard, const Account* account, std::string_view org,
                        const CreateOrg& command, const Context& context) {
  if (account != nullptr) {
    if (auto known = Remembered(*account, command.request)) return *std::move(known);
    return Failed(absl::AlreadyExistsError(fmt::format("org_id: {} exists already", org)));
  }
  const auto created = NewAccount(shard, org, command, context);
  if (!created.ok()) return Failed(created.status());
  OrgAnswer answer{MakeOrg(*created, context.catalog, context.now)};
  Outcome outcome;
  outcome.events.emplace_back(Creation(*created, answer.org, command.request, context.now));
  outcome.answer = std::move(answer);
  return outcome;
}

std::optional<Newcomer> DecideNewcomer(const Shard& shard, std::string_view org,
                                       const Context& context) {
  const auto& rule = context.catalog.unknown_organizations();
  if (!rule || context.newcomers == nullptr) return std::nullopt;
  CreateOrg create;
  create.request.action = "CreateOrg";
  create.edition = rule->edition.text();
  create.data_center = rule->data_center.text();
  create.by_call = true;
  auto created = NewAccount(shard, org, create, context);
  // Such as: it would be on API limits, with no limit of its own.
  if (!created.ok()) return std::nullopt;
  Newcomer newcomer{*std::move(created), {}};
  Account& account = newcomer.account;
  newcomer.events.emplace_back(Creation(account, MakeOrg(account, context.catalog, context.now),
                                        create.request, context.now));
  for (Event& opened : DecideDay(account, context)) {
    account.days.push_back(FromRecord(std::get<records::DayOpened>(opened).day()));
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

Outcome DecideRecordBackup(const RecordBackup& command, const Context& context) {
  records::BackupTaken event;
  event.set_name(std::string(command.name));
  event.set_bytes(command.bytes);
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
