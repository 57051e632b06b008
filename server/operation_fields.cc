#include "server/operation_fields.h"

#include <cstring>

#include "server/wire_fields.h"

namespace quota::server {
namespace {

bool IsAscii(std::string_view text) {
  constexpr uint64_t kHighBits = 0x8080808080808080;
  uint64_t seen = 0;
  size_t i = 0;
  for (uint64_t word = 0; i + sizeof(word) <= text.size(); i += sizeof(word)) {
    std::memcpy(&word, text.data() + i, sizeof(word));
    seen |= word;
  }
  for (; i < text.size(); ++i) seen |= static_cast<unsigned char>(text[i]);
  return (seen & kHighBits) == 0;
}

// Numbers of fields are those of quota.proto. Each takes the field that was just come to, or says
// that it is none of its own; of a field that comes twice the last counts, as protobuf has it.

bool Take(WireFields& in, ReleaseFields& fields) {
  switch (in.tag()) {
    case WireFields::BytesTag(1):
      fields.org = in.Bytes();
      return IsAscii(fields.org);
    case WireFields::BytesTag(2):
      fields.id = in.Bytes();
      return IsAscii(fields.id);
    default:
      return false;
  }
}

bool Take(WireFields& in, CommitFields& fields) {
  if (in.tag() != WireFields::VarintTag(3)) return Take(in, static_cast<ReleaseFields&>(fields));
  fields.amount = static_cast<int64_t>(in.Varint());
  return true;
}

// Numbers are cut to the field's size, as protobuf does.
template <typename Enum>
Enum ToEnum(uint64_t value) {
  return static_cast<Enum>(static_cast<int32_t>(value));
}

bool Take(WireFields& in, ChargeFields& fields) {
  if (in.tag() != WireFields::VarintTag(5)) return Take(in, static_cast<CommitFields&>(fields));
  fields.how = ToEnum<v1::ReserveMode>(in.Varint());
  return true;
}

bool Take(WireFields& in, ReserveFields& fields) {
  switch (in.tag()) {
    case WireFields::VarintTag(5):
      fields.count = static_cast<uint32_t>(in.Varint());
      return true;
    case WireFields::BytesTag(6): {
      // Two of them would be merged.
      if (fields.life) return false;
      const std::string_view bytes = in.Bytes();
      return fields.life.emplace().ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
    }
    case WireFields::VarintTag(7):
      fields.how = ToEnum<v1::ReserveMode>(in.Varint());
      return true;
    case WireFields::VarintTag(8):
      fields.at_expiry = ToEnum<v1::ExpiryAction>(in.Varint());
      return true;
    case WireFields::VarintTag(9):
      fields.bind = in.Varint() != 0;
      return true;
    default:
      return Take(in, static_cast<CommitFields&>(fields));
  }
}

template <typename Fields>
bool ReadAll(std::string_view bytes, Fields& fields) {
  WireFields in(bytes);
  while (in.Next()) {
    if (!Take(in, fields)) return false;
  }
  return in.ok();
}

}  // namespace

bool ReadFields(std::string_view bytes, ReleaseFields& fields) { return ReadAll(bytes, fields); }
bool ReadFields(std::string_view bytes, CommitFields& fields) { return ReadAll(bytes, fields); }
bool ReadFields(std::string_view bytes, ChargeFields& fields) { return ReadAll(bytes, fields); }
bool ReadFields(std::string_view bytes, ReserveFields& fields) { return ReadAll(bytes, fields); }

}  // namespace quota::server
