#include "common/reservation_id.h"

#include <array>

namespace quota {
namespace {

constexpr char kTextTag = 0;
constexpr char kUuidTag = 1;
constexpr size_t kUuidTextBytes = 36;
constexpr size_t kUuidPackedBytes = 17;

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool IsDash(size_t position) {
  return position == 8 || position == 13 || position == 18 || position == 23;
}

// True, with the tag and 16 bytes in `out`, where `text` is a canonical lower-case UUID.
bool PackUuid(std::string_view text, std::array<char, kUuidPackedBytes>& out) {
  if (text.size() != kUuidTextBytes) return false;
  out[0] = kUuidTag;
  size_t byte = 1;
  for (size_t i = 0; i < text.size();) {
    if (IsDash(i)) {
      if (text[i] != '-') return false;
      ++i;
      continue;
    }
    const int high = HexValue(text[i]);
    const int low = HexValue(text[i + 1]);
    if (high < 0 || low < 0) return false;
    out[byte++] = static_cast<char>(high << 4 | low);
    i += 2;
  }
  return true;
}

}  // namespace

ReservationId ReservationId::FromText(std::string_view text) {
  ReservationId id;
  std::array<char, kUuidPackedBytes> uuid;
  if (PackUuid(text, uuid)) {
    id.Assign({uuid.data(), uuid.size()});
    return id;
  }
  char buffer[kMaxPackedBytes];
  text = text.substr(0, kMaxTextBytes);
  buffer[0] = kTextTag;
  std::memcpy(buffer + 1, text.data(), text.size());
  id.Assign({buffer, text.size() + 1});
  return id;
}

std::optional<ReservationId> ReservationId::FromPacked(std::string_view packed) {
  if (packed.size() < 2 || packed.size() > kMaxPackedBytes) return std::nullopt;
  if (packed[0] != kTextTag && packed[0] != kUuidTag) return std::nullopt;
  if (packed[0] == kUuidTag && packed.size() != kUuidPackedBytes) return std::nullopt;
  // A UUID has one packed form: equal texts must have equal bytes.
  std::array<char, kUuidPackedBytes> uuid;
  if (packed[0] == kTextTag && PackUuid(packed.substr(1), uuid)) return std::nullopt;
  ReservationId id;
  id.Assign(packed);
  return id;
}

std::string ReservationId::Text() const {
  const std::string_view bytes = packed();
  if (bytes.empty()) return {};
  if (bytes[0] == kTextTag) return std::string(bytes.substr(1));
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  text.reserve(kUuidTextBytes);
  for (const char c : bytes.substr(1)) {
    if (IsDash(text.size())) text.push_back('-');
    text.push_back(kHex[static_cast<uint8_t>(c) >> 4]);
    text.push_back(kHex[static_cast<uint8_t>(c) & 15]);
  }
  return text;
}

void ReservationId::Assign(std::string_view packed) {
  size_ = static_cast<uint8_t>(packed.size());
  char* target = bytes_;
  if (packed.size() > kInlineBytes) {
    target = new char[packed.size()];
    std::memcpy(bytes_, &target, sizeof(target));
  }
  if (!packed.empty()) std::memcpy(target, packed.data(), packed.size());
}

}  // namespace quota
