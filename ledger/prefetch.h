// Asks for memory that will be needed soon.
#pragma once

#include <cstddef>

namespace quota::ledger {

// The line of 64 bytes that has `address`.
inline void PrefetchLine(const void* address) {
  __builtin_prefetch(address);
  // GCC 12 takes a function that only prefetches for one without effect, and drops calls of it.
  asm volatile("" : : "r"(address));  // NOLINT(hicpp-no-assembler)
}

inline void PrefetchBytes(const void* object, size_t bytes) {
  constexpr size_t kLine = 64;
  for (size_t at = 0; at < bytes; at += kLine) PrefetchLine(static_cast<const char*>(object) + at);
}

}  // namespace quota::ledger
