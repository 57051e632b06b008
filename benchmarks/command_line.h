// quotabench's command line.
#pragma once

#include "benchmarks/run.h"

namespace quota::bench {

inline constexpr int kExitOk = 0;
// The run could not be made, or is void.
inline constexpr int kExitFailed = 1;
// The command line makes no sense.
inline constexpr int kExitUsage = 2;

struct CommandLine {
  // Set where there is nothing to run: --help, or a mistake, which has been printed.
  bool exit = false;
  int exit_code = kExitOk;

  RunOptions run;
  bool json = false;
  bool quiet = false;
};

// Prints help and mistakes itself.
CommandLine ParseCommandLine(int argc, const char* const* argv);

}  // namespace quota::bench
