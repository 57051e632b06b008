// The time of a run, and the trouble with clocks.
#include <algorithm>

#include "tests/simulation/run.h"

namespace quota::simulation {

void Run::Advance(Duration by) {
  clock_.Advance(by);
  if (server_.open()) clock_audit_.Look(server_.ledger_clock());
}

void Run::Jump(Duration by) {
  ++tally_.clock_jumps;
  clock_.Jump(by);
  if (server_.open()) clock_audit_.Look(server_.ledger_clock());
}

Duration Run::DrawJump() {
  Duration by{};
  switch (dice_.Uniform(1, 5)) {
    case 1:
      by = dice_.Milliseconds(1, 5'000);
      break;
    case 2:
      by = dice_.Seconds(5, 600);
      break;
    case 3:
      by = dice_.Seconds(600, 4 * 3'600);
      break;
    case 4:
      by = dice_.Seconds(4 * 3'600, 40 * 3'600);
      break;
    default:
      by = std::chrono::hours(24 * 30);
  }
  return dice_.OneIn(2) ? by : -by;
}

// NTP steps around midnight.
void Run::GoNearMidnight() {
  if (server_.failed() || !server_.open()) return;
  const Instant now = server_.ledger_clock().Now();
  const Instant midnight = std::chrono::ceil<std::chrono::days>(now);
  Advance(std::max(Duration::zero(), midnight - now - dice_.Milliseconds(0, 3'000)));
}

void Run::PassTime() {
  Advance(dice_.Milliseconds(0, profile_.step_ms));
  if (calm_) return;
  const bool idle = !server_.open() || server_.Idle();
  // Long pauses come when nothing is on its way: a call does not wait for hours.
  if (idle && dice_.OneIn(profile_.long_pause)) Advance(dice_.Seconds(1, 30));
  if (idle && dice_.OneIn(6 * profile_.long_pause)) Advance(dice_.Seconds(600, 14 * 3'600));
  if (idle && dice_.OneIn(4 * profile_.long_pause)) GoNearMidnight();
  if (dice_.OneIn(4 * profile_.jump)) Jump(DrawJump());
  if (dice_.OneIn(4 * profile_.jump)) Jump(dice_.Milliseconds(-3'000, 3'000));
  if (!server_.open()) return;
  const server::LedgerClockStatus status = server_.ledger_clock().status();
  if (!status.jump_held) return;
  ++tally_.steps_with_jump_held;
  if (dice_.OneIn(100)) {
    ++tally_.jumps_accepted;
    server_.ledger_clock().Accept();
    clock_audit_.OnAccepted(server_.ledger_clock());
  } else if (dice_.OneIn(100)) {
    // The wall clock is put right.
    Jump(-status.wall_ahead);
  }
}

}  // namespace quota::simulation
