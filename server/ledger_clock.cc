#include "server/ledger_clock.h"

#include <algorithm>

namespace quota::server {

void LedgerClock::Start(Instant last) {
  MutexLock lock(mutex_);
  if (started_) {
    Read(/*follow=*/false);
    return;
  }
  started_ = true;
  const Instant wall = clock_.Now();
  last_ = steady_since_ = std::max(last, wall);
  last_elapsed_ = clock_.Elapsed();
  status_ = {last_, wall - last_, false};
}

void LedgerClock::Read(bool follow) {
  const Instant wall = clock_.Now();
  const Duration elapsed = clock_.Elapsed();
  const Duration passed = std::max(Duration::zero(), elapsed - last_elapsed_);
  last_elapsed_ = elapsed;
  const Instant half_speed = last_ + passed / 2;
  const Instant full_speed = last_ + passed;
  status_.jump_held = !follow && wall - full_speed > kLargestJump;
  last_ = status_.jump_held ? full_speed : std::max(half_speed, wall);
  gained_ += std::max(Duration::zero(), last_ - full_speed);
  if (gained_ > kSteadyGain) {
    steady_since_ = last_;
    gained_ = Duration::zero();
  }
  status_.now = last_;
  status_.wall_ahead = wall - last_;
}

Instant LedgerClock::Now() {
  MutexLock lock(mutex_);
  Read(/*follow=*/false);
  return last_;
}

Instant LedgerClock::SteadySince() const {
  MutexLock lock(mutex_);
  return steady_since_;
}

void LedgerClock::Accept() {
  MutexLock lock(mutex_);
  Read(/*follow=*/true);
}

LedgerClockStatus LedgerClock::status() const {
  MutexLock lock(mutex_);
  return status_;
}

}  // namespace quota::server
