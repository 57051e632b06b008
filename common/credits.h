// An amount of credits: whole, signed 64 bits, never floating.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>

namespace quota {

class Credits {
 public:
  constexpr Credits() = default;
  constexpr explicit Credits(int64_t value) : value_(value) {}

  constexpr int64_t value() const { return value_; }

  constexpr Credits& operator+=(Credits other) {
    value_ += other.value_;
    return *this;
  }
  constexpr Credits& operator-=(Credits other) {
    value_ -= other.value_;
    return *this;
  }
  friend constexpr Credits operator+(Credits a, Credits b) { return a += b; }
  friend constexpr Credits operator-(Credits a, Credits b) { return a -= b; }
  friend constexpr Credits operator-(Credits a) { return Credits(-a.value_); }
  friend constexpr auto operator<=>(const Credits&, const Credits&) = default;

 private:
  int64_t value_ = 0;
};

// The most that one request may name, one price may come to, or one figure of an allotment may be.
// A thousand of them added up stay far below 2^63.
inline constexpr Credits kMaxCredits{1'000'000'000'000};
inline constexpr Credits kZeroCredits{0};

}  // namespace quota
