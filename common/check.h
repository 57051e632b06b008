// QUOTA_CHECK(condition): for programmer errors alone. Prints where, and aborts: a ledger
// that contradicts itself must not answer.
#pragma once

#include <cstdio>
#include <cstdlib>

#define QUOTA_CHECK(condition)                                                           \
  do {                                                                                   \
    if (!(condition)) [[unlikely]] {                                                     \
      std::fprintf(stderr, "%s:%d: check failed: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                      \
    }                                                                                    \
  } while (false)
