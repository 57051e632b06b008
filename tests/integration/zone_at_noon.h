// For tests on the machine's clock that add up what a day has used: no day ends while they run.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace quota::test {

// The IANA name of a zone where it is between noon and one o'clock.
inline std::string ZoneAtNoon() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const int64_t hour = std::chrono::duration_cast<std::chrono::hours>(now).count() % 24;
  const int64_t east = 12 - hour;
  // These names follow POSIX, which counts to the west.
  return std::string("Etc/GMT") + (east > 0 ? "-" : "+") + std::to_string(std::abs(east));
}

}  // namespace quota::test
