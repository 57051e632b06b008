#include "ledger/record_bounds.h"

#include <algorithm>

namespace quota::ledger {
namespace {

// As requests may give them, and more; see server/admin_request_reader.cc.
constexpr int64_t kMaxAgents = 100'000'000;
// Beyond the years 1 and 9999, in days since 1970.
constexpr int32_t kFirstDate = -1'000'000;
constexpr int32_t kLastDate = 4'000'000;
// As ledger/calendar.cc makes them.
constexpr Duration kLeastDay = std::chrono::hours(12);
// A hold names its second pool by one byte.
constexpr size_t kMostPools = 256;

bool IsTime(int64_t micros) { return InBounds(Instant(Duration(micros))); }
bool IsBalance(int64_t credits) { return InBounds(Credits(credits)); }
bool IsDate(int32_t date) { return date >= kFirstDate && date <= kLastDate; }
bool IsCount(int64_t count) { return count >= 0 && count <= kMaxInFlight; }
bool IsRevision(int64_t revision) { return revision >= 0 && revision <= kMaxRevision; }
bool IsModel(int32_t model) {
  return model == static_cast<int32_t>(Model::kApiLimits) ||
         model == static_cast<int32_t>(Model::kApiCredits);
}

template <typename Messages>
bool AllInBounds(const Messages& messages) {
  return std::all_of(messages.begin(), messages.end(),
                     [](const auto& message) { return InBounds(message); });
}

// Whether the credits of `items`, none negative and each a balance, add up to a balance.
template <typename Items>
bool AddUp(const Items& items) {
  Credits sum;
  for (const auto& item : items) {
    if (!InBounds(item.credits)) return false;
    sum += item.credits;
    if (!InBounds(sum)) return false;
  }
  return true;
}

bool DayInBounds(const Day& day) {
  return InBounds(day.used) && InBounds(day.held) && day.overage >= kZeroCredits &&
         InBounds(day.daily) && day.end - day.start >= kLeastDay && AddUp(day.draws);
}

}  // namespace

bool InBounds(const records::DailyCredits& credits) {
  return IsBalance(credits.base()) && IsBalance(credits.variable()) &&
         IsBalance(credits.grandfathered()) && IsBalance(credits.additional());
}

bool InBounds(const records::PackDraw& draw) { return IsBalance(draw.credits()); }

bool InBounds(const records::Plan& plan) {
  const bool overrides = std::all_of(plan.limit_overrides().begin(), plan.limit_overrides().end(),
                                     [](const auto& set) { return IsCount(set.limit()); });
  return plan.agents() >= 0 && plan.agents() <= kMaxAgents && plan.light_agents() >= 0 &&
         plan.light_agents() <= kMaxAgents && IsDate(plan.signup_day()) &&
         IsBalance(plan.legacy_limit()) && IsDate(plan.grandfathered_until()) &&
         IsRevision(plan.revision()) && IsTime(plan.created_at()) && overrides;
}

bool InBounds(const records::Pool& pool) {
  return IsCount(pool.limit()) && IsCount(pool.in_flight());
}

bool InBounds(const records::Day& day) {
  return IsTime(day.start()) && IsTime(day.end()) && IsModel(day.model()) && IsDate(day.date()) &&
         InBounds(day.allotment()) && IsBalance(day.daily()) && IsBalance(day.used()) &&
         IsBalance(day.held()) && day.overage() >= 0 && AllInBounds(day.draws());
}

bool InBounds(const records::DayChange& change) {
  return IsTime(change.start()) && InBounds(change.allotment()) && IsBalance(change.daily()) &&
         IsModel(change.model()) && AllInBounds(change.draws());
}

bool InBounds(const records::Purchase& purchase) {
  return purchase.number() < UINT32_MAX && IsBalance(purchase.credits()) &&
         IsBalance(purchase.settled()) && IsDate(purchase.first_day()) &&
         IsDate(purchase.last_day()) && IsDate(purchase.revoked_on()) &&
         IsTime(purchase.purchased_at());
}

bool InBounds(const records::Hold& hold) {
  return IsBalance(hold.credits()) && IsTime(hold.day_start()) && IsTime(hold.created_at()) &&
         IsTime(hold.deadline()) && hold.slots() <= kMaxHoldSlots;
}

bool InBounds(const records::AdminRequest& request) { return IsTime(request.at()); }

bool InBounds(const records::Account& account) {
  return InBounds(account.plan()) && AllInBounds(account.days()) &&
         AllInBounds(account.purchases()) && AllInBounds(account.pools()) &&
         AllInBounds(account.holds()) && AllInBounds(account.admin_requests()) &&
         IsTime(account.last_day_end());
}

bool InBounds(const records::OrgCreated& event) {
  return event.account() != 0 && InBounds(event.plan()) && AllInBounds(event.pools()) &&
         InBounds(event.request());
}

bool InBounds(const records::PlanChanged& event) {
  return event.account() != 0 && InBounds(event.plan()) && AllInBounds(event.pools()) &&
         AllInBounds(event.days()) && InBounds(event.request());
}

bool InBounds(const records::CreditsPurchased& event) {
  return event.account() != 0 && InBounds(event.purchase()) && AllInBounds(event.days()) &&
         InBounds(event.request()) && IsRevision(event.revision());
}

bool InBounds(const records::CreditsRevoked& event) {
  return event.account() != 0 && IsDate(event.revoked_on()) && AllInBounds(event.days()) &&
         InBounds(event.request()) && IsRevision(event.revision());
}

bool InBounds(const records::DayOpened& event) {
  return event.account() != 0 && InBounds(event.day()) && AllInBounds(event.pools());
}

bool InBounds(const records::DayClosed& event) {
  return event.account() != 0 && IsTime(event.start()) && AllInBounds(event.settled());
}

bool InBounds(const records::ThresholdReached& event) {
  return event.account() != 0 && IsTime(event.day_start()) && event.percent() >= 0;
}

bool InBounds(const records::CatalogReloaded& event) { return InBounds(event.request()); }

bool InBounds(const records::BackupTaken& event) { return InBounds(event.request()); }

bool InBounds(const Account& account) {
  if (account.days.size() > kMaxOpenDays || account.purchases.size() > kMaxPurchases ||
      account.admin_requests->size() > kMaxAdminRequests || account.hold_count > kMaxHolds ||
      account.pools.size() > kMostPools) {
    return false;
  }
  for (size_t i = 0; i < account.days.size(); ++i) {
    if (!DayInBounds(account.days[i])) return false;
    if (i > 0 && account.days[i].start < account.days[i - 1].end) return false;
  }
  for (const Purchase& purchase : account.purchases) {
    if (!InBounds(purchase.settled)) return false;
  }
  return AddUp(account.purchases) &&
         std::all_of(account.pools.begin(), account.pools.end(), [](const Pool& pool) {
           return pool.in_flight >= 0 && pool.in_flight <= kMaxInFlight;
         });
}

}  // namespace quota::ledger
