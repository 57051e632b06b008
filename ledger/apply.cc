// Shard::Apply: what each event changes. No rule is decided here; the event says what came of it.

#include <fmt/format.h>

#include <algorithm>

#include "ledger/account_record.h"
#include "ledger/record_bounds.h"
#include "ledger/shard.h"

namespace quota::ledger {
namespace {

absl::Status Misfit(AccountNumber account, std::string_view what) {
  return absl::DataLossError(fmt::format("account {}: {}", account, what));
}

// a + b, or the most that there is: neither is negative.
Credits AddUpToMost(Credits a, Credits b) {
  constexpr int64_t kMost = INT64_MAX;
  return a.value() > kMost - b.value() ? Credits(kMost) : a + b;
}

// After a rare event changed `account`: what the event said need not fit what was there.
absl::Status CheckFit(const Account& account) {
  if (InBounds(account)) return absl::OkStatus();
  return Misfit(account.number, "an event makes its figures impossible");
}

// The same after a frequent one, which changes one day and the pools.
absl::Status CheckFit(const Account& account, const Day& day) {
  bool fits = InBounds(day.used) && InBounds(day.held) && account.hold_count <= kMaxHolds;
  for (const Pool& pool : account.pools) {
    fits = fits && pool.in_flight >= 0 && pool.in_flight <= kMaxInFlight;
  }
  Credits drawn;
  for (const PackDraw& draw : day.draws) {
    drawn += draw.credits;
    fits = fits && InBounds(draw.credits) && InBounds(drawn);
  }
  return fits ? absl::OkStatus() : Misfit(account.number, "an event makes its figures impossible");
}

}  // namespace

absl::Status Shard::Apply(const Event& event, Instant at, uint64_t sequence) {
  last_at_ = std::max(last_at_, at);
  return std::visit(
      [this, at, sequence](const auto& body) { return ApplyBody(body, at, sequence); }, event);
}

absl::StatusOr<Account*> Shard::Touch(AccountNumber number, uint64_t sequence) {
  Account* account = MutableAccount(number);
  if (account == nullptr) return Misfit(number, "an event names it, but it does not exist");
  if (recovering_ && sequence <= account->saved_sequence) return nullptr;
  if (account->dirty_since == 0) {
    account->dirty_since = sequence;
    dirty_.emplace_back(sequence, number);
  }
  return account;
}

absl::Status Shard::ApplyBody(const Reserved& event, Instant at, uint64_t sequence) {
  const auto touched = Touch(event.account, sequence);
  if (!touched.ok()) return touched.status();
  if (*touched == nullptr) return absl::OkStatus();
  Account& account = **touched;
  Day* day = account.FindDay(event.day_start);
  if (day == nullptr || event.second_pool >= account.pools.size()) {
    return Misfit(event.account, "a hold names a day or a pool that it does not have");
  }
  Hold* hold = ids_.AddHold(event.account, event.id);
  if (hold == nullptr) return Misfit(event.account, "an id is reserved twice");
  day->held += event.credits;
  ApplyPackChanges(event.packs, day->draws);
  account.pools[0].in_flight += static_cast<int32_t>(event.slots);
  if (event.second_pool != 0) ++account.pools[event.second_pool].in_flight;

  hold->fingerprint = event.fingerprint;
  hold->held = event.credits;
  hold->day_start = event.day_start;
  hold->created_at = at;
  hold->deadline = event.deadline;
  hold->slots = event.slots;
  hold->second_pool = event.second_pool;
  hold->commit_on_expiry = event.commit_on_expiry;
  LinkHold(hold, account, event.session);
  Schedule(account, event.deadline);
  return CheckFit(account, *day);
}

absl::Status Shard::ApplyBody(const Extended& event, Instant at, uint64_t sequence) {
  const auto touched = Touch(event.account, sequence);
  if (!touched.ok()) return touched.status();
  if (*touched == nullptr) return absl::OkStatus();
  Hold* hold = ids_.FindHold(event.account, event.id);
  if (hold == nullptr) return Misfit(event.account, "a hold is extended that is not open");
  hold->deadline = event.deadline;
  return absl::OkStatus();
}

absl::Status Shard::ApplyBody(const Settled& event, Instant at, uint64_t sequence) {
  const auto touched = Touch(event.account, sequence);
  if (!touched.ok()) return touched.status();
  Hold* open = nullptr;
  if (Account* account = *touched; account != nullptr) {
    if (event.origin == Origin::kHold) {
      open = event.hold != nullptr ? ids_.Mutable(*event.hold)
                                   : ids_.FindHold(event.account, event.id);
      if (open == nullptr) return Misfit(event.account, "a hold ends that is not open");
    }
    if (absl::Status status = ApplyToAccount(event, *account, open); !status.ok()) return status;
  }
  if (recovering_ && sequence <= pages_saved_through_) {
    // A stored page has it.
    if (open != nullptr) ids_.Drop(open);
    return absl::OkStatus();
  }
  ids_.Settle(event, open, at, sequence, /*index=*/!recovering_);
  // During recovery what is remembered of days is found at the end.
  if (recovering_) return absl::OkStatus();
  Account& account = **touched;
  if (Day* day = account.FindDay(event.day_start)) {
    day->last_settled = sequence;
    if (day->end <= at) ScheduleEnded(account, *day);
  }
  return absl::OkStatus();
}

absl::Status Shard::ApplyToAccount(const Settled& event, Account& account, Hold* open) {
  Day* day = account.FindDay(event.day_start);
  if (day == nullptr) return Misfit(event.account, "a reservation ends on a day that is not open");
  if (open != nullptr) {
    account.pools[0].in_flight -= static_cast<int32_t>(open->slots);
    if (open->second_pool != 0) --account.pools[open->second_pool].in_flight;
    day->held -= open->held;
    UnlinkHold(open, account);
  }
  day->used += event.charged;
  // The one sum that no rule bounds: clients may report as much as they like.
  day->overage = AddUpToMost(day->overage, event.overage);
  ApplyPackChanges(event.packs, day->draws);
  if (absl::Status status = CheckFit(account, *day); !status.ok()) return status;
  // What is replayed was counted when it happened.
  if (recovering_) return absl::OkStatus();
  if (event.state == HoldState::kExpired) ++counters_.expired_holds;
  if (event.state == HoldState::kSessionLost) ++counters_.lost_holds;
  if (event.origin == Origin::kLate) ++counters_.late_commits;
  return absl::OkStatus();
}

absl::Status Shard::ApplyBody(const IdsSealed& event, Instant at, uint64_t sequence) {
  ids_.Seal();
  return absl::OkStatus();
}

absl::Status Shard::ApplyBody(const IdsForgotten& event, Instant at, uint64_t sequence) {
  ids_.Forget(event.through_sequence);
  if (!recovering_) ScheduleForgotten();
  return absl::OkStatus();
}

absl::Status Shard::ApplyBody(const records::OrgCreated& event, Instant at, uint64_t sequence) {
  const AccountNumber number = event.account();
  if (const Account* known = account(number); known != nullptr) {
    if (recovering_ && known->saved_sequence >= sequence) return absl::OkStatus();
    return Misfit(number, "it is created twice");
  }
  if (number == 0 || event.org_id().empty() || event.pools().empty() ||
      FindAccount(event.org_id()) != nullptr) {
    return Misfit(number, fmt::format("it cannot be created as {}", event.org_id()));
  }
  Account& account = AddAccount(number, event.org_id());
  account.plan = FromRecord(event.plan());
  for (const auto& pool : event.pools()) {
    account.pools.push_back({Name(pool.name()), static_cast<int32_t>(pool.limit()), 0});
  }
  Remember(event.request(), 0, account);
  account.dirty_since = sequence;
  dirty_.emplace_back(sequence, number);
  return CheckFit(account);
}

absl::Status Shard::ApplyBody(const records::PlanChanged& event, Instant at, uint64_t sequence) {
  const auto touched = Touch(event.account(), sequence);
  if (!touched.ok()) return touched.status();
  if (*touched == nullptr) return absl::OkStatus();
  (*touched)->plan = FromRecord(event.plan());
  ApplyLimits(event.pools(), **touched);
  ApplyDayChanges(event.days(), **touched);
  Remember(event.request(), event.requests_forgotten(), **touched);
  return CheckFit(**touched);
}

absl::Status Shard::ApplyBody(const records::CreditsPurchased& event, Instant at,
                              uint64_t sequence) {
  const auto touched = Touch(event.account(), sequence);
  if (!touched.ok()) return touched.status();
  if (*touched == nullptr) return absl::OkStatus();
  Account& account = **touched;
  account.purchases.push_back(FromRecord(event.purchase()));
  account.next_purchase = event.purchase().number() + 1;
  account.plan.revision = event.revision();
  ApplyDayChanges(event.days(), account);
  Remember(event.request(), event.requests_forgotten(), account);
  return CheckFit(account);
}

absl::Status Shard::ApplyBody(const records::CreditsRevoked& event, Instant at, uint64_t sequence) {
  const auto touched = Touch(event.account(), sequence);
  if (!touched.ok()) return touched.status();
  if (*touched == nullptr) return absl::OkStatus();
  Account& account = **touched;
  Purchase* purchase = account.FindPurchase(event.purchase());
  if (purchase == nullptr)
    return Misfit(event.account(), "a purchase is revoked that is not known");
  purchase->revoked_on = event.revoked_on();
  account.plan.revision = event.revision();
  ApplyDayChanges(event.days(), account);
  Remember(event.request(), event.requests_forgotten(), account);
  return CheckFit(account);
}

absl::Status Shard::ApplyBody(const records::DayOpened& event, Instant at, uint64_t sequence) {
  const auto touched = Touch(event.account(), sequence);
  if (!touched.ok()) return touched.status();
  if (*touched == nullptr) return absl::OkStatus();
  Account& account = **touched;
  if (account.FindDay(FromMicros(event.day().start())) != nullptr) {
    return Misfit(event.account(), "a day is opened twice");
  }
  account.days.push_back(FromRecord(event.day()));
  ApplyLimits(event.pools(), account);
  Schedule(account, account.days.back().end);
  return CheckFit(account);
}

absl::Status Shard::ApplyBody(const records::DayClosed& event, Instant at, uint64_t sequence) {
  const auto touched = Touch(event.account(), sequence);
  if (!touched.ok()) return touched.status();
  if (*touched == nullptr) return absl::OkStatus();
  Account& account = **touched;
  const Day* day = account.FindDay(FromMicros(event.start()));
  if (day == nullptr) return Misfit(event.account(), "a day is closed that is not open");
  if (day->holds != 0) return Misfit(event.account(), "a day is closed that has open holds");
  if (day->end > account.last_day_end) {
    account.last_day_end = day->end;
    account.last_day_zone = day->zone;
  }
  for (const auto& settled : event.settled()) {
    Purchase* purchase = account.FindPurchase(settled.pack());
    if (purchase == nullptr) return Misfit(event.account(), "a closed day drew on no known pack");
    purchase->settled += Credits(settled.credits());
    if (!InBounds(purchase->settled)) return CheckFit(account);
  }
  account.days.erase(account.days.begin() + (day - account.days.data()));
  // Back beside the account, where it is one.
  account.days.shrink_to_fit();
  for (const uint32_t dropped : event.purchases_dropped()) {
    std::erase_if(account.purchases, [dropped](const Purchase& p) { return p.number == dropped; });
  }
  return CheckFit(account);
}

absl::Status Shard::ApplyBody(const records::ThresholdReached& event, Instant at,
                              uint64_t sequence) {
  const auto touched = Touch(event.account(), sequence);
  if (!touched.ok()) return touched.status();
  if (*touched == nullptr) return absl::OkStatus();
  Day* day = (*touched)->FindDay(FromMicros(event.day_start()));
  if (day == nullptr) return Misfit(event.account(), "a threshold is of a day that is not open");
  day->alerted_percent = event.percent();
  day->alert_at = event.has_alert_at() ? Credits(event.alert_at()) : kNoAlert;
  return absl::OkStatus();
}

absl::Status Shard::ApplyBody(const records::CatalogReloaded& event, Instant at,
                              uint64_t sequence) {
  return absl::OkStatus();
}

absl::Status Shard::ApplyBody(const records::BackupTaken& event, Instant at, uint64_t sequence) {
  return absl::OkStatus();
}

void Shard::ApplyDayChanges(const google::protobuf::RepeatedPtrField<records::DayChange>& changes,
                            Account& account) {
  for (const auto& change : changes) {
    Day* day = account.FindDay(FromMicros(change.start()));
    if (day == nullptr) continue;
    day->allotment = FromRecord(change.allotment());
    day->daily = Credits(change.daily());
    day->model = static_cast<Model>(change.model());
    day->catalog_revision = change.catalog_revision();
    day->alert_at = change.has_alert_at() ? Credits(change.alert_at()) : kNoAlert;
    day->draws.clear();
    for (const auto& draw : change.draws()) {
      day->draws.push_back({draw.pack(), Credits(draw.credits())});
    }
  }
}

void Shard::ApplyLimits(const google::protobuf::RepeatedPtrField<records::Pool>& pools,
                        Account& account) {
  for (const auto& pool : pools) {
    const Name name(pool.name());
    const int index = account.FindPool(name);
    if (index >= 0) {
      account.pools[index].limit = static_cast<int32_t>(pool.limit());
    } else {
      account.pools.push_back({name, static_cast<int32_t>(pool.limit()), 0});
    }
  }
}

void Shard::Remember(const records::AdminRequest& request, uint32_t forgotten, Account& account) {
  // An organisation that a call created was no administrator's request.
  if (request.request_id().empty()) return;
  std::vector<RememberedRequest>& requests = account.admin_requests.Edit();
  requests.erase(requests.begin(), requests.begin() + std::min<size_t>(forgotten, requests.size()));
  requests.push_back(FromRecord(request));
}

}  // namespace quota::ledger
