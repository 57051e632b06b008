// The history of accounts: audit entries and closed days, the newest first, and watched events, the
// oldest first. Payloads are opaque.
//
// Records are written in the batch of the journal entry that they came of, so that they are there
// exactly when it is. Those that are too old go with the next record of the same account;
// watched events, which belong to a whole shard, when the writer is told.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "storage/keys.h"
#include "storage/store.h"

namespace quota::storage {

// Writes what one journal entry leaves.
class HistoryWriter {
 public:
  // How long records are kept, counted from the newest record of the account.
  struct Keep {
    Duration days = std::chrono::hours(24) * 400;
    Duration audit = std::chrono::hours(24) * 1100;
    // Promised to watchers.
    Duration events = std::chrono::hours(24) * 7;
  };

  // For the journal entry `sequence` of `shard`; adds to `batch`, which outlives this.
  HistoryWriter(Batch& batch, uint32_t shard, uint64_t sequence, Keep keep)
      : batch_(batch), shard_(shard), sequence_(sequence), keep_(keep) {}

  // Each record takes at most this many operations.
  static constexpr size_t kOperations = 2;

  void AddAudit(uint32_t account, Instant at, std::string_view payload);
  // `start` is the day's.
  void AddDay(uint32_t account, Instant start, std::string_view payload);
  void AddEvent(Instant at, std::string_view payload);

  // Deletes the shard's watched events from before `before`: one operation.
  void TrimEvents(Instant before);

 private:
  // Deletes what is older than `before`, once in a batch for each account and tag.
  void Trim(KeyTag tag, uint32_t account, Instant before);

  Batch& batch_;
  const uint32_t shard_;
  const uint64_t sequence_;
  const Keep keep_;
  uint32_t index_ = 0;
  std::vector<std::string> trimmed_;
};

struct HistoryPage {
  struct Record {
    std::string key;
    std::string payload;
  };
  std::vector<Record> records;
  // There are more behind them.
  bool more = false;
};

// The records with begin <= key < end, at most `max_records`, in key order. The errors of
// Store::Scan; DATA_LOSS naming the key of a damaged record. May wait for the device.
[[nodiscard]] absl::StatusOr<HistoryPage> ReadHistory(Store& store, std::string begin,
                                                      std::string end, size_t max_records);

}  // namespace quota::storage
