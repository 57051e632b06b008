#include "inspect/record_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "common/status.h"
#include "ledger/account_record.h"
#include "ledger/event_codec.h"
#include "ledger/invariants.h"
#include "ledger/remembered_ids.h"
#include "quota/v1/admin.pb.h"
#include "storage/blob.h"
#include "storage/journal.h"
#include "storage/range_reader.h"
#include "storage/record.h"
#include "storage/snapshots.h"

namespace quota::inspect {
namespace {

using storage::KeyTag;

// So often progress is told.
constexpr uint64_t kProgressRecords = 100'000;
constexpr char kOtherInstant[] = "its instant is not that of its key";

uint64_t ToMicros(const google::protobuf::Timestamp& timestamp) {
  return static_cast<uint64_t>(timestamp.seconds()) * 1'000'000 +
         static_cast<uint64_t>(timestamp.nanos()) / 1'000;
}

template <typename Message>
absl::StatusOr<Message> Parse(std::string_view payload) {
  Message message;
  if (message.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) return message;
  return absl::DataLossError("it does not decode");
}

// The words are made only where they are needed: it is asked of every record.
template <typename... Args>
absl::Status Require(bool holds, fmt::format_string<Args...> otherwise, Args&&... args) {
  if (holds) return absl::OkStatus();
  return absl::DataLossError(fmt::format(otherwise, std::forward<Args>(args)...));
}

absl::Status CheckDay(const v1::DayUsage& day) {
  const v1::CreditsBySource& used = day.used_by_source();
  const int64_t sum =
      used.base() + used.variable() + used.grandfathered() + used.additional() + used.packs();
  QUOTA_RETURN_IF_ERROR(Require(
      sum == day.used(), "{} credits were used, but by source they come to {}", day.used(), sum));
  QUOTA_RETURN_IF_ERROR(Require(day.closed() && day.held() == 0, "a closed day holds credits"));
  return Require(day.overage() >= 0 && day.used() >= 0, "used and overage must not be below 0");
}

// Whether the tag's records are a shard's state, which recovery needs.
bool IsState(KeyTag tag) {
  return tag != KeyTag::kAudit && tag != KeyTag::kDay && tag != KeyTag::kEvent;
}

}  // namespace

absl::Status RecordCheck::Run(const Progress& progress) {
  storage::RangeReader records(store_, "", "");
  for (;;) {
    QUOTA_ASSIGN_OR_RETURN(const auto record, records.Next());
    if (!record) break;
    ++report_.counts.records;
    report_.counts.bytes += record->first.size() + record->second.size();
    CheckOne(record->first, record->second);
    if (progress && report_.counts.records % kProgressRecords == 0) {
      progress("records", report_.counts.records);
    }
  }
  CountOrphans();
  return absl::OkStatus();
}

void RecordCheck::CheckOne(std::string_view key, std::string_view value) {
  const auto parts = storage::ParseKey(key);
  // Read when the store was opened.
  if (parts && parts->tag == KeyTag::kFormat) return;
  if (!parts || parts->numbers.empty() || parts->numbers[0] >= facts_.size()) {
    report_.Add(storage::PrintableKey(key), "is no key of this store");
    return;
  }
  const absl::Status status = Check(*parts, key, value);
  if (status.ok()) return;
  if (IsState(parts->tag)) facts_[parts->numbers[0]].damaged = true;
  report_.Add(storage::PrintableKey(key), std::string(status.message()));
}

absl::Status RecordCheck::Check(const storage::KeyParts& parts, std::string_view key,
                                std::string_view value) {
  return IsState(parts.tag) ? CheckState(parts, key, value) : CheckHistory(parts, key, value);
}

absl::Status RecordCheck::CheckState(const storage::KeyParts& parts, std::string_view key,
                                     std::string_view value) {
  const auto shard = static_cast<uint32_t>(parts.numbers[0]);
  switch (parts.tag) {
    case KeyTag::kAccount:
      return CheckAccount(shard, key, value);
    case KeyTag::kIdPage:
      return CheckPage(shard, key, value);
    case KeyTag::kAccountChunk:
    case KeyTag::kIdPageChunk:
      ++chunks_;
      return storage::OpenRecord(key, value).status();
    case KeyTag::kJournal: {
      QUOTA_ASSIGN_OR_RETURN(const std::string_view payload, storage::OpenRecord(key, value));
      return CheckEntry(shard, parts.numbers[1], payload);
    }
    default:  // the low-water mark, whose journal, if it has entries, comes before
      return CheckMark(shard);
  }
}

absl::Status RecordCheck::CheckMark(uint32_t shard) {
  QUOTA_ASSIGN_OR_RETURN(const uint64_t mark, storage::Journal::ReadLowWater(store_, shard));
  ShardFacts& facts = facts_[shard];
  facts.low_water = mark;
  facts.next_sequence = std::max(facts.next_sequence, mark);
  return absl::OkStatus();
}

absl::Status RecordCheck::CheckEntry(uint32_t shard, uint64_t sequence, std::string_view payload) {
  ++report_.counts.entries;
  ShardFacts& facts = facts_[shard];
  if (facts.next_sequence == storage::Journal::kFirstSequence) {
    entry_before_ = Instant();
    // Reported with its own key.
    const auto mark = storage::Journal::ReadLowWater(store_, shard);
    if (mark.ok()) facts.next_sequence = facts.low_water = *mark;
  }
  const uint64_t expected = facts.next_sequence;
  facts.next_sequence = sequence + 1;
  QUOTA_RETURN_IF_ERROR(Require(sequence >= facts.low_water,
                                "an entry lies below the journal's low-water mark {}",
                                facts.low_water));
  QUOTA_RETURN_IF_ERROR(Require(sequence == expected,
                                "the journal has a gap: entry {} is missing before this one",
                                expected));
  QUOTA_ASSIGN_OR_RETURN(const ledger::Entry entry, ledger::DecodeEntry(payload));
  report_.counts.events += entry.events.size();
  report_.last_at = std::max(report_.last_at, entry.at);
  const Instant before = std::exchange(entry_before_, entry.at);
  return Require(entry.at >= before, "ledger time runs backwards: it is before the entry before");
}

absl::Status RecordCheck::CheckAccount(uint32_t shard, std::string_view key,
                                       std::string_view value) {
  QUOTA_ASSIGN_OR_RETURN(
      const storage::Blob blob,
      storage::ReadBlob(store_, storage::AccountBlobs(shard), key, value, &chunks_named_));
  QUOTA_ASSIGN_OR_RETURN(ledger::DecodedAccount decoded, ledger::DecodeAccount(blob.bytes));
  QUOTA_RETURN_IF_ERROR(Require(decoded.account.number == blob.number,
                                "it is the record of account {}", decoded.account.number));
  const std::string org = decoded.account.org;
  for (const std::string& line : ledger::BrokenInvariants(std::move(decoded))) {
    facts_[shard].wrong_accounts.insert(static_cast<uint32_t>(blob.number));
    report_.Add(storage::PrintableKey(key), fmt::format("{}: {}", org, line));
  }
  return absl::OkStatus();
}

absl::Status RecordCheck::CheckPage(uint32_t shard, std::string_view key, std::string_view value) {
  ++report_.counts.pages;
  QUOTA_ASSIGN_OR_RETURN(
      const storage::Blob blob,
      storage::ReadBlob(store_, storage::IdPageBlobs(shard), key, value, &chunks_named_));
  ledger::RememberedIds ids;
  QUOTA_RETURN_IF_ERROR(ids.LoadPage(blob.bytes));
  const ledger::IdPage& page = ids.pages().back();
  return Require(page.first_sequence == blob.number && page.last_sequence == blob.sequence,
                 "it is the page of sequences {} to {}", page.first_sequence, page.last_sequence);
}

absl::Status RecordCheck::CheckHistory(const storage::KeyParts& parts, std::string_view key,
                                       std::string_view value) {
  ShardFacts& facts = facts_[parts.numbers[0]];
  QUOTA_ASSIGN_OR_RETURN(const std::string_view payload, storage::OpenRecord(key, value));
  if (parts.tag == KeyTag::kEvent) {
    ++report_.counts.watched_events;
    facts.newest_history_sequence = std::max(facts.newest_history_sequence, parts.numbers[2]);
    QUOTA_ASSIGN_OR_RETURN(const auto event, Parse<v1::Event>(payload));
    return Require(ToMicros(event.at()) == parts.numbers[1], kOtherInstant);
  }
  facts.highest_history_account = std::max(facts.highest_history_account, parts.numbers[1]);
  if (parts.tag == KeyTag::kDay) {
    ++report_.counts.closed_days;
    QUOTA_ASSIGN_OR_RETURN(const auto day, Parse<v1::DayUsage>(payload));
    QUOTA_RETURN_IF_ERROR(
        Require(ToMicros(day.starts_at()) == UINT64_MAX - parts.numbers[2], kOtherInstant));
    return CheckDay(day);
  }
  ++report_.counts.audit_entries;
  facts.newest_history_sequence =
      std::max(facts.newest_history_sequence, UINT64_MAX - parts.numbers[3]);
  QUOTA_ASSIGN_OR_RETURN(const auto entry, Parse<v1::AuditEntry>(payload));
  return Require(ToMicros(entry.at()) == UINT64_MAX - parts.numbers[2], kOtherInstant);
}

void RecordCheck::CountOrphans() {
  report_.counts.orphan_chunks = chunks_ - std::min<uint64_t>(chunks_, chunks_named_);
}

}  // namespace quota::inspect
