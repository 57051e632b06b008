#include "server/field_rules.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/absl_view.h"

namespace quota::server {
namespace {

// Bounds of google.protobuf.Duration, from its definition.
constexpr int64_t kMaxDurationSeconds = 315'576'000'000;
constexpr int32_t kMaxDurationNanos = 999'999'999;

// Where the first control character is. The text is valid UTF-8: protobuf has verified that, so
// that a byte 0xc2 is always the first of two, and with a second below 0xa0 it is one of C1.
std::optional<size_t> FindControlCharacter(std::string_view text) {
  // Eight bytes at a time while there is nothing near: a byte below 0x20, 0x7f or 0xc2.
  constexpr uint64_t kOnes = ~uint64_t{0} / 255;
  const auto below = [](uint64_t word, uint64_t n) {
    return (word - kOnes * n) & ~word & (kOnes * 128);
  };
  size_t clean = 0;
  for (uint64_t word = 0; clean + sizeof(word) <= text.size(); clean += sizeof(word)) {
    std::memcpy(&word, text.data() + clean, sizeof(word));
    if (below(word, 0x20) | below(word ^ (kOnes * 0x7f), 1) | below(word ^ (kOnes * 0xc2), 1))
      break;
  }
  for (size_t i = clean; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7f) return i;
    if (byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0) {
      return i;
    }
  }
  return std::nullopt;
}

absl::Status CheckIdOfAtLeast(std::string_view field, std::string_view value, size_t min) {
  if (value.size() < min || value.size() > kMaxIdBytes) {
    return CheckBytes(field, value, min, kMaxIdBytes);
  }
  if (const auto position = FindControlCharacter(value)) {
    return InvalidField(
        field, absl::StrFormat("a control character (0x%02x) at byte %d; it must have none",
                               static_cast<unsigned char>(value[*position]), *position + 1));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status InvalidField(std::string_view field, std::string_view problem) {
  return absl::InvalidArgumentError(absl::StrCat(AbslView(field), ": ", AbslView(problem)));
}

absl::Status CheckId(std::string_view field, std::string_view value) {
  return CheckIdOfAtLeast(field, value, 1);
}

absl::Status CheckOptionalId(std::string_view field, std::string_view value) {
  return CheckIdOfAtLeast(field, value, 0);
}

absl::Status CheckBytes(std::string_view field, std::string_view value, size_t min, size_t max) {
  if (value.size() >= min && value.size() <= max) return absl::OkStatus();
  return InvalidField(field, absl::StrCat(value.size(), " bytes; it must be ", min, " to ", max));
}

absl::Status CheckRange(std::string_view field, int64_t value, int64_t min, int64_t max) {
  if (value >= min && value <= max) return absl::OkStatus();
  return InvalidField(field, absl::StrCat(value, "; it must be ", min, " to ", max));
}

absl::Status ReadDuration(std::string_view field, const google::protobuf::Duration& duration,
                          Duration& out) {
  const int64_t seconds = duration.seconds();
  const int32_t nanos = duration.nanos();
  const bool mixed = (seconds > 0 && nanos < 0) || (seconds < 0 && nanos > 0);
  if (seconds > kMaxDurationSeconds || seconds < -kMaxDurationSeconds ||
      nanos > kMaxDurationNanos || nanos < -kMaxDurationNanos || mixed) {
    return InvalidField(field, absl::StrCat("seconds ", seconds, ", nanos ", nanos,
                                            "; it must be a valid google.protobuf.Duration"));
  }
  out = std::chrono::seconds(seconds) + Duration(nanos / 1000);
  return absl::OkStatus();
}

}  // namespace quota::server
