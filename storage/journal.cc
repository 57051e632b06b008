#include "storage/journal.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status.h"
#include "storage/keys.h"
#include "storage/record.h"

namespace quota::storage {
namespace {

constexpr size_t kJournalKeyBytes = 1 + 4 + 8;
static_assert(Journal::kAppendOverheadBytes == 2 * kJournalKeyBytes + kRecordOverheadBytes);
static_assert(Journal::kMarkConditionBytes == (1 + 4) + (kRecordOverheadBytes + 8));

std::string EncodeMark(uint32_t shard, uint64_t mark) {
  std::string payload;
  AppendBigEndian64(payload, mark);
  return SealRecord(LowWaterKey(shard), payload);
}

}  // namespace

size_t Journal::MaxPayloadBytes(const Limits& limits) {
  return std::min(limits.max_value_bytes - kRecordOverheadBytes,
                  limits.max_batch_bytes - kAppendOverheadBytes);
}

void Journal::Append(Batch& batch, uint32_t shard, uint64_t sequence, std::string_view payload) {
  std::string key = JournalKey(shard, sequence);
  std::string value = SealRecord(key, payload);
  batch.RequireAbsent(key);
  batch.Put(std::move(key), std::move(value));
}

void Journal::Trim(Batch& batch, uint32_t shard, uint64_t old_mark, uint64_t new_mark) {
  RequireLowWater(batch, shard, old_mark);
  batch.DeleteRange(JournalKey(shard, old_mark), JournalKey(shard, new_mark));
  batch.Put(LowWaterKey(shard), EncodeMark(shard, new_mark));
}

void Journal::RequireLowWater(Batch& batch, uint32_t shard, uint64_t mark) {
  // A mark only rises, so that of a new shard is never written: absence stands for it alone.
  if (mark == kFirstSequence) {
    batch.RequireAbsent(LowWaterKey(shard));
  } else {
    batch.RequireValue(LowWaterKey(shard), EncodeMark(shard, mark));
  }
}

absl::StatusOr<uint64_t> Journal::ReadLowWater(Store& store, uint32_t shard) {
  const std::string key = LowWaterKey(shard);
  QUOTA_ASSIGN_OR_RETURN(std::optional<std::string> stored, store.Get(key));
  if (!stored.has_value()) return kFirstSequence;
  QUOTA_ASSIGN_OR_RETURN(std::string_view payload, OpenRecord(key, *stored));
  uint64_t mark = 0;
  if (!ConsumeBigEndian64(payload, mark) || !payload.empty() || mark <= kFirstSequence) {
    return absl::DataLossError(
        absl::StrCat("low-water record ", PrintableKey(key), " holds no mark"));
  }
  return mark;
}

JournalReader::JournalReader(Store& store, uint32_t shard, uint64_t low_water)
    : shard_(shard),
      low_water_(low_water),
      next_sequence_(low_water),
      entries_(store, JournalKey(shard, low_water), ShardEnd(KeyTag::kJournal, shard)) {}

absl::StatusOr<JournalReader> JournalReader::Open(Store& store, uint32_t shard) {
  QUOTA_ASSIGN_OR_RETURN(uint64_t mark, Journal::ReadLowWater(store, shard));
  QUOTA_ASSIGN_OR_RETURN(
      Page below, store.Scan(ShardPrefix(KeyTag::kJournal, shard), JournalKey(shard, mark), 1, 1));
  if (!below.entries.empty()) {
    return absl::DataLossError(absl::StrCat("journal of shard ", shard, " has entry ",
                                            PrintableKey(below.entries[0].first),
                                            " below its low-water mark ", mark));
  }
  return JournalReader(store, shard, mark);
}

absl::StatusOr<std::optional<JournalEntry>> JournalReader::Next() {
  QUOTA_ASSIGN_OR_RETURN(std::optional<RangeReader::Entry> entry, entries_.Next());
  if (!entry.has_value()) return std::nullopt;
  auto& [key, value] = *entry;
  if (key != JournalKey(shard_, next_sequence_)) {
    return absl::DataLossError(absl::StrCat("journal of shard ", shard_, " has a gap: expected ",
                                            PrintableKey(JournalKey(shard_, next_sequence_)),
                                            ", found ", PrintableKey(key)));
  }
  QUOTA_ASSIGN_OR_RETURN(std::string_view payload, OpenRecord(key, value));
  return JournalEntry{next_sequence_++, std::string(payload)};
}

}  // namespace quota::storage
