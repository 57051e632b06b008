// The journal of one shard: entries under consecutive sequence numbers, from the low-water mark on.
//
// Sequences start at 1. The low-water mark is the oldest sequence that is kept; a shard without a
// low-water record has mark 1. From the mark on entries are gapless; before it there are none. A
// journal whose entries were all trimmed is empty, and its next sequence is the mark.
//
//   Journal::Append(batch, shard, sequence, group);           // sequence = last + 1
//   Journal::Trim(batch, shard, mark, oldest_still_needed);
//
//   absl::StatusOr<JournalReader> reader = JournalReader::Open(store, shard);
//   for (;;) {
//     absl::StatusOr<std::optional<JournalEntry>> entry = reader->Next();
//     if (!entry.ok()) return entry.status();
//     if (!entry->has_value()) break;
//     Replay(**entry);
//   }
//   next = reader->next_sequence();
//
// Payloads are opaque. Whoever writes is the shard's only owner: that is the engine's business (a
// lock, a lease). An append whose sequence exists, and a trim whose mark moved, are refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "storage/range_reader.h"
#include "storage/store.h"

namespace quota::storage {

class Journal {
 public:
  // The first sequence, and the low-water mark of a new shard.
  static constexpr uint64_t kFirstSequence = 1;

  // What one Append adds to its batch: this many operations, and the payload plus so many bytes.
  static constexpr size_t kAppendOperations = 2;
  static constexpr size_t kAppendOverheadBytes = 31;

  // The largest payload that an engine with `limits` takes in a batch of its own.
  static size_t MaxPayloadBytes(const Limits& limits);

  // Adds the entry to `batch`, which is refused if the sequence is there already.
  static void Append(Batch& batch, uint32_t shard, uint64_t sequence, std::string_view payload);

  // Makes `batch` drop the entries before `new_mark` and move the mark there, in one step. The
  // batch is refused if the mark is not `old_mark`, or if `new_mark` <= `old_mark`. Three
  // operations.
  static void Trim(Batch& batch, uint32_t shard, uint64_t old_mark, uint64_t new_mark);

  // Makes `batch` depend on the low-water mark being `mark`: one operation, at most
  // kMarkConditionBytes.
  static void RequireLowWater(Batch& batch, uint32_t shard, uint64_t mark);
  static constexpr size_t kMarkConditionBytes = 18;

  // The store's errors; DATA_LOSS if the record is damaged.
  [[nodiscard]] static absl::StatusOr<uint64_t> ReadLowWater(Store& store, uint32_t shard);
};

struct JournalEntry {
  uint64_t sequence = 0;
  std::string payload;
};

// Reads a shard's journal in order, page by page. For one thread; the store outlives it, and
// nothing is appended or trimmed in the shard meanwhile.
class JournalReader {
 public:
  // DATA_LOSS: the low-water record is damaged, or there are entries below the mark.
  [[nodiscard]] static absl::StatusOr<JournalReader> Open(Store& store, uint32_t shard);

  uint64_t low_water() const { return low_water_; }

  // The next entry, or nullopt after the last. DATA_LOSS, naming the shard and the sequences or
  // the key: a gap, or a damaged or misplaced entry. After an error the reader is done with.
  [[nodiscard]] absl::StatusOr<std::optional<JournalEntry>> Next();

  // The sequence after the last entry returned; before the first, the low-water mark.
  uint64_t next_sequence() const { return next_sequence_; }

 private:
  JournalReader(Store& store, uint32_t shard, uint64_t low_water);

  uint32_t shard_;
  uint64_t low_water_;
  uint64_t next_sequence_;
  RangeReader entries_;
};

}  // namespace quota::storage
