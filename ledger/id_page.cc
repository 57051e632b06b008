#include "ledger/id_page.h"

#include <fmt/format.h>

#include "common/check.h"
#include "ledger/hash_index.h"
#include "ledger/record_bounds.h"
#include "ledger/wire.h"

namespace quota::ledger {
namespace {

constexpr uint8_t kPageVersion = 1;

int64_t Micros(Instant instant) { return instant.time_since_epoch().count(); }

void EncodeRecord(const IdRecord& record, WireWriter& out) {
  out.Varint(record.account);
  out.Id(record.id);
  out.Fixed64(record.fingerprint);
  out.Byte(static_cast<uint8_t>(record.state));
  out.Byte(static_cast<uint8_t>(record.origin));
  out.Varint(static_cast<uint64_t>(record.held.value()));
  out.Varint(static_cast<uint64_t>(record.asked.value()));
  out.Varint(static_cast<uint64_t>(record.charged.value()));
  out.Varint(static_cast<uint64_t>(record.overage.value()));
  out.Zigzag(Micros(record.day_start));
}

IdRecord DecodeRecord(WireReader& in) {
  IdRecord record;
  record.account = in.Varint32();
  const auto id = ReservationId::FromPacked(in.Bytes());
  record.fingerprint = in.Fixed64();
  const uint8_t state = in.Byte();
  const uint8_t origin = in.Byte();
  record.held = Credits(static_cast<int64_t>(in.Varint()));
  record.asked = Credits(static_cast<int64_t>(in.Varint()));
  record.charged = Credits(static_cast<int64_t>(in.Varint()));
  record.overage = Credits(static_cast<int64_t>(in.Varint()));
  record.day_start = Instant(Duration(in.Zigzag()));
  if (!id || record.account == 0 || !InBounds(record.held) || !InBounds(record.asked) ||
      !InBounds(record.charged) || !InBounds(record.overage) || !InBounds(record.day_start) ||
      state < static_cast<uint8_t>(HoldState::kCommitted) ||
      state > static_cast<uint8_t>(HoldState::kSessionLost) ||
      origin > static_cast<uint8_t>(Origin::kLate)) {
    in.MarkBad();
    return record;
  }
  record.id = *id;
  record.state = static_cast<HoldState>(state);
  record.origin = static_cast<Origin>(origin);
  return record;
}

}  // namespace

void IdPage::Add(const IdRecord& record) {
  begins.push_back(static_cast<uint32_t>(records.size()));
  WireWriter out(records);
  EncodeRecord(record, out);
}

IdRecord IdPage::Record(size_t index) const {
  WireReader in(std::string_view(records).substr(begins[index]));
  IdRecord record = DecodeRecord(in);
  // It was written here, or read when the page was loaded.
  QUOTA_CHECK(in.ok());
  return record;
}

IdPage::Key IdPage::KeyOf(size_t index) const {
  WireReader in(std::string_view(records).substr(begins[index]));
  const AccountNumber account = in.Varint32();
  return {account, in.Bytes()};
}

size_t IdPage::bytes() const {
  return records.size() + count() * (sizeof(begins[0]) + HashIndex::kBytesEach);
}

std::string IdPage::Encode() const {
  std::string bytes;
  {
    WireWriter out(bytes);
    out.Byte(kPageVersion);
    out.Varint(first_sequence);
    out.Varint(last_sequence);
    out.Zigzag(Micros(oldest));
    out.Zigzag(Micros(newest));
    out.Varint(count());
  }
  bytes += records;
  return bytes;
}

absl::StatusOr<IdPage> IdPage::Decode(std::string_view bytes) {
  WireReader in(bytes);
  if (in.Byte() != kPageVersion) in.MarkBad();
  IdPage page;
  page.first_sequence = in.Varint();
  page.last_sequence = in.Varint();
  page.oldest = Instant(Duration(in.Zigzag()));
  page.newest = Instant(Duration(in.Zigzag()));
  page.sealed = page.saved = true;
  const uint64_t count = in.Varint();
  page.records = in.Rest();
  for (uint64_t i = 0; i < count && in.ok(); ++i) {
    page.begins.push_back(static_cast<uint32_t>(page.records.size() - in.Rest().size()));
    DecodeRecord(in);
  }
  const bool spans = InBounds(page.oldest) && InBounds(page.newest) && page.oldest <= page.newest;
  // Groups are numbered from 1.
  const bool of_groups = page.first_sequence > 0 && page.first_sequence <= page.last_sequence;
  if (!in.ok() || !in.done() || count == 0 || !of_groups || !spans) {
    return absl::DataLossError(fmt::format(
        "the page of remembered ids from sequence {} on does not decode", page.first_sequence));
  }
  return page;
}

}  // namespace quota::ledger
