#include "server/ledger_clock.h"

#include <algorithm>

namespace quota::server {

void LedgerClock::Start(Instant last) {
  MutexLock lock(mutex_);
  const Instant wall = clock_.Now();
  last_ = std::max(last, wall);
  last_elapsed_ = clock_.Elapsed();
  status_ = {wall - last_, false};
}

Instant LedgerClock::Now() {
  MutexLock lock(mutex_);
  const Instant wall = clock_.Now();
  const Duration elapsed = clock_.Elapsed();
  const Duration passed = std::max(Duration::zero(), elapsed - last_elapsed_);
  last_elapsed_ = elapsed;
  const Instant half_speed = last_ + passed / 2;
  const Instant full_speed = last_ + passed;
  status_.jump_held = wall - full_speed > kLargestJump;
  last_ = status_.jump_held ? full_speed : std::max(half_speed, wall);
  status_.wall_ahead = wall - last_;
  return last_;
}

void LedgerClock::Accept() {
  MutexLock lock(mutex_);
  const Instant wall = clock_.Now();
  last_ = std::max(last_, wall);
  last_elapsed_ = clock_.Elapsed();
  status_ = {wall - last_, false};
}

LedgerClockStatus LedgerClock::status() const {
  MutexLock lock(mutex_);
  return status_;
}

}  // namespace quota::server
