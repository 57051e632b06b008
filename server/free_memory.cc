#include "server/free_memory.h"

#include <malloc.h>

#include <cstddef>

namespace quota::server {
namespace {

// Less than this, or than this part of all, is kept for the next burst.
constexpr size_t kKeptBytes = 32 * 1024 * 1024;
constexpr size_t kKeptPart = 16;

}  // namespace

void ReturnFreeMemory() {
  const struct mallinfo2 heap = mallinfo2();
  if (heap.fordblks < kKeptBytes || heap.fordblks < heap.arena / kKeptPart) return;
  malloc_trim(0);
}

}  // namespace quota::server
