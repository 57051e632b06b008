#include "server/newcomer_budget.h"

#include <algorithm>
#include <chrono>

namespace quota::server {

void NewcomerBudget::Start(int64_t created) {
  MutexLock lock(mutex_);
  created_ = created;
}

bool NewcomerBudget::Admit(const ledger::UnknownOrganizations& bounds, Instant now) {
  const int64_t second = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  MutexLock lock(mutex_);
  // Seconds that have left the minute; at most all of them.
  for (int64_t i = std::max(latest_, second - kSeconds) + 1; i <= second; ++i) {
    int64_t& left = by_second_[static_cast<size_t>(i % kSeconds)];
    in_minute_ -= left;
    left = 0;
  }
  latest_ = std::max(latest_, second);
  if (created_ >= bounds.total || in_minute_ >= bounds.per_minute) {
    ++refused_;
    return false;
  }
  ++created_;
  ++in_minute_;
  ++by_second_[static_cast<size_t>(latest_ % kSeconds)];
  return true;
}

int64_t NewcomerBudget::created() const {
  MutexLock lock(mutex_);
  return created_;
}

int64_t NewcomerBudget::refused() const {
  MutexLock lock(mutex_);
  return refused_;
}

}  // namespace quota::server
