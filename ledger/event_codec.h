// Journal entries: what a group of events looks like on disk.
//
//   entry    := version:byte(1) at:zigzag event*
//   event    := kind:byte body
//   RESERVED := account:varint id:bytes fingerprint:8 credits:varint day:zigzag ttl:zigzag
//               flags:byte [slots:varint] [second_pool:byte] [session] [packs]
//   EXTENDED := account:varint id:bytes ttl:zigzag
//   SETTLED  := account:varint id:bytes fingerprint:8 how:byte held:varint day:zigzag
//               flags:byte [asked:varint] [charged:varint] [overage:varint] [packs]
//   SEALED   := (nothing)
//   FORGOTTEN := through_sequence:varint
//   others   := bytes (a message of quota/records)
//   session  := index:varint [name:bytes]   a new index, one above the last, brings its name
//   packs    := count:varint (purchase:varint credits:zigzag)*
//   day      := seconds of `at` less those of the day's start
//   ttl      := microseconds of the deadline less those of `at`
//   bytes    := length:varint byte*
//
// flags tell which optional fields follow; their absence means the value that most calls have. A
// pair of Reserved and Settled with UUIDs takes about 72 bytes.
//
// What does not decode whole and exact, or is out of record_bounds.h, is DATA_LOSS: of the flat
// events there is one form each, and of SEALED and FORGOTTEN one an entry.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "ledger/events.h"

namespace quota::ledger {

// Builds one entry. Not thread-safe.
class EntryEncoder {
 public:
  // Writes into `memory`, of which nothing but the capacity is used.
  explicit EntryEncoder(Instant at, std::string memory = {});

  void Add(const Event& event);
  // The entry so far.
  const std::string& bytes() const { return bytes_; }
  std::string Take() { return std::move(bytes_); }
  uint32_t count() const { return count_; }

 private:
  void Encode(const Reserved& event);
  void Encode(const Extended& event);
  void Encode(const Settled& event);
  void Encode(const IdsSealed& event);
  void Encode(const IdsForgotten& event);
  void Encode(const records::OrgCreated& event);
  void Encode(const records::PlanChanged& event);
  void Encode(const records::CreditsPurchased& event);
  void Encode(const records::CreditsRevoked& event);
  void Encode(const records::DayOpened& event);
  void Encode(const records::DayClosed& event);
  void Encode(const records::ThresholdReached& event);
  void Encode(const records::CatalogReloaded& event);
  void Encode(const records::BackupTaken& event);

  Instant at_;
  std::string bytes_;
  uint32_t count_ = 0;
  std::vector<std::string> sessions_;
};

struct Entry {
  Instant at;
  Events events;
};

// DATA_LOSS telling at which event of the entry decoding ended.
absl::StatusOr<Entry> DecodeEntry(std::string_view bytes);

}  // namespace quota::ledger
