// Where everything is kept: the key ranges of a store. Numbers are big-endian, so that keys order
// as their numbers do. docs/storage.md has the grammar, values included.
//
//   F                                  the format record (format.h)
//   W shard                            the low-water mark (journal.h)
//   J shard sequence                   journal entries (journal.h)
//   A shard account                    account snapshots (snapshots.h)
//   C shard account version index      chunks of account snapshots too large for one value
//   P shard page                       pages of remembered ids (snapshots.h)
//   Q shard page version index         chunks of pages too large for one value
//   U shard account age sequence index audit entries (history.h), the newest first
//   D shard account age                closed days (history.h), the newest first
//   E shard at sequence index          watched events (history.h), the oldest first
//
// shard, account and index have 32 bits; at, sequence, page and age 64. `at` is microseconds since
// 1970. An age is 2^64 - 1 less the
// microseconds since 1970, so that what is newer comes first. A version is the sequence of the
// whole record, its CRC-32 and the size of its chunks, so that no two splits of it share a key.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace quota::storage {

enum class KeyTag : char {
  kFormat = 'F',
  kLowWater = 'W',
  kJournal = 'J',
  kAccount = 'A',
  kAccountChunk = 'C',
  kIdPage = 'P',
  kIdPageChunk = 'Q',
  kAudit = 'U',
  kDay = 'D',
  kEvent = 'E',
};

std::string FormatKey();
std::string LowWaterKey(uint32_t shard);
std::string JournalKey(uint32_t shard, uint64_t sequence);
std::string AccountKey(uint32_t shard, uint32_t account);
std::string IdPageKey(uint32_t shard, uint64_t page);
// `at` is in microseconds since 1970.
std::string AuditKey(uint32_t shard, uint32_t account, uint64_t at, uint64_t sequence,
                     uint32_t index);
std::string DayKey(uint32_t shard, uint32_t account, uint64_t at);

// Where a watched event is among those of its shard.
struct EventPosition {
  // Microseconds since 1970.
  uint64_t at = 0;
  uint64_t sequence = 0;
  uint32_t index = 0;

  friend auto operator<=>(const EventPosition&, const EventPosition&) = default;
};
std::string EventKey(uint32_t shard, const EventPosition& position);
// Absent where `key` is none that EventKey made.
std::optional<EventPosition> ParseEventKey(std::string_view key);

// What the keys of one tag and account start with.
std::string AccountPrefix(KeyTag tag, uint32_t shard, uint32_t account);

// What the keys of one tag and shard start with, and the first key after all of them.
std::string ShardPrefix(KeyTag tag, uint32_t shard);
std::string ShardEnd(KeyTag tag, uint32_t shard);

// The first key after all that start with `prefix`; empty (no bound) when there is none.
std::string PrefixEnd(std::string_view prefix);

// Appends a number, most significant byte first.
void AppendBigEndian32(std::string& out, uint32_t value);
void AppendBigEndian64(std::string& out, uint64_t value);

// Takes a number from the front of `in`. False, leaving `in` as it was, if it is too short.
[[nodiscard]] bool ConsumeBigEndian32(std::string_view& in, uint32_t& value);
[[nodiscard]] bool ConsumeBigEndian64(std::string_view& in, uint64_t& value);

// A key's tag and the numbers behind it, as listed above.
struct KeyParts {
  KeyTag tag;
  std::vector<uint64_t> numbers;
};
// Absent where the key is none of those above.
std::optional<KeyParts> ParseKey(std::string_view key);

// A key as people read it in an error: "J/3/17" for those above, otherwise escaped bytes.
std::string PrintableKey(std::string_view key);

}  // namespace quota::storage
