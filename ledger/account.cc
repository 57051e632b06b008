#include "ledger/account.h"

namespace quota::ledger {

std::optional<int64_t> Plan::LimitOverride(Name pool) const {
  for (const auto& [name, limit] : extras->limit_overrides) {
    if (name == pool) return limit;
  }
  return std::nullopt;
}

Day* Account::FindDay(Instant start) {
  for (Day& day : days) {
    if (day.start == start) return &day;
  }
  return nullptr;
}

const Day* Account::FindDay(Instant start) const {
  return const_cast<Account*>(this)->FindDay(start);
}

const Day* Account::CurrentDay(Instant now) const {
  if (days.empty() || days.back().end <= now) return nullptr;
  return &days.back();
}

Purchase* Account::FindPurchase(uint32_t purchase_number) {
  for (Purchase& purchase : purchases) {
    if (purchase.number == purchase_number) return &purchase;
  }
  return nullptr;
}

const Purchase* Account::FindPurchase(uint32_t purchase_number) const {
  return const_cast<Account*>(this)->FindPurchase(purchase_number);
}

int Account::FindPool(Name name) const {
  for (size_t i = 0; i < pools.size(); ++i) {
    if (pools[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace quota::ledger
