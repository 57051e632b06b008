// The rules of administration: what a change of the plan brings, at once.

#include <fmt/format.h>

#include <algorithm>

#include "common/check.h"
#include "common/stable_hash.h"
#include "common/status.h"
#include "ledger/account_record.h"
#include "ledger/allotment.h"
#include "ledger/balance.h"
#include "ledger/calendar.h"
#include "ledger/decide.h"
#include "ledger/org_view.h"

namespace quota::ledger {
namespace {

Outcome Failed(absl::Status status) { return {std::move(status), {}, {}}; }

template <typename... Args>
Outcome Invalid(fmt::format_string<Args...> format, Args&&... args) {
  return Failed(absl::InvalidArgumentError(fmt::format(format, std::forward<Args>(args)...)));
}

// The answer to a request that has been answered before, or an error where its id was used for
// another.
std::optional<Outcome> Remembered(const Account& account, const AdminRequest& request,
                                  bool is_purchase) {
  for (const RememberedRequest& known : account.admin_requests) {
    if (known.request_id != request.request_id) continue;
    if (known.fingerprint != request.fingerprint) {
      return Failed(absl::AlreadyExistsError(
          fmt::format("request_id: {} was used with another request; make a new id for each change",
                      request.request_id)));
    }
    Outcome outcome;
    if (is_purchase) {
      outcome.answer.emplace<PurchaseAnswer>().response.ParseFromString(known.answer);
    } else {
      outcome.answer.emplace<OrgAnswer>().org.ParseFromString(known.answer);
    }
    return outcome;
  }
  return std::nullopt;
}

std::optional<Outcome> WrongRevision(const Account& account, const AdminRequest& request) {
  if (!request.expected_revision || *request.expected_revision == account.plan.revision) {
    return std::nullopt;
  }
  return Failed(absl::AbortedError(
      fmt::format("expected_revision: {}; {} is at revision {}: read it again and decide anew",
                  *request.expected_revision, account.org, account.plan.revision)));
}

// What comes before every change of a plan: a retry gets its answer, a stale one is refused.
std::optional<Outcome> AnsweredBefore(const Account& account, const AdminRequest& request) {
  if (auto known = Remembered(account, request, false)) return known;
  return WrongRevision(account, request);
}

// How many remembered requests are old enough to be forgotten.
uint32_t Forgotten(const Account& account, Instant now) {
  uint32_t count = 0;
  for (const RememberedRequest& request : account.admin_requests) {
    if (request.at + kAdminRequestLife > now) break;
    ++count;
  }
  return count;
}

std::optional<Outcome> TooManyRequests(const Account& account, Instant now) {
  if (account.admin_requests.size() - Forgotten(account, now) < kMaxAdminRequests) {
    return std::nullopt;
  }
  return Failed(WithReason(absl::ResourceExhaustedError(fmt::format(
                               "{} had {} changes within 24 hours: the most that are remembered",
                               account.org, kMaxAdminRequests)),
                           kOverloaded));
}

// Gives the current day of `after` the allotment that its plan and purchases now come to; returns
// the change, or nothing where no day is open.
std::optional<records::DayChange> Reallot(Account& after, const Context& context) {
  if (after.CurrentDay(context.now) == nullptr) return std::nullopt;
  Day& day = after.days.back();
  const Allotment allotment = Allot(after, context.catalog, day.date);
  day.daily = DailyAfterChange(day, allotment.credits.Sum());
  day.allotment = allotment.credits;
  day.model = allotment.model;
  day.catalog_revision = context.catalog.number();
  ApplyPackChanges(LevelPacks(after, day, day.PackPart()), day.draws);
  records::DayChange change;
  change.set_start(ToMicros(day.start));
  *change.mutable_allotment() = ToRecord(day.allotment);
  change.set_daily(day.daily.value());
  change.set_model(static_cast<int32_t>(day.model));
  change.set_catalog_revision(day.catalog_revision);
  for (const PackDraw& draw : day.draws) {
    auto* added = change.add_draws();
    added->set_pack(draw.purchase);
    added->set_credits(draw.credits.value());
  }
  return change;
}

records::AdminRequest ToRemember(const AdminRequest& request, const std::string& answer,
                                 Instant now) {
  records::AdminRequest record;
  record.set_request_id(request.request_id.data(), request.request_id.size());
  record.set_fingerprint(request.fingerprint);
  record.set_at(ToMicros(now));
  record.set_answer(answer);
  return record;
}

void SetLimits(const std::vector<records::Pool>& limits, Account& after) {
  for (const records::Pool& limit : limits) {
    const int index = after.FindPool(Name(limit.name()));
    if (index >= 0) {
      after.pools[static_cast<size_t>(index)].limit = static_cast<int32_t>(limit.limit());
    } else {
      after.pools.push_back({Name(limit.name()), static_cast<int32_t>(limit.limit()), 0});
    }
  }
}

// Completes a change of the plan: `after` is the account with the new plan.
Outcome ChangePlan(Account after, const AdminRequest& request, const Context& context) {
  if (auto refused = TooManyRequests(after, context.now)) return *std::move(refused);
  ++after.plan.revision;
  records::PlanChanged event;
  event.set_account(after.number);
  *event.mutable_plan() = ToRecord(after.plan);
  const std::vector<records::Pool> limits = LimitsOf(after.plan, context.catalog);
  for (const records::Pool& limit : limits) *event.add_pools() = limit;
  SetLimits(limits, after);
  if (auto change = Reallot(after, context)) *event.add_days() = *std::move(change);
  OrgAnswer answer{MakeOrg(after, context.catalog, context.now)};
  *event.mutable_request() = ToRemember(request, answer.org.SerializeAsString(), context.now);
  event.set_requests_forgotten(Forgotten(after, context.now));
  Outcome outcome;
  outcome.answer = std::move(answer);
  outcome.events.push_back(std::move(event));
  return outcome;
}

Outcome UnknownEdition(std::string_view edition, const CatalogRevision& catalog) {
  return Invalid("edition: the catalog has no \"{}\"; it has {}", edition, catalog.EditionNames());
}

}  // namespace

Outcome Decide(const Shard& shard, const Account& account, const GetOrg& command,
               const Context& context) {
  Outcome outcome;
  outcome.answer = OrgAnswer{MakeOrg(account, context.catalog, context.now)};
  return outcome;
}

Outcome Decide(const Shard& shard, const Account& account, const SetEdition& command,
               const Context& context) {
  if (auto known = AnsweredBefore(account, command.request)) return *std::move(known);
  const Edition* edition = context.catalog.FindEdition(command.edition);
  if (edition == nullptr) return UnknownEdition(command.edition, context.catalog);
  Account after = account;
  after.plan.edition = edition->name;
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
  auto& overrides = after.plan.limit_overrides;
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

// The most additional credits that a day of `purchase` would have: sums rise only where a purchase
// begins.
Credits HighestDay(const Account& account, const Purchase& purchase) {
  const auto sum_on = [&account, &purchase](int32_t date) {
    Credits sum = purchase.credits;
    for (const Purchase& other : account.purchases) {
      if (!other.is_pack && other.ValidOn(date)) sum += other.credits;
    }
    return sum;
  };
  Credits highest = sum_on(purchase.first_day);
  for (const Purchase& other : account.purchases) {
    if (purchase.ValidOn(other.first_day)) highest = std::max(highest, sum_on(other.first_day));
  }
  return highest;
}

// Whether the purchase would lift the additional credits of some day above the edition's ceiling.
std::optional<Outcome> AboveCeiling(const Account& account, const Purchase& purchase,
                                    const Context& context) {
  const Edition* edition = context.catalog.FindEdition(account.plan.edition.text());
  if (purchase.is_pack || !edition->additional_ceiling) return std::nullopt;
  const Credits highest = HighestDay(account, purchase);
  if (highest <= *edition->additional_ceiling) return std::nullopt;
  return Failed(absl::FailedPreconditionError(
      fmt::format("credits_per_day: {} additional credits a day in all; edition {} allows {}",
                  highest.value(), edition->name.text(), edition->additional_ceiling->value())));
}

uint64_t PurchaseFingerprint(const PurchaseCredits& command) {
  const auto day = [](const std::optional<absl::CivilDay>& date) {
    return date ? static_cast<uint64_t>(DaysSinceEpoch(*date)) : UINT64_MAX;
  };
  return StableHash()
      .Add(command.purchase_id)
      .Add(static_cast<uint64_t>(command.is_pack))
      .Add(static_cast<uint64_t>(command.credits.value()))
      .Add(day(command.first_day))
      .Add(day(command.last_day))
      .Value();
}

// A second purchase under a known id: the first one's answer, as things stand, or an error.
std::optional<Outcome> KnownPurchase(const Account& account, const PurchaseCredits& command,
                                     const Context& context) {
  for (const Purchase& known : account.purchases) {
    if (known.purchase_id != command.purchase_id) continue;
    if (known.fingerprint != PurchaseFingerprint(command)) {
      return Failed(absl::AlreadyExistsError(
          fmt::format("purchase_id: {} was used for another purchase", command.purchase_id)));
    }
    PurchaseAnswer answer;
    *answer.response.mutable_purchase() = MakePurchase(account, known);
    *answer.response.mutable_org() = MakeOrg(account, context.catalog, context.now);
    Outcome outcome;
    outcome.answer = std::move(answer);
    return outcome;
  }
  return std::nullopt;
}

// The purchase that the command makes, or an error.
absl::StatusOr<Purchase> MakePurchase(const Account& account, const PurchaseCredits& command,
                                      const Context& context) {
  const int32_t today = account.CurrentDay(context.now)->date;
  Purchase purchase;
  purchase.number = account.next_purchase;
  purchase.purchase_id = command.purchase_id;
  purchase.fingerprint = PurchaseFingerprint(command);
  purchase.is_pack = command.is_pack;
  purchase.credits = command.credits;
  purchase.first_day = command.first_day ? DaysSinceEpoch(*command.first_day) : today;
  if (command.last_day) purchase.last_day = DaysSinceEpoch(*command.last_day);
  purchase.purchased_at = context.now;
  if (purchase.first_day < today) {
    return absl::InvalidArgumentError("first_day: it is in the past; the earliest is today");
  }
  if (purchase.last_day && *purchase.last_day < purchase.first_day) {
    return absl::InvalidArgumentError("last_day: it must not be before first_day");
  }
  return purchase;
}

}  // namespace

Outcome Decide(const Shard& shard, const Account& account, const PurchaseCredits& command,
               const Context& context) {
  if (auto known = Remembered(account, command.request, true)) return *std::move(known);
  if (auto known = KnownPurchase(account, command, context)) return *std::move(known);
  if (auto refused = WrongRevision(account, command.request)) return *std::move(refused);
  if (auto refused = TooManyRequests(account, context.now)) return *std::move(refused);
  auto purchase = MakePurchase(account, command, context);
  if (!purchase.ok()) return Failed(purchase.status());
  if (account.purchases.size() >= kMaxPurchases) {
    return Failed(absl::FailedPreconditionError(
        fmt::format("{} has {} purchases, the most that one organisation may have in its history",
                    account.org, kMaxPurchases)));
  }
  if (auto refused = AboveCeiling(account, *purchase, context)) return *std::move(refused);

  Account after = account;
  after.purchases.push_back(*purchase);
  ++after.next_purchase;
  ++after.plan.revision;
  records::CreditsPurchased event;
  event.set_account(after.number);
  *event.mutable_purchase() = ToRecord(*purchase);
  event.set_revision(after.plan.revision);
  if (auto change = Reallot(after, context)) *event.add_days() = *std::move(change);
  PurchaseAnswer answer;
  *answer.response.mutable_purchase() = MakePurchase(after, after.purchases.back());
  *answer.response.mutable_org() = MakeOrg(after, context.catalog, context.now);
  *event.mutable_request() =
      ToRemember(command.request, answer.response.SerializeAsString(), context.now);
  event.set_requests_forgotten(Forgotten(after, context.now));
  Outcome outcome;
  outcome.answer = std::move(answer);
  outcome.events.push_back(std::move(event));
  return outcome;
}

Outcome DecideCreateOrg(const Shard& shard, const Account* account, std::string_view org,
                        const CreateOrg& command, const Context& context) {
  if (account != nullptr) {
    if (auto known = Remembered(*account, command.request, false)) return *std::move(known);
    return Failed(absl::AlreadyExistsError(fmt::format("org_id: {} exists already", org)));
  }
  const Edition* edition = context.catalog.FindEdition(command.edition);
  if (edition == nullptr) return UnknownEdition(command.edition, context.catalog);
  const DataCenter* center = context.catalog.FindDataCenter(command.data_center);
  if (center == nullptr) {
    return Invalid("data_center: the catalog has no \"{}\"; it has {}", command.data_center,
                   context.catalog.DataCenterNames());
  }
  const auto zone =
      context.catalog.Zone(command.own_zone.empty() ? center->zone.text() : command.own_zone);
  if (!zone) return Invalid("time_zone: there is no IANA zone \"{}\"", command.own_zone);
  const absl::CivilDay today = DateAt(*zone, context.now);
  const absl::CivilDay signup_day = command.signup_day.value_or(today);
  if (signup_day > today) return Invalid("signup_day: it is in the future");

  Account created;
  created.number = shard.account_count() + 1;
  created.org = org;
  created.plan.edition = edition->name;
  created.plan.data_center = center->name;
  // A name is kept for good: this one is known to exist.
  created.plan.own_zone = Name(command.own_zone);
  created.plan.agents = static_cast<int32_t>(command.agents);
  created.plan.light_agents = static_cast<int32_t>(command.light_agents);
  created.plan.signup_day = DaysSinceEpoch(signup_day);
  created.plan.paid = command.paid;
  created.plan.revision = 1;
  created.plan.created_at = context.now;
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
