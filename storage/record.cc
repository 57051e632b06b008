#include "storage/record.h"

#include <zlib.h>

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "storage/keys.h"

namespace quota::storage {
namespace {

constexpr char kFormat = 1;

uint32_t Crc(std::string_view key, std::string_view payload) {
  // The key's length goes first: no bytes can move between key and payload unnoticed.
  std::string head(1, kFormat);
  AppendBigEndian32(head, static_cast<uint32_t>(key.size()));
  head.append(key);
  uLong crc = crc32_z(0, reinterpret_cast<const Bytef*>(head.data()), head.size());
  crc = crc32_z(crc, reinterpret_cast<const Bytef*>(payload.data()), payload.size());
  return static_cast<uint32_t>(crc);
}

absl::Status Damaged(std::string_view key, const std::string& how) {
  return absl::DataLossError(absl::StrCat("record ", PrintableKey(key), " is damaged: ", how));
}

}  // namespace

std::string SealRecord(std::string_view key, std::string_view payload) {
  std::string value;
  value.reserve(kRecordOverheadBytes + payload.size());
  value.push_back(kFormat);
  AppendBigEndian32(value, Crc(key, payload));
  value.append(payload);
  return value;
}

absl::StatusOr<std::string_view> OpenRecord(std::string_view key, std::string_view value) {
  if (value.size() < kRecordOverheadBytes) return Damaged(key, "it is cut short");
  if (value.front() != kFormat) {
    return Damaged(key,
                   absl::StrCat("it has record format ", static_cast<unsigned char>(value.front()),
                                ", not ", static_cast<int>(kFormat)));
  }
  value.remove_prefix(1);
  uint32_t crc = 0;
  if (!ConsumeBigEndian32(value, crc)) return Damaged(key, "it is cut short");
  if (crc != Crc(key, value)) return Damaged(key, "its checksum does not match");
  return value;
}

}  // namespace quota::storage
