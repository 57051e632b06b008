// A page of remembered ids: settled reservations in the order of their settling, encoded as they
// are stored.
//
//   page   := version:byte(1) first_sequence:varint last_sequence:varint oldest:zigzag
//   newest:zigzag
//             count:varint record*
//   record := account:varint id:bytes fingerprint:8 state:byte origin:byte held:varint asked:varint
//             charged:varint overage:varint day_start:zigzag
//
// Instants are in microseconds since 1970.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "ledger/id_record.h"

namespace quota::ledger {

// Plain data; belongs to RememberedIds.
struct IdPage {
  // The sequences of the first and the last group that settled an id here. The first names the
  // page.
  uint64_t first_sequence = 0;
  uint64_t last_sequence = 0;
  // When its oldest and its newest id were settled.
  Instant oldest;
  Instant newest;
  bool sealed = false;
  // It is in the store.
  bool saved = false;
  // The running number of its first record.
  uint64_t first_number = 0;
  // The records, one behind the other, and where each begins.
  std::string records;
  std::vector<uint32_t> begins;

  void Add(const IdRecord& record);
  size_t count() const { return begins.size(); }
  // The record at `index`, below count().
  IdRecord Record(size_t index) const;
  // What an id is found by; `packed` lives as long as the page is not changed.
  struct Key {
    AccountNumber account;
    std::string_view packed;
    friend bool operator==(const Key&, const Key&) = default;
  };
  // Of the record at `index`, which takes less than reading all of it.
  Key KeyOf(size_t index) const;
  // Memory, with its part of the index.
  size_t bytes() const;

  // The page as it is stored.
  std::string Encode() const;
  // DATA_LOSS where `bytes` are no page.
  static absl::StatusOr<IdPage> Decode(std::string_view bytes);
};

}  // namespace quota::ledger
