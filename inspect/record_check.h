// Checks every record of a store by itself: its key, its seal, that its payload decodes and says
// what its key says, and, of an account, that its sums agree; and that journals are gapless and
// split records have their chunks.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "inspect/report.h"
#include "storage/keys.h"
#include "storage/store.h"

namespace quota::inspect {

// What the records of a shard say of the rest, to be compared once all are known.
struct ShardFacts {
  // A record of its state is damaged: it can't be recovered.
  bool damaged = false;
  // Accounts whose stored sums do not agree.
  std::set<uint32_t> wrong_accounts;
  uint64_t low_water = 1;
  // The sequence after the journal's last; the low-water mark where it is empty.
  uint64_t next_sequence = 1;
  // The highest that history names.
  uint64_t newest_history_sequence = 0;
  uint64_t highest_history_account = 0;
};

// For one thread. The store is not written meanwhile.
class RecordCheck {
 public:
  // Both outlive this.
  RecordCheck(storage::Store& store, Report& report, uint32_t shards)
      : store_(store), report_(report), facts_(shards) {}

  // Reads all records once and adds what is wrong to the report. An error only where the store
  // can't be read on: what lies behind is not checked.
  [[nodiscard]] absl::Status Run(const Progress& progress);

  const std::vector<ShardFacts>& facts() const { return facts_; }

 private:
  void CheckOne(std::string_view key, std::string_view value);
  // The error of one record; OK where it is fine.
  absl::Status Check(const storage::KeyParts& parts, std::string_view key, std::string_view value);
  absl::Status CheckState(const storage::KeyParts& parts, std::string_view key,
                          std::string_view value);
  absl::Status CheckHistory(const storage::KeyParts& parts, std::string_view key,
                            std::string_view value);
  absl::Status CheckMark(uint32_t shard);
  absl::Status CheckEntry(uint32_t shard, uint64_t sequence, std::string_view payload);
  absl::Status CheckAccount(uint32_t shard, std::string_view key, std::string_view value);
  absl::Status CheckPage(uint32_t shard, std::string_view key, std::string_view value);
  void CountOrphans();

  storage::Store& store_;
  Report& report_;
  std::vector<ShardFacts> facts_;
  // Of the entry before, in the shard whose journal is being read.
  Instant entry_before_;
  uint64_t chunks_ = 0;
  size_t chunks_named_ = 0;
};

}  // namespace quota::inspect
