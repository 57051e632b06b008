// The calls that run at one moment, of one organisation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "common/clock.h"

namespace quota::client {

// By pool: main is the first, the catalog's follow.
using SlotCounts = absl::InlinedVector<int64_t, 1>;

// A call runs from its start to its end, without the end's instant: one that ends where the next
// starts does not overlap it. Memory grows with the calls that run. Thread safety: one thread at a
// time.
class InFlight {
 public:
  // `pools` counts main.
  explicit InFlight(size_t pools) : slots_(pools, 0) {}

  // Ends all calls whose end is not after `now`. Time may go back: what has ended stays ended.
  void Advance(Instant now);
  // Starts a call that takes a slot of main and, where `second_pool` is not 0, of that.
  void Start(Instant end, size_t second_pool);

  const SlotCounts& slots() const { return slots_; }

 private:
  struct Call {
    Instant end;
    size_t second_pool = 0;
    bool operator>(const Call& other) const { return end > other.end; }
  };

  std::priority_queue<Call, std::vector<Call>, std::greater<>> calls_;
  SlotCounts slots_;
};

}  // namespace quota::client
