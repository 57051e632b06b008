// What a run of kills came to.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "tests/crash/moment.h"

namespace quota::test {

struct KillTally {
  int64_t kills = 0;
  // By the moment that was aimed at. A start that is killed several times counts each of them.
  std::map<Moment, int64_t> kills_at;
  // By what the server's log says that it was doing, whatever was aimed at.
  int64_t in_snapshot = 0;
  int64_t in_start = 0;
  int64_t in_shutdown = 0;
  // While stopped by SIGSTOP.
  int64_t in_pause = 0;
  // Charges, reservations and administrators' changes that were made, and audited.
  int64_t operations = 0;
  // Commits on another day than that of their reservation.
  int64_t across_midnight = 0;
  // Sessions of dead clients.
  int64_t lost_sessions = 0;

  KillTally& operator+=(const KillTally& other);
  // One line for people.
  std::string Text() const;
  // One JSON object.
  std::string Json(double seconds, uint64_t seed) const;
};

}  // namespace quota::test
