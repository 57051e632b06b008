// How many organisations calls may still create, in all and within a minute: the catalog's bounds
// are of the whole server, whose executors share this.
//
// Thread-safe; never blocks for long.
#pragma once

#include <array>
#include <cstdint>

#include "common/mutex.h"
#include "ledger/newcomers.h"

namespace quota::server {

class NewcomerBudget final : public ledger::Newcomers {
 public:
  // `created` organisations have been created by calls so far.
  void Start(int64_t created);

  // Ledger time never runs backwards, but executors read it at slightly different instants: one
  // that is behind counts as the latest.
  bool Admit(const ledger::UnknownOrganizations& bounds, Instant now) override;

  // Organisations that calls have created, and have been refused.
  int64_t created() const;
  int64_t refused() const;

 private:
  static constexpr int64_t kSeconds = 60;

  mutable Mutex mutex_;
  int64_t created_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t refused_ ABSL_GUARDED_BY(mutex_) = 0;
  // Created in each of the last seconds, by the second modulo kSeconds, and their sum.
  std::array<int64_t, kSeconds> by_second_ ABSL_GUARDED_BY(mutex_){};
  int64_t in_minute_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t latest_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace quota::server
