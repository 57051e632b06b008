// Memory that a burst of calls needed and nobody needs any more.
#pragma once

namespace quota::server {

// Gives what is free in the allocator back to the system, where that is a lot: by itself glibc
// keeps nearly all of it. Takes milliseconds for each hundred MiB that are free; threads that
// allocate meanwhile may wait as long.
void ReturnFreeMemory();

}  // namespace quota::server
