#include "client/uuid.h"

#include <array>
#include <cstdint>

namespace quota::client {
namespace {

std::mt19937_64 SeededGenerator() {
  std::random_device device;
  // 256 bits: no two threads anywhere should ever start alike.
  std::array<uint32_t, 8> words;
  for (uint32_t& word : words) word = device();
  std::seed_seq seed(words.begin(), words.end());
  return std::mt19937_64(seed);
}

}  // namespace

std::mt19937_64& ThreadRandom() {
  thread_local std::mt19937_64 generator = SeededGenerator();
  return generator;
}

std::string NewUuid() {
  std::mt19937_64& random = ThreadRandom();
  uint64_t high = random();
  uint64_t low = random();
  // RFC 4122: the version in the high nibble of byte 6, the variant in the high bits of byte 8.
  high = (high & ~0xf000ULL) | 0x4000ULL;
  low = (low & ~(3ULL << 62)) | (2ULL << 62);

  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (int nibble = 0; nibble < 32; ++nibble) {
    if (nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20) text += '-';
    const uint64_t word = nibble < 16 ? high : low;
    text += kDigits[(word >> (60 - 4 * (nibble % 16))) & 0xf];
  }
  return text;
}

}  // namespace quota::client
