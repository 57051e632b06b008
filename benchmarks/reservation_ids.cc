#include "benchmarks/reservation_ids.h"

#include <array>
#include <cstring>

namespace quota::bench {
namespace {

// The finaliser of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
// generators"): one to one, so that numbers that differ give ids that differ.
uint64_t Scramble(uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

// The two digits of each byte.
constexpr auto kDigits = [] {
  std::array<char, 512> digits{};
  constexpr char kHex[] = "0123456789abcdef";
  for (size_t i = 0; i < 256; ++i) {
    digits[2 * i] = kHex[i >> 4];
    digits[2 * i + 1] = kHex[i & 15];
  }
  return digits;
}();

}  // namespace

ReservationIds::ReservationIds() {
  std::random_device device;
  const auto draw = [&device] { return (static_cast<uint64_t>(device()) << 32) | device(); };
  key_high_ = draw();
  key_low_ = draw();
}

void ReservationIds::Write(uint64_t number, std::string& out) const {
  // All 64 bits of the number are in the first half, of which the version takes 4; the second half
  // is another mix of them, so that no two ids of a run are the same.
  uint64_t high = Scramble(number ^ key_high_);
  uint64_t low = Scramble(number ^ key_low_);
  high = (high & ~uint64_t{0xf000}) | 0x4000;
  low = (low & ~(uint64_t{3} << 62)) | (uint64_t{2} << 62);
  out.resize(36);
  char* to = out.data();
  for (int byte = 0; byte < 16; ++byte) {
    if (byte == 4 || byte == 6 || byte == 8 || byte == 10) *to++ = '-';
    const uint64_t half = byte < 8 ? high : low;
    std::memcpy(to, &kDigits[2 * ((half >> (56 - 8 * (byte % 8))) & 0xff)], 2);
    to += 2;
  }
}

}  // namespace quota::bench
