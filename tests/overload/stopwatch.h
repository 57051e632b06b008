// How long something took.
#pragma once

#include <chrono>

namespace quota::test {

inline double SecondsSince(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace quota::test
