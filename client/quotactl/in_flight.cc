#include "client/quotactl/in_flight.h"

namespace quota::client {

void InFlight::Advance(Instant now) {
  while (!calls_.empty() && calls_.top().end <= now) {
    --slots_[0];
    if (calls_.top().second_pool != 0) --slots_[calls_.top().second_pool];
    calls_.pop();
  }
}

void InFlight::Start(Instant end, size_t second_pool) {
  calls_.push({end, second_pool});
  ++slots_[0];
  if (second_pool != 0) ++slots_[second_pool];
}

}  // namespace quota::client
