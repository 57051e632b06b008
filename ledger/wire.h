// The primitives of the flat layouts: varints, zigzag, length-prefixed bytes. Little-endian.
//
// A reader never reads past its end: after any failed read ok() stays false and values are zero.
// It takes numbers only in the one form that the writer gives them.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "common/reservation_id.h"

namespace quota::ledger {

// Appends to `out`, at the latest when it is destroyed: byte by byte into a string is slow.
class WireWriter {
 public:
  explicit WireWriter(std::string& out) : out_(out) {}
  ~WireWriter() { Flush(); }
  WireWriter(const WireWriter&) = delete;
  WireWriter& operator=(const WireWriter&) = delete;

  void Byte(uint8_t value) {
    MakeRoom(1);
    buffer_[used_++] = static_cast<char>(value);
  }
  void Varint(uint64_t value) {
    MakeRoom(kMaxVarintBytes);
    while (value >= 0x80) {
      buffer_[used_++] = static_cast<char>(value | 0x80);
      value >>= 7;
    }
    buffer_[used_++] = static_cast<char>(value);
  }
  void Zigzag(int64_t value) {
    Varint((static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63));
  }
  void Fixed64(uint64_t value) {
    MakeRoom(8);
    std::memcpy(buffer_ + used_, &value, 8);
    used_ += 8;
  }
  void Bytes(std::string_view bytes) {
    Varint(bytes.size());
    if (bytes.size() <= kBufferBytes) {
      MakeRoom(bytes.size());
      std::memcpy(buffer_ + used_, bytes.data(), bytes.size());
      used_ += bytes.size();
    } else {
      Flush();
      out_.append(bytes);
    }
  }
  // As Bytes. A UUID is copied in its own words: larger ones would span two that may have been
  // written just before, and wait for all earlier writes.
  void Id(const ReservationId& id) {
    const std::string_view packed = id.packed();
    if (packed.size() != ReservationId::kPackedUuidBytes) return Bytes(packed);
    MakeRoom(1 + ReservationId::kPackedUuidBytes);
    buffer_[used_++] = static_cast<char>(ReservationId::kPackedUuidBytes);
    buffer_[used_++] = packed[0];
    std::memcpy(buffer_ + used_, packed.data() + 1, 8);
    std::memcpy(buffer_ + used_ + 8, packed.data() + 9, 8);
    used_ += 16;
  }

 private:
  // Most events and records fit.
  static constexpr size_t kBufferBytes = 112;
  static constexpr size_t kMaxVarintBytes = 10;

  void MakeRoom(size_t bytes) {
    if (used_ + bytes > kBufferBytes) Flush();
  }
  void Flush() {
    out_.append(buffer_, used_);
    used_ = 0;
  }

  std::string& out_;
  size_t used_ = 0;
  char buffer_[kBufferBytes];
};

class WireReader {
 public:
  explicit WireReader(std::string_view in) : in_(in) {}

  bool ok() const { return ok_; }
  bool done() const { return in_.empty(); }
  // What has not been read yet.
  std::string_view Rest() const { return in_; }

  uint8_t Byte() {
    if (in_.empty()) return Fail<uint8_t>();
    const auto value = static_cast<uint8_t>(in_.front());
    in_.remove_prefix(1);
    return value;
  }
  uint64_t Varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const uint8_t byte = Byte();
      if (!ok_) return 0;
      // The tenth byte has one bit left; a last byte of zero says nothing.
      if ((shift == 63 && byte > 1) || (shift > 0 && byte == 0)) return Fail<uint64_t>();
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    return Fail<uint64_t>();
  }
  uint32_t Varint32() {
    const uint64_t value = Varint();
    if (value > UINT32_MAX) return Fail<uint32_t>();
    return static_cast<uint32_t>(value);
  }
  int64_t Zigzag() {
    const uint64_t value = Varint();
    return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
  }
  uint64_t Fixed64() {
    if (in_.size() < 8) return Fail<uint64_t>();
    uint64_t value;
    std::memcpy(&value, in_.data(), 8);
    in_.remove_prefix(8);
    return value;
  }
  std::string_view Bytes() {
    const uint64_t size = Varint();
    if (size > in_.size()) return Fail<std::string_view>();
    const std::string_view bytes = in_.substr(0, size);
    in_.remove_prefix(size);
    return bytes;
  }
  void MarkBad() { Fail<int>(); }

 private:
  template <typename T>
  T Fail() {
    ok_ = false;
    in_ = {};
    return T{};
  }

  std::string_view in_;
  bool ok_ = true;
};

}  // namespace quota::ledger
