// Puts the calls of a log into the order of their starts, in bounded memory. Servers write a line
// when a call ends, so a long call stands behind shorter ones that began later.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <vector>

#include "common/clock.h"
#include "common/credits.h"

namespace quota::client {

struct LoggedCall {
  Instant start;
  Duration duration = Duration::zero();
  Credits credits = {};
  // What the user of the order means by them.
  uint32_t org = 0;
  uint16_t method = 0;
  uint16_t second_pool = 0;
};

// Thread safety: one thread at a time.
class TimeOrder {
 public:
  // Calls that wait for earlier ones, about 3 MB: a minute of 1,000 calls a second.
  static constexpr size_t kWindow = 65'536;

  explicit TimeOrder(size_t window = kWindow) : window_(window) {}

  // Takes a call and, once more than the window wait, gives the earliest; among equals the one that
  // was added first.
  std::optional<LoggedCall> Add(const LoggedCall& call);
  // At the end of the log: the earliest of those that wait, until there are none.
  std::optional<LoggedCall> Take();

  // Calls that were given after a later one, because more than the window stood between them.
  int64_t late() const { return late_; }

 private:
  struct Waiting {
    LoggedCall call;
    uint64_t order = 0;
    bool operator>(const Waiting& other) const {
      return call.start != other.call.start ? call.start > other.call.start : order > other.order;
    }
  };

  const size_t window_;
  std::priority_queue<Waiting, std::vector<Waiting>, std::greater<>> waiting_;
  uint64_t next_order_ = 0;
  // Of the calls given so far.
  Instant latest_ = Instant::min();
  int64_t late_ = 0;
};

}  // namespace quota::client
