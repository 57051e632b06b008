// A 64-bit hash that stays the same across processes, machines and releases: it places
// organisations on shards and fingerprints requests, and both are stored.
//
// FNV-1a over 8-byte words with a final mix (the finalizer of SplitMix64). Not for use against an
// adversary who may choose the input.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace quota {

static_assert(std::endian::native == std::endian::little, "stored hashes are little-endian");

class StableHash {
 public:
  StableHash& Add(uint64_t value) {
    state_ = (state_ ^ value) * 0x100000001b3ULL;
    state_ ^= state_ >> 32;
    return *this;
  }

  // The length is part of what is hashed, so that ("ab","c") and ("a","bc") differ.
  StableHash& Add(std::string_view text) {
    Add(text.size());
    while (text.size() >= 8) {
      uint64_t word;
      std::memcpy(&word, text.data(), 8);
      Add(word);
      text.remove_prefix(8);
    }
    if (!text.empty()) {
      uint64_t word = 0;
      std::memcpy(&word, text.data(), text.size());
      Add(word);
    }
    return *this;
  }

  uint64_t Value() const {
    uint64_t x = state_;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
  }

 private:
  uint64_t state_ = 0xcbf29ce484222325ULL;
};

}  // namespace quota
