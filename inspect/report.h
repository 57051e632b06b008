// What verify finds.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "storage/format.h"

namespace quota::inspect {

// One thing that is not as it has to be.
struct Finding {
  // A key as storage::PrintableKey has it, a file, or "shard 3".
  std::string where;
  std::string what;
};

// How much was looked at.
struct Counts {
  uint64_t records = 0;
  uint64_t bytes = 0;  // keys and values
  uint64_t accounts = 0;
  uint64_t holds = 0;
  uint64_t entries = 0;  // of the journal
  uint64_t events = 0;   // in those
  uint64_t pages = 0;    // of remembered ids, stored ones
  uint64_t ids = 0;      // remembered after replay
  uint64_t audit_entries = 0;
  uint64_t closed_days = 0;
  uint64_t watched_events = 0;
  // Left by a crash, ignored by readers and deleted by the next write: no finding.
  uint64_t orphan_chunks = 0;
};

class Report {
 public:
  // The first of these are kept, all are counted: a store may be damaged all over.
  static constexpr size_t kMostFindings = 1'000;

  void Add(std::string where, std::string what);

  bool ok() const { return found_ == 0; }
  uint64_t found() const { return found_; }
  const std::vector<Finding>& findings() const { return findings_; }

  Counts counts;
  storage::FormatInfo format;
  // The instant of the newest journal entry; the epoch where there is none.
  Instant last_at;
  // Shards whose sums were recomputed.
  uint32_t shards_checked = 0;

 private:
  std::vector<Finding> findings_;
  uint64_t found_ = 0;
};

// Told now and then how far it is, such as "records", 120000.
using Progress = std::function<void(std::string_view stage, uint64_t done)>;

}  // namespace quota::inspect
