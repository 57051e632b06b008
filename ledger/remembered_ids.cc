#include "ledger/remembered_ids.h"

#include <fmt/format.h>

#include "common/stable_hash.h"
#include "ledger/record_bounds.h"
#include "ledger/wire.h"

namespace quota::ledger {
namespace {

constexpr uint8_t kPageVersion = 1;

int64_t Micros(Instant instant) { return instant.time_since_epoch().count(); }

void EncodeRecord(const IdRecord& record, WireWriter& out) {
  out.Varint(record.account);
  out.Bytes(record.id.packed());
  out.Fixed64(record.fingerprint);
  out.Byte(static_cast<uint8_t>(record.state));
  out.Byte(static_cast<uint8_t>(record.origin));
  out.Varint(static_cast<uint64_t>(record.held.value()));
  out.Varint(static_cast<uint64_t>(record.asked.value()));
  out.Varint(static_cast<uint64_t>(record.charged.value()));
  out.Varint(static_cast<uint64_t>(record.overage.value()));
  out.Zigzag(Micros(record.day_start));
}

std::unique_ptr<IdRecord> DecodeRecord(WireReader& in) {
  auto record = std::make_unique<IdRecord>();
  record->account = in.Varint32();
  const auto id = ReservationId::FromPacked(in.Bytes());
  record->fingerprint = in.Fixed64();
  const uint8_t state = in.Byte();
  const uint8_t origin = in.Byte();
  record->held = Credits(static_cast<int64_t>(in.Varint()));
  record->asked = Credits(static_cast<int64_t>(in.Varint()));
  record->charged = Credits(static_cast<int64_t>(in.Varint()));
  record->overage = Credits(static_cast<int64_t>(in.Varint()));
  record->day_start = Instant(Duration(in.Zigzag()));
  if (!id || record->account == 0 || !InBounds(record->held) || !InBounds(record->asked) ||
      !InBounds(record->charged) || !InBounds(record->overage) || !InBounds(record->day_start) ||
      state < static_cast<uint8_t>(HoldState::kCommitted) ||
      state > static_cast<uint8_t>(HoldState::kSessionLost) ||
      origin > static_cast<uint8_t>(Origin::kLate)) {
    in.MarkBad();
    return nullptr;
  }
  record->id = *id;
  record->state = static_cast<HoldState>(state);
  record->origin = static_cast<Origin>(origin);
  return record;
}

}  // namespace

size_t RememberedIds::Hash::operator()(const Key& key) const {
  return StableHash().Add(key.account).Add(key.packed).Value();
}

RememberedIds::~RememberedIds() {
  // Pages own what is settled, found in the index or not; the index owns the open holds.
  for (IdRecord* record : index_) {
    if (record->state == HoldState::kOpen) delete record;
  }
  for (const IdPage& page : pages_) {
    for (IdRecord* record : page.records) delete record;
  }
}

IdRecord* RememberedIds::Find(AccountNumber account, const ReservationId& id) const {
  const auto found = index_.find(Key{account, id.packed()});
  return found == index_.end() ? nullptr : *found;
}

IdRecord* RememberedIds::AddOpen(AccountNumber account, const ReservationId& id) {
  auto* record = new IdRecord;
  record->account = account;
  record->id = id;
  index_.insert(record);
  ++open_holds_;
  return record;
}

IdPage& RememberedIds::CurrentPage(Instant at, uint64_t sequence) {
  if (pages_.empty() || pages_.back().sealed) {
    IdPage page;
    page.first_sequence = sequence;
    page.oldest = at;
    pages_.push_back(std::move(page));
  }
  return pages_.back();
}

void RememberedIds::Settle(const Settled& event, IdRecord* open, Instant at, uint64_t sequence,
                           bool index) {
  IdRecord* record = open;
  if (record == nullptr) {
    record = new IdRecord;
    record->account = event.account;
    record->id = event.id;
  } else {
    --open_holds_;
    if (!index) index_.erase(record);
  }
  record->fingerprint = event.fingerprint;
  record->origin = event.origin;
  record->state = event.state;
  record->held = event.held;
  record->asked = event.asked;
  record->charged = event.charged;
  record->overage = event.overage;
  record->day_start = event.day_start;
  if (index && open == nullptr) {
    const auto [found, added] = index_.insert(record);
    if (!added) {
      // Erased before the older record is marked, while both still have the same key.
      IdRecord* older = *found;
      index_.erase(found);
      older->superseded = true;
      index_.insert(record);
    }
  }
  IdPage& page = CurrentPage(at, sequence);
  page.records.push_back(record);
  page.last_sequence = sequence;
  page.newest = at;
  page.bytes += record->bytes();
  settled_bytes_ += record->bytes();
  ++settled_ids_;
}

void RememberedIds::Drop(IdRecord* open) {
  index_.erase(open);
  --open_holds_;
  delete open;
}

void RememberedIds::Seal() {
  if (!pages_.empty()) pages_.back().sealed = true;
}

void RememberedIds::Forget(uint64_t through_sequence,
                           const std::function<void(const IdRecord&)>& forgotten) {
  while (!pages_.empty() && pages_.front().last_sequence <= through_sequence) {
    for (IdRecord* record : pages_.front().records) {
      const auto found = index_.find(record);
      if (found != index_.end() && *found == record) index_.erase(found);
      forgotten(*record);
      settled_bytes_ -= record->bytes();
      --settled_ids_;
      delete record;
    }
    pages_.pop_front();
  }
}

const IdPage* RememberedIds::FirstUnsaved() const {
  for (const IdPage& page : pages_) {
    if (!page.saved) return &page;
  }
  return nullptr;
}

void RememberedIds::MarkSaved(uint64_t first_sequence) {
  for (IdPage& page : pages_) {
    if (page.first_sequence == first_sequence) page.saved = true;
  }
}

std::string RememberedIds::EncodePage(const IdPage& page) {
  std::string bytes;
  WireWriter out(bytes);
  out.Byte(kPageVersion);
  out.Varint(page.first_sequence);
  out.Varint(page.last_sequence);
  out.Zigzag(Micros(page.oldest));
  out.Zigzag(Micros(page.newest));
  out.Varint(page.records.size());
  for (const IdRecord* record : page.records) EncodeRecord(*record, out);
  return bytes;
}

absl::Status RememberedIds::LoadPage(std::string_view bytes) {
  WireReader in(bytes);
  if (in.Byte() != kPageVersion) in.MarkBad();
  IdPage page;
  page.first_sequence = in.Varint();
  page.last_sequence = in.Varint();
  page.oldest = Instant(Duration(in.Zigzag()));
  page.newest = Instant(Duration(in.Zigzag()));
  page.sealed = page.saved = true;
  const uint64_t count = in.Varint();
  std::vector<std::unique_ptr<IdRecord>> records;
  for (uint64_t i = 0; i < count && in.ok(); ++i) records.push_back(DecodeRecord(in));
  const bool spans = InBounds(page.oldest) && InBounds(page.newest) && page.oldest <= page.newest;
  const bool follows = pages_.empty() || page.first_sequence > pages_.back().last_sequence;
  if (!in.ok() || !in.done() || count == 0 || page.first_sequence > page.last_sequence || !spans ||
      !follows) {
    return absl::DataLossError(
        fmt::format("the page of remembered ids from sequence {} on does not decode, or overlaps "
                    "the page before it",
                    page.first_sequence));
  }
  for (auto& record : records) {
    page.bytes += record->bytes();
    page.records.push_back(record.release());
  }
  settled_bytes_ += page.bytes;
  settled_ids_ += page.records.size();
  pages_.push_back(std::move(page));
  return absl::OkStatus();
}

absl::Status RememberedIds::FinishRecovery() {
  index_.reserve(index_.size() + settled_ids_);
  for (IdPage& page : pages_) {
    for (IdRecord* record : page.records) {
      const auto [found, added] = index_.insert(record);
      if (added) continue;
      IdRecord* older = *found;
      if (older->state == HoldState::kOpen) {
        return absl::DataLossError(
            fmt::format("reservation {} of account {} is both open and ended", record->id.Text(),
                        record->account));
      }
      index_.erase(found);
      older->superseded = true;
      index_.insert(record);
    }
  }
  return absl::OkStatus();
}

}  // namespace quota::ledger
