#include "storage/keys.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace quota::storage {
namespace {

// Enough of a foreign key to recognise it, in one line of a log.
constexpr size_t kPrintedBytes = 64;

// The sizes in bytes of the numbers behind a tag; "?" if the tag's keys are not laid out here.
std::string_view NumbersOf(char tag) {
  switch (static_cast<KeyTag>(tag)) {
    case KeyTag::kFormat:
      return "";
    case KeyTag::kLowWater:
      return "4";
    case KeyTag::kJournal:
    case KeyTag::kIdPage:
      return "48";
    case KeyTag::kAccount:
      return "44";
    case KeyTag::kAudit:
      return "44884";
    case KeyTag::kDay:
      return "448";
    case KeyTag::kEvent:
      return "4884";
    case KeyTag::kAccountChunk:
      return "448444";
    case KeyTag::kIdPageChunk:
      return "488444";
    default:
      return "?";
  }
}

std::string TaggedKey(KeyTag tag) { return std::string(1, static_cast<char>(tag)); }

}  // namespace

std::string FormatKey() { return TaggedKey(KeyTag::kFormat); }

std::string LowWaterKey(uint32_t shard) { return ShardPrefix(KeyTag::kLowWater, shard); }

std::string JournalKey(uint32_t shard, uint64_t sequence) {
  std::string key = ShardPrefix(KeyTag::kJournal, shard);
  AppendBigEndian64(key, sequence);
  return key;
}

std::string AccountKey(uint32_t shard, uint32_t account) {
  std::string key = ShardPrefix(KeyTag::kAccount, shard);
  AppendBigEndian32(key, account);
  return key;
}

std::string IdPageKey(uint32_t shard, uint64_t page) {
  std::string key = ShardPrefix(KeyTag::kIdPage, shard);
  AppendBigEndian64(key, page);
  return key;
}

std::string AuditKey(uint32_t shard, uint32_t account, uint64_t at, uint64_t sequence,
                     uint32_t index) {
  std::string key = AccountPrefix(KeyTag::kAudit, shard, account);
  AppendBigEndian64(key, UINT64_MAX - at);
  // What is of one instant comes newest first, too.
  AppendBigEndian64(key, UINT64_MAX - sequence);
  AppendBigEndian32(key, UINT32_MAX - index);
  return key;
}

std::string DayKey(uint32_t shard, uint32_t account, uint64_t at) {
  std::string key = AccountPrefix(KeyTag::kDay, shard, account);
  AppendBigEndian64(key, UINT64_MAX - at);
  return key;
}

std::string EventKey(uint32_t shard, const EventPosition& position) {
  std::string key = ShardPrefix(KeyTag::kEvent, shard);
  AppendBigEndian64(key, position.at);
  AppendBigEndian64(key, position.sequence);
  AppendBigEndian32(key, position.index);
  return key;
}

std::optional<EventPosition> ParseEventKey(std::string_view key) {
  EventPosition position;
  uint32_t shard = 0;
  if (!key.starts_with(TaggedKey(KeyTag::kEvent))) return std::nullopt;
  key.remove_prefix(1);
  const bool parsed = ConsumeBigEndian32(key, shard) && ConsumeBigEndian64(key, position.at) &&
                      ConsumeBigEndian64(key, position.sequence) &&
                      ConsumeBigEndian32(key, position.index) && key.empty();
  return parsed ? std::make_optional(position) : std::nullopt;
}

std::string AccountPrefix(KeyTag tag, uint32_t shard, uint32_t account) {
  std::string key = ShardPrefix(tag, shard);
  AppendBigEndian32(key, account);
  return key;
}

std::string ShardPrefix(KeyTag tag, uint32_t shard) {
  std::string key = TaggedKey(tag);
  AppendBigEndian32(key, shard);
  return key;
}

std::string ShardEnd(KeyTag tag, uint32_t shard) { return PrefixEnd(ShardPrefix(tag, shard)); }

std::string PrefixEnd(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && end.back() == '\xff') end.pop_back();
  if (!end.empty()) end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return end;
}

void AppendBigEndian32(std::string& out, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

void AppendBigEndian64(std::string& out, uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

bool ConsumeBigEndian32(std::string_view& in, uint32_t& value) {
  if (in.size() < 4) return false;
  value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(in[i]);
  in.remove_prefix(4);
  return true;
}

bool ConsumeBigEndian64(std::string_view& in, uint64_t& value) {
  if (in.size() < 8) return false;
  value = 0;
  for (size_t i = 0; i < 8; ++i) value = value << 8 | static_cast<unsigned char>(in[i]);
  in.remove_prefix(8);
  return true;
}

std::optional<KeyParts> ParseKey(std::string_view key) {
  if (key.empty()) return std::nullopt;
  KeyParts parts{static_cast<KeyTag>(key.front()), {}};
  const std::string_view widths = NumbersOf(key.front());
  key.remove_prefix(1);
  for (const char width : widths) {
    uint32_t narrow = 0;
    uint64_t wide = 0;
    if (width == '4' && ConsumeBigEndian32(key, narrow)) {
      parts.numbers.push_back(narrow);
    } else if (width == '8' && ConsumeBigEndian64(key, wide)) {
      parts.numbers.push_back(wide);
    } else {
      return std::nullopt;
    }
  }
  if (!key.empty()) return std::nullopt;
  return parts;
}

std::string PrintableKey(std::string_view key) {
  if (const auto parts = ParseKey(key)) {
    std::string text(1, key.front());
    for (const uint64_t number : parts->numbers) absl::StrAppend(&text, "/", number);
    return text;
  }
  const std::string_view head = key.substr(0, kPrintedBytes);
  return absl::StrCat("\"", absl::CHexEscape({head.data(), head.size()}),
                      key.size() > kPrintedBytes ? "\"..." : "\"");
}

}  // namespace quota::storage
