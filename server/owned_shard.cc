#include "server/owned_shard.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "common/check.h"
#include "common/status.h"
#include "ledger/event_codec.h"

namespace quota::server {
namespace {

// Pages of remembered ids are written a few at a time: each is page_bytes or little more.
constexpr size_t kPagesInSlice = 8;
// An entry grows as its group does: the memory of one that large is kept for the next.
constexpr size_t kSpareBytes = size_t{64} * 1024;
// Each trim of watched events leaves a tombstone: one with each event would slow reads down.
constexpr Duration kEventTrimInterval = std::chrono::hours(1);

absl::Status InShard(const absl::Status& status, uint32_t shard) {
  return Annotate(status, fmt::format("shard {}", shard));
}

// Journal bytes that a new shard counts as if it had written them: shards that are as busy as each
// other would store their accounts all at the same time, and calls would wait for that. Multiples
// of the golden ratio lie far from one another, however many there are.
size_t Lead(const ledger::Shard& shard, size_t journal_bytes) {
  // However much journal is kept: never a large part of it.
  const uint64_t most = std::min(journal_bytes, SnapshotOptions().journal_bytes / shard.count());
  return ((shard.number() * uint32_t{0x9e3779b9}) * most) >> 32;
}

}  // namespace

absl::StatusOr<std::unique_ptr<OwnedShard>> OwnedShard::Recover(storage::Store& store,
                                                                uint32_t number,
                                                                SnapshotOptions options,
                                                                uint32_t count) {
  absl::StatusOr<storage::SnapshotWriter> writer = storage::SnapshotWriter::Open(store, number);
  if (!writer.ok()) return InShard(writer.status(), number);
  std::unique_ptr<OwnedShard> owned(new OwnedShard(number, count, options, *std::move(writer)));
  if (absl::Status status = owned->Load(store); !status.ok()) return InShard(status, number);
  if (absl::Status status = owned->ReplayJournal(store); !status.ok()) {
    return InShard(status, number);
  }
  if (absl::Status status = owned->shard_.FinishRecovery(); !status.ok()) {
    return InShard(status, number);
  }
  return owned;
}

absl::Status OwnedShard::Load(storage::Store& store) {
  uint64_t newest = 0;
  storage::IdPageReader pages(store, number());
  for (;;) {
    QUOTA_ASSIGN_OR_RETURN(auto page, pages.Next());
    if (!page) break;
    QUOTA_RETURN_IF_ERROR(
        Annotate(shard_.LoadPage(page->record), fmt::format("page of ids {}", page->page)));
    const ledger::IdPage& loaded = shard_.ids().pages().back();
    stored_pages_.push_back({loaded.first_sequence, loaded.last_sequence});
    newest = std::max(newest, loaded.last_sequence);
  }
  storage::AccountReader accounts(store, number());
  for (;;) {
    QUOTA_ASSIGN_OR_RETURN(auto account, accounts.Next());
    if (!account) break;
    QUOTA_RETURN_IF_ERROR(Annotate(shard_.LoadAccount(account->record, account->sequence),
                                   fmt::format("account {}", account->account)));
    newest = std::max(newest, account->sequence);
  }
  // Checked against the journal's end in ReplayJournal.
  next_sequence_ = newest + 1;
  return absl::OkStatus();
}

absl::Status OwnedShard::ReplayJournal(storage::Store& store) {
  const uint64_t newest_snapshot = next_sequence_ - 1;
  QUOTA_ASSIGN_OR_RETURN(auto reader, storage::JournalReader::Open(store, number()));
  low_water_ = reader.low_water();
  for (;;) {
    QUOTA_ASSIGN_OR_RETURN(auto entry, reader.Next());
    if (!entry) break;
    const std::string where = fmt::format("journal sequence {}", entry->sequence);
    const absl::StatusOr<ledger::Entry> decoded = ledger::DecodeEntry(entry->payload);
    if (!decoded.ok()) return Annotate(decoded.status(), where);
    QUOTA_RETURN_IF_ERROR(Annotate(shard_.Replay(*decoded, entry->sequence), where));
    journal_bytes_ += entry->payload.size();
  }
  next_sequence_ = reader.next_sequence();
  if (newest_snapshot >= next_sequence_) {
    return absl::DataLossError(fmt::format(
        "the journal ends at sequence {}, but a snapshot is of {}: journal entries are missing",
        next_sequence_ - 1, newest_snapshot));
  }
  if (next_sequence_ == 1) journal_bytes_ = Lead(shard_, most_journal_bytes());
  return absl::OkStatus();
}

bool OwnedShard::Journal(ledger::Group& group, storage::Batch& batch) {
  QUOTA_CHECK(group.sequence == next_sequence_ && group.entry.count() > 0);
  journal_bytes_ += group.entry.bytes().size();
  storage::HistoryWriter history(batch, number(), next_sequence_, options_.history);
  std::optional<Instant> last_event;
  for (const ledger::HistoryRecord& record : group.history) {
    switch (record.kind) {
      case ledger::HistoryKind::kAudit:
        history.AddAudit(record.account, record.at, record.payload);
        break;
      case ledger::HistoryKind::kDay:
        history.AddDay(record.account, record.at, record.payload);
        break;
      case ledger::HistoryKind::kEvent:
        history.AddEvent(record.at, record.payload);
        last_event = record.at;
        break;
    }
  }
  if (last_event && *last_event >= next_event_trim_) {
    // Later by one interval than is promised: who reads at the very end of it still may.
    history.TrimEvents(*last_event - options_.history.events - kEventTrimInterval);
    next_event_trim_ = *last_event + kEventTrimInterval;
  }
  storage::Journal::Append(batch, number(), next_sequence_++, group.entry.bytes());
  spare_entry_ = group.entry.Take();
  if (spare_entry_.capacity() > kSpareBytes) spare_entry_ = std::string();
  return last_event.has_value();
}

bool OwnedShard::MaintenanceDue() const {
  return !under_way_ && (cut_ != 0 || journal_bytes_ >= most_journal_bytes());
}

std::vector<storage::AccountSnapshot> OwnedShard::TakeAccounts() {
  std::vector<storage::AccountSnapshot> accounts;
  const uint64_t sequence = next_sequence_ - 1;
  for (size_t bytes = 0; bytes < options_.slice_bytes;) {
    const ledger::AccountNumber account = shard_.NextDirty(cut_);
    if (account == 0) break;
    accounts.push_back({account, sequence, shard_.SaveAccount(account, sequence)});
    bytes += accounts.back().record.size();
  }
  if (!accounts.empty()) under_way_->saved_at = sequence;
  return accounts;
}

std::vector<storage::IdPageSnapshot> OwnedShard::TakePages() {
  std::vector<storage::IdPageSnapshot> pages;
  for (const ledger::IdPage& page : shard_.ids().pages()) {
    if (page.saved) continue;
    if (!page.sealed || pages.size() == kPagesInSlice) break;
    pages.push_back({page.first_sequence, page.last_sequence, page.Encode()});
    under_way_->pages.push_back(page.first_sequence);
    stored_pages_.push_back({page.first_sequence, page.last_sequence});
  }
  return pages;
}

storage::Batch OwnedShard::TrimBatch() {
  storage::Batch batch;
  // The last entry is always kept: it tells where ledger time stood.
  const uint64_t new_mark = std::min(shard_.OldestNeeded(next_sequence_), next_sequence_ - 1);
  if (new_mark <= low_water_) return batch;
  storage::Journal::Trim(batch, number(), low_water_, new_mark);
  under_way_->new_mark = new_mark;
  // Forgotten pages go once no entry that is kept has settled an id in them: replay would otherwise
  // make them again.
  const auto& kept = shard_.ids().pages();
  const uint64_t oldest_kept = kept.empty() ? next_sequence_ : kept.front().first_sequence;
  bool dropped = false;
  while (!stored_pages_.empty() && stored_pages_.front().first_sequence < oldest_kept &&
         stored_pages_.front().last_sequence < new_mark) {
    stored_pages_.pop_front();
    dropped = true;
  }
  if (dropped) {
    writer_.DropIdPages(batch,
                        stored_pages_.empty() ? oldest_kept : stored_pages_.front().first_sequence);
  }
  return batch;
}

absl::StatusOr<std::vector<storage::Batch>> OwnedShard::Maintain(const storage::Limits& limits) {
  std::vector<storage::Batch> batches;
  if (!MaintenanceDue()) return batches;
  if (cut_ == 0) {
    cut_ = next_sequence_ - 1;
    bytes_at_cut_ = journal_bytes_;
    spdlog::debug("shard {}: snapshot of sequence {} begins", number(), cut_);
  }
  under_way_ = Slice{};
  const auto accounts = TakeAccounts();
  const auto pages = TakePages();
  if (!accounts.empty() || !pages.empty()) {
    QUOTA_ASSIGN_OR_RETURN(batches, writer_.EncodeAccounts(accounts, low_water_));
    QUOTA_ASSIGN_OR_RETURN(auto page_batches, writer_.EncodeIdPages(pages, low_water_));
    std::move(page_batches.begin(), page_batches.end(), std::back_inserter(batches));
    return batches;
  }
  // Everything up to the cut is stored and durable.
  storage::Batch trim = TrimBatch();
  under_way_->trimmed_bytes = bytes_at_cut_;
  cut_ = 0;
  if (trim.operations() == 0) {
    // Nothing to trim yet, such as a page of ids that is still open: try after as many bytes again.
    spdlog::debug("shard {}: snapshot ends; nothing to trim yet", number());
    journal_bytes_ -= bytes_at_cut_;
    under_way_.reset();
    return batches;
  }
  batches.push_back(std::move(trim));
  return batches;
}

void OwnedShard::MaintenanceDone() {
  QUOTA_CHECK(under_way_.has_value());
  if (under_way_->saved_at != 0) shard_.ConfirmSaved(under_way_->saved_at);
  for (const uint64_t page : under_way_->pages) shard_.mutable_ids().MarkSaved(page);
  if (under_way_->new_mark != 0) {
    low_water_ = under_way_->new_mark;
    spdlog::debug("shard {}: snapshot ends; the journal begins at sequence {}", number(),
                  low_water_);
  }
  journal_bytes_ -= std::min(journal_bytes_, under_way_->trimmed_bytes);
  under_way_.reset();
}

}  // namespace quota::server
