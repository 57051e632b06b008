#include "tests/simulation/running_seed.h"

#include <signal.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>

namespace quota::simulation {
namespace {

thread_local uint64_t running_seed = 0;

// Async-signal-safe. Once it returns, the process ends as it would have.
void PrintSeed(int /*signal*/) {
  if (running_seed == 0) return;
  char text[64] = "QUOTA_TEST_SEED=";
  char digits[24];
  size_t count = 0;
  for (uint64_t left = running_seed; left > 0; left /= 10) {
    digits[count++] = static_cast<char>('0' + left % 10);
  }
  size_t length = std::strlen(text);
  while (count > 0) text[length++] = digits[--count];
  text[length++] = '\n';
  if (write(STDERR_FILENO, text, length) < 0) _exit(1);
}

}  // namespace

RunningSeed::RunningSeed(uint64_t seed) {
  running_seed = seed;
  static const bool installed = signal(SIGABRT, PrintSeed) != SIG_ERR;
  static_cast<void>(installed);
}

RunningSeed::~RunningSeed() { running_seed = 0; }

}  // namespace quota::simulation
