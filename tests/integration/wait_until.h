// Waits for a condition that another process or thread brings about.
#pragma once

#include <chrono>
#include <thread>

namespace quota::test {

// Looks until `condition()` is true; false where it has not become so in time. For conditions that
// nothing signals, such as what a server answers.
template <typename Condition>
bool WaitUntil(Condition condition, std::chrono::seconds timeout = std::chrono::seconds(30)) {
  constexpr std::chrono::milliseconds kBetweenLooks{5};
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(kBetweenLooks);
  }
  return true;
}

}  // namespace quota::test
