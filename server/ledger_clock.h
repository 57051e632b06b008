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
  // Ledger time at the last reading; the epoch before Start.
  Instant now;
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

  // Begins at the later of the wall clock and `last`, the last journalled instant. Called again,
  // when the store was opened again, it is no new beginning: time goes on as it did, and a jump
  // that was held stays so.
  void Start(Instant last);

  Instant Now();

  // Since when ledger time has not run ahead of the time that passes, by more than a second in all:
  // the start, or the last jump that was followed. What must last for some real time, such as the
  // memory of ids that clients retry, counts from here at the earliest.
  Instant SteadySince() const;

  // Follows the wall clock wherever it is ahead.
  void Accept();

  LedgerClockStatus status() const;

 private:
  // What ledger time may gain on the time that passes before that counts as a jump: clocks differ
  // by some seconds a day.
  static constexpr Duration kSteadyGain = std::chrono::seconds(1);

  void Read(bool follow) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock& clock_;
  mutable Mutex mutex_;
  bool started_ ABSL_GUARDED_BY(mutex_) = false;
  Instant last_ ABSL_GUARDED_BY(mutex_);
  Instant steady_since_ ABSL_GUARDED_BY(mutex_);
  // Gained on the time that passes since then.
  Duration gained_ ABSL_GUARDED_BY(mutex_){};
  Duration last_elapsed_ ABSL_GUARDED_BY(mutex_){};
  LedgerClockStatus status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quota::server
