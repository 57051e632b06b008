// Makes values out of the bytes of a fuzzer's input: equal bytes give equal values. Once the bytes
// are used up, every value is its smallest.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <string_view>

#include "common/clock.h"

namespace quota::fuzz {

class ByteSource {
 public:
  explicit ByteSource(std::string_view bytes) : rest_(bytes) {}

  bool done() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

  uint8_t Byte() {
    if (rest_.empty()) return 0;
    const auto byte = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return byte;
  }
  bool Bool() { return (Byte() & 1) != 0; }
  // 0 to bound - 1. Takes as few bytes as the bound needs.
  uint64_t Below(uint64_t bound) {
    uint64_t value = 0;
    for (uint64_t left = bound - 1; left != 0; left >>= 8) value = value << 8 | Byte();
    return value % bound;
  }
  // Any number.
  uint64_t Number(int bytes) {
    uint64_t value = 0;
    for (int i = 0; i < bytes; ++i) value = value << 8 | Byte();
    return value;
  }
  std::string_view Bytes(size_t count) {
    const std::string_view bytes = rest_.substr(0, count);
    rest_.remove_prefix(bytes.size());
    return bytes;
  }
  template <typename T>
  T OneOf(std::initializer_list<T> values) {
    return *std::next(values.begin(), static_cast<ptrdiff_t>(Below(values.size())));
  }

 private:
  std::string_view rest_;
};

}  // namespace quota::fuzz
