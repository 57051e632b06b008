// The primitives of the flat layouts: varints, zigzag, length-prefixed bytes. Little-endian.
//
// A reader never reads past its end: after any failed read ok() stays false and values are zero.
// It takes numbers only in the one form that the writer gives them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "common/reservation_id.h"

namespace quota::ledger {

// Appends to `out`, whose length is right again when this is destroyed.
//
// It writes where the bytes stay. From a buffer of its own they would be copied in larger words
// than they were written in, and such a read waits until all writes before it are in the cache,
// those to memory that is far away included.
class WireWriter {
 public:
  explicit WireWriter(std::string& out) : out_(out), used_(out.size()) {}
  ~WireWriter() { out_.resize(used_); }
  WireWriter(const WireWriter&) = delete;
  WireWriter& operator=(const WireWriter&) = delete;

  void Byte(uint8_t value) {
    *Room(1) = static_cast<char>(value);
    ++used_;
  }
  void Varint(uint64_t value) {
    char* const begin = Room(kMaxVarintBytes);
    char* at = begin;
    while (value >= 0x80) {
      *at++ = static_cast<char>(value | 0x80);
      value >>= 7;
    }
    *at++ = static_cast<char>(value);
    used_ += static_cast<size_t>(at - begin);
  }
  void Zigzag(int64_t value) {
    Varint((static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63));
  }
  void Fixed64(uint64_t value) {
    std::memcpy(Room(8), &value, 8);
    used_ += 8;
  }
  void Bytes(std::string_view bytes) {
    Varint(bytes.size());
    std::memcpy(Room(bytes.size()), bytes.data(), bytes.size());
    used_ += bytes.size();
  }
  // As Bytes. A UUID is copied in its own words, for the reason above.
  void Id(const ReservationId& id) {
    const std::string_view packed = id.packed();
    if (packed.size() != ReservationId::kPackedUuidBytes) return Bytes(packed);
    char* const at = Room(1 + ReservationId::kPackedUuidBytes);
    at[0] = static_cast<char>(ReservationId::kPackedUuidBytes);
    at[1] = packed[0];
    std::memcpy(at + 2, packed.data() + 1, 8);
    std::memcpy(at + 10, packed.data() + 9, 8);
    used_ += 1 + ReservationId::kPackedUuidBytes;
  }

 private:
  // Most events and records fit.
  static constexpr size_t kStep = 112;
  static constexpr size_t kMaxVarintBytes = 10;

  // Where the next bytes go, as many as that.
  char* Room(size_t bytes) {
    if (used_ + bytes > out_.size()) Grow(bytes);
    return out_.data() + used_;
  }
  // No further than there is memory, if that is enough.
  void Grow(size_t bytes) {
    out_.resize(used_ + std::max(bytes, std::min(kStep, out_.capacity() - used_)));
  }

  std::string& out_;
  size_t used_;
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
