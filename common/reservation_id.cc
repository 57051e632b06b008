#include "common/reservation_id.h"

#include <array>

namespace quota {
namespace {

constexpr char kTextTag = 0;
constexpr char kUuidTag = 1;
constexpr size_t kUuidTextBytes = 36;
constexpr size_t kUuidPackedBytes = ReservationId::kPackedUuidBytes;

// By character; negative for all that is no lower-case hexadecimal digit.
constexpr std::array<int16_t, 256> kHexValues = [] {
  std::array<int16_t, 256> values{};
  values.fill(-1);
  for (int i = 0; i < 10; ++i) values['0' + i] = static_cast<int16_t>(i);
  for (int i = 0; i < 6; ++i) values['a' + i] = static_cast<int16_t>(10 + i);
  return values;
}();

bool IsDash(size_t position) {
  return position == 8 || position == 13 || position == 18 || position == 23;
}

// Where the digits of each byte are.
constexpr std::array<uint8_t, 16> kPairs = {0,  2,  4,  6,  9,  11, 14, 16,
                                            19, 21, 24, 26, 28, 30, 32, 34};

// True, with the tag and 16 bytes in `out`, where `text` is a canonical lower-case UUID. Each call
// has an id: one look at the end is spared the branches on the way.
bool PackUuid(std::string_view text, std::array<char, kUuidPackedBytes>& out) {
  if (text.size() != kUuidTextBytes) return false;
  if (text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') return false;
  out[0] = kUuidTag;
  int signs = 0;
  for (size_t i = 0; i < kPairs.size(); ++i) {
    const int high = kHexValues[static_cast<uint8_t>(text[kPairs[i]])];
    const int low = kHexValues[static_cast<uint8_t>(text[kPairs[i] + 1U])];
    signs |= high | low;
    out[i + 1] = static_cast<char>(high * 16 + low);
  }
  return signs >= 0;
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
  if (packed.size() > kInlineBytes) {
    char* const heap = new char[packed.size()];
    std::memcpy(bytes_ + kInlineBytes - sizeof(heap), &heap, sizeof(heap));
  }
  char* const target = const_cast<char*>(this->packed().data());
  if (!packed.empty()) std::memcpy(target, packed.data(), packed.size());
}

}  // namespace quota
