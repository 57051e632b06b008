// quotactl as a function: main and the tests both call it.
#pragma once

#include <istream>
#include <ostream>
#include <string>
#include <vector>

#include "common/clock.h"

namespace quota::client {

// What a run of quotactl may touch besides the network, the environment variable QUOTACTL_SERVER
// and the files that its arguments name.
struct Environment {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  const Clock& clock;
  // Progress rewrites one line there; elsewhere it is a line every few seconds.
  bool err_is_terminal = false;
};

// Returned by RunQuotactl, documented in --help and docs/cli.md: scripts rely on them.
enum class ExitCode : int {
  kOk = 0,
  // A decision other than granted.
  kRefused = 1,
  // The command line or a file it names makes no sense; nothing was sent.
  kUsage = 2,
  // The server answered with an error: invalid, not found, a conflict.
  kServerError = 3,
  // No answer, not serving, or overloaded: worth trying again.
  kUnavailable = 4,
  // A store or a backup was looked at, and is damaged.
  kDamaged = 5,
};

// Runs one command. `args` without the program's name. Blocks until it is done. Thread-safe where
// the streams are not shared.
ExitCode RunQuotactl(const std::vector<std::string>& args, const Environment& environment);

}  // namespace quota::client
