// What a run did: how many operations, and how often each fault struck.
#pragma once

#include <cstdint>

namespace quota::simulation {

struct Tally {
  uint64_t steps = 0;
  // Answers that reached their caller's side, whether or not they then got lost; UNAVAILABLE ones
  // are counted apart.
  uint64_t answers = 0;
  uint64_t unavailable = 0;
  // Of the answers: granted for the first time, told again, refused, out of room.
  uint64_t granted = 0;
  uint64_t repeated = 0;
  uint64_t refused = 0;
  uint64_t overloaded = 0;
  // Another request under an id in use, and told so.
  uint64_t conflicts = 0;
  uint64_t events = 0;
  uint64_t snapshots = 0;
  uint64_t days_opened = 0;
  // Plans changed so that more was in flight, or more spent and held, than the new plan allots.
  uint64_t lowered_below = 0;
  // Events that left a day drawing on packs.
  uint64_t on_packs = 0;
  uint64_t expired = 0;
  uint64_t sessions_lost = 0;
  uint64_t late_commits = 0;
  uint64_t ids_forgotten = 0;

  uint64_t crashes = 0;
  // Of those: the power failed, too.
  uint64_t power_failures = 0;
  // Of those: in the middle of opening.
  uint64_t crashes_in_recovery = 0;
  uint64_t failed_writes = 0;
  uint64_t failed_syncs = 0;
  uint64_t disk_full = 0;
  uint64_t failed_openings = 0;
  // The store stopped and was opened again by the same process.
  uint64_t reopened = 0;
  uint64_t restarts = 0;
  // A lane stood still for a while.
  uint64_t stalls = 0;
  uint64_t clock_jumps = 0;
  uint64_t steps_with_jump_held = 0;
  uint64_t jumps_accepted = 0;

  Tally& operator+=(const Tally& other);
};

// Calls visit(name, member) for each figure, in order.
template <typename Visit>
void ForEachFigure(const Visit& visit) {
  visit("steps", &Tally::steps);
  visit("answers", &Tally::answers);
  visit("unavailable", &Tally::unavailable);
  visit("granted", &Tally::granted);
  visit("repeated", &Tally::repeated);
  visit("refused", &Tally::refused);
  visit("overloaded", &Tally::overloaded);
  visit("conflicts", &Tally::conflicts);
  visit("events", &Tally::events);
  visit("snapshots", &Tally::snapshots);
  visit("days_opened", &Tally::days_opened);
  visit("lowered_below", &Tally::lowered_below);
  visit("on_packs", &Tally::on_packs);
  visit("expired", &Tally::expired);
  visit("sessions_lost", &Tally::sessions_lost);
  visit("late_commits", &Tally::late_commits);
  visit("ids_forgotten", &Tally::ids_forgotten);
  visit("crashes", &Tally::crashes);
  visit("power_failures", &Tally::power_failures);
  visit("crashes_in_recovery", &Tally::crashes_in_recovery);
  visit("failed_writes", &Tally::failed_writes);
  visit("failed_syncs", &Tally::failed_syncs);
  visit("disk_full", &Tally::disk_full);
  visit("failed_openings", &Tally::failed_openings);
  visit("reopened", &Tally::reopened);
  visit("restarts", &Tally::restarts);
  visit("stalls", &Tally::stalls);
  visit("clock_jumps", &Tally::clock_jumps);
  visit("steps_with_jump_held", &Tally::steps_with_jump_held);
  visit("jumps_accepted", &Tally::jumps_accepted);
}

inline Tally& Tally::operator+=(const Tally& other) {
  ForEachFigure(
      [this, &other](const char*, uint64_t Tally::*figure) { this->*figure += other.*figure; });
  return *this;
}

}  // namespace quota::simulation
