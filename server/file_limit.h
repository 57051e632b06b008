// How many files and connections this process may have open.
#pragma once

#include <cstdint>

namespace quota::server {

// Raises the limit of open files to the most that the system lets this process have (the hard limit
// of RLIMIT_NOFILE), and returns the limit in force. The usual soft limit, 1,024, is for programs
// that use select(2).
int64_t RaiseFileLimit();

// The limit in force.
int64_t FileLimit();

}  // namespace quota::server
