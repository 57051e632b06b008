// The fields of a message in protobuf's encoding, one after the other, by protobuf's own decoder.
//
//   WireFields in(bytes);
//   while (in.Next()) {
//     if (in.tag() == WireFields::BytesTag(1)) name = in.Bytes();
//     else in.Skip();
//   }
//   if (!in.ok()) ...  // no message
#pragma once

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <cstdint>
#include <string_view>

namespace quota::server {

// For one thread. The bytes outlive it, and what Bytes gives.
class WireFields {
 public:
  using Format = google::protobuf::internal::WireFormatLite;

  static constexpr uint32_t BytesTag(int field) {
    return static_cast<uint32_t>(field) << 3 | Format::WIRETYPE_LENGTH_DELIMITED;
  }
  static constexpr uint32_t VarintTag(int field) {
    return static_cast<uint32_t>(field) << 3 | Format::WIRETYPE_VARINT;
  }

  explicit WireFields(std::string_view bytes)
      : bytes_(bytes),
        in_(reinterpret_cast<const uint8_t*>(bytes.data()), static_cast<int>(bytes.size())) {}

  // Comes to the next field, of which exactly one of Bytes, Varint and Skip takes the value. False
  // at the end, and where the bytes are no message.
  bool Next() {
    if (!ok_) return false;
    tag_ = in_.ReadTag();
    if (tag_ != 0) return true;
    ok_ = in_.ConsumedEntireMessage();
    return false;
  }
  uint32_t tag() const { return tag_; }

  std::string_view Bytes() {
    uint32_t size = 0;
    if (!in_.ReadVarint32(&size)) return Fail<std::string_view>();
    const auto at = static_cast<size_t>(in_.CurrentPosition());
    if (size > bytes_.size() - at || !in_.Skip(static_cast<int>(size))) {
      return Fail<std::string_view>();
    }
    return bytes_.substr(at, size);
  }
  uint64_t Varint() {
    uint64_t value = 0;
    return in_.ReadVarint64(&value) ? value : Fail<uint64_t>();
  }
  void Skip() { ok_ = Format::SkipField(&in_, tag_); }

  bool ok() const { return ok_; }
  // Nothing is left.
  bool done() const { return static_cast<size_t>(in_.CurrentPosition()) == bytes_.size(); }

 private:
  template <typename Value>
  Value Fail() {
    ok_ = false;
    return {};
  }

  const std::string_view bytes_;
  google::protobuf::io::CodedInputStream in_;
  uint32_t tag_ = 0;
  bool ok_ = true;
};

}  // namespace quota::server
