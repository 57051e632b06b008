// The server's counters at one instant, from its /metrics: how many calls shared a group and a
// sync.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace quota::bench {

struct ServerCounters {
  double calls = 0;
  double groups = 0;
  double events = 0;
  double journal_bytes = 0;
  double syncs = 0;
  double written_bytes = 0;
  // Slices of snapshots that were stored.
  double snapshots = 0;

  ServerCounters operator-(const ServerCounters& earlier) const;
};

// Reads http://ADDRESS/metrics; `address` is HOST:PORT. UNAVAILABLE where nobody answers, DATA_LOSS
// where it is not quotad's page.
absl::StatusOr<ServerCounters> ReadServerCounters(const std::string& address);

// The same of the page's text.
absl::StatusOr<ServerCounters> ParseServerCounters(std::string_view page);

}  // namespace quota::bench
