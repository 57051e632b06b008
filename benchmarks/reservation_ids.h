// The ids of a run's reservations: canonical UUIDs, as clients use them, made from a counter, so
// that a run needs not keep them.
#pragma once

#include <cstdint>
#include <string>

#include "benchmarks/org_chooser.h"

namespace quota::bench {

// Two runs, and two threads of a run, never share an id: the key is drawn from the machine's
// randomness, not from the run's seed.
// Thread-safe.
class ReservationIds {
 public:
  ReservationIds();
  // For tests.
  ReservationIds(uint64_t key_high, uint64_t key_low) : key_high_(key_high), key_low_(key_low) {}

  // Replaces `out` by the id of `number`, always the same one.
  void Write(uint64_t number, std::string& out) const;

 private:
  uint64_t key_high_;
  uint64_t key_low_;
};

}  // namespace quota::bench
