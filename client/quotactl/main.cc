// quotactl: everything a person does with a quota service. See docs/cli.md.
#include <unistd.h>

#include <iostream>
#include <string>
#include <vector>

#include "client/quotactl/quotactl.h"
#include "common/clock.h"

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  const quota::SystemClock clock;
  const std::vector<std::string> args(argv + 1, argv + argc);
  const quota::client::ExitCode code =
      quota::client::RunQuotactl(args, {.in = std::cin,
                                        .out = std::cout,
                                        .err = std::cerr,
                                        .clock = clock,
                                        .err_is_terminal = isatty(STDERR_FILENO) == 1});
  std::cout.flush();
  return static_cast<int>(code);
}
