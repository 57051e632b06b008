// Names of threads, for `top -H`, perf and debuggers.
#pragma once

#include <pthread.h>

#include <cstddef>

namespace quota::server {

// Names the calling thread. Linux keeps 15 characters.
template <size_t kSize>
void NameThread(const char (&name)[kSize]) {
  static_assert(kSize <= 16);
  pthread_setname_np(pthread_self(), name);
}

}  // namespace quota::server
