// Ledger time: what the wall clock says, made fit for a ledger. It never runs backwards and never
// stops. A wall clock that is behind is caught up with at half speed; one that jumps ahead by more
// than 10 minutes is not followed until an operator accepts it.
//
// Thread-safe; never blocks for long.
#pragma once

#include "common/clock.h"
#include "common/mutex.h"

namespace quota::server {

struct LedgerClockStatus {
  // Wall clock less ledger time at the last reading.
  Duration wall_ahead{};
  // The wall clock jumped ahead and is not followed: `quotactl clock accept`, or a restart.
  bool jump_held = false;
};

class LedgerClock {
 public:
  // A jump ahead of more than this is not followed by itself: a day must not end by a typing error.
  static constexpr Duration kLargestJump = std::chrono::minutes(10);

  // `clock` outlives this.
  explicit LedgerClock(const Clock& clock) : clock_(clock) {}

  // Begins at the later of the wall clock and `last`, the last journalled instant.
  void Start(Instant last);

  Instant Now();

  // Follows the wall clock wherever it is ahead.
  void Accept();

  LedgerClockStatus status() const;

 private:
  const Clock& clock_;
  mutable Mutex mutex_;
  Instant last_ ABSL_GUARDED_BY(mutex_);
  Duration last_elapsed_ ABSL_GUARDED_BY(mutex_){};
  LedgerClockStatus status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quota::server
