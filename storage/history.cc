#include "storage/history.h"

#include <algorithm>
#include <utility>

#include "common/status.h"
#include "storage/range_reader.h"
#include "storage/record.h"

namespace quota::storage {
namespace {

// Nothing is before 1970.
uint64_t Micros(Instant instant) {
  return static_cast<uint64_t>(std::max<int64_t>(0, instant.time_since_epoch().count()));
}

}  // namespace

void HistoryWriter::AddAudit(uint32_t account, Instant at, std::string_view payload) {
  const std::string key = AuditKey(shard_, account, Micros(at), sequence_, index_++);
  batch_.Put(key, SealRecord(key, payload));
  Trim(KeyTag::kAudit, account, at - keep_.audit);
}

void HistoryWriter::AddDay(uint32_t account, Instant start, std::string_view payload) {
  const std::string key = DayKey(shard_, account, Micros(start));
  batch_.Put(key, SealRecord(key, payload));
  Trim(KeyTag::kDay, account, start - keep_.days);
}

void HistoryWriter::AddEvent(Instant at, std::string_view payload) {
  const std::string key = EventKey(shard_, {Micros(at), sequence_, index_++});
  batch_.Put(key, SealRecord(key, payload));
}

void HistoryWriter::TrimEvents(Instant before) {
  if (before <= Instant()) return;
  batch_.DeleteRange(ShardPrefix(KeyTag::kEvent, shard_), EventKey(shard_, {Micros(before), 0, 0}));
}

void HistoryWriter::Trim(KeyTag tag, uint32_t account, Instant before) {
  std::string prefix = AccountPrefix(tag, shard_, account);
  if (before <= Instant() ||
      std::find(trimmed_.begin(), trimmed_.end(), prefix) != trimmed_.end()) {
    return;
  }
  std::string begin = prefix;
  AppendBigEndian64(begin, UINT64_MAX - Micros(before) + 1);
  batch_.DeleteRange(std::move(begin), PrefixEnd(prefix));
  trimmed_.push_back(std::move(prefix));
}

absl::StatusOr<HistoryPage> ReadHistory(Store& store, std::string begin, std::string end,
                                        size_t max_records) {
  HistoryPage page;
  RangeReader reader(store, std::move(begin), std::move(end));
  for (;;) {
    QUOTA_ASSIGN_OR_RETURN(auto entry, reader.Next());
    if (!entry) return page;
    if (page.records.size() == max_records) {
      page.more = true;
      return page;
    }
    QUOTA_ASSIGN_OR_RETURN(const std::string_view payload, OpenRecord(entry->first, entry->second));
    page.records.push_back({entry->first, std::string(payload)});
  }
}

}  // namespace quota::storage
