// Memory that a burst of calls needed and nobody needs any more.
#pragma once

#include <cstddef>

namespace quota::server {

// For one thread.
class FreeMemory {
 public:
  // Gives what is free in the allocator back to the system, where that is a lot: by itself glibc
  // keeps nearly all of it. Takes milliseconds for each hundred MiB that are free; threads that
  // allocate meanwhile may wait as long. So it does nothing where all of it was given back before.
  void Return();

 private:
  // Free in the allocator since it was given back.
  size_t returned_ = 0;
};

}  // namespace quota::server
