// What a flood sent, and what became of it.
#pragma once

#include <cstdint>

namespace quota::test {

// Counted by operation.
struct FloodCounts {
  uint64_t sent = 0;
  uint64_t granted = 0;
  // RESOURCE_EXHAUSTED: the server is overloaded; and those among them that do not tell when to
  // try again.
  uint64_t refused = 0;
  uint64_t refused_without_delay = 0;
  // Any other answer.
  uint64_t other = 0;

  uint64_t answered() const { return granted + refused + other; }
};

}  // namespace quota::test
