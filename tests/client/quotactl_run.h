// Runs quotactl in the process of a test.
#pragma once

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "client/quotactl/quotactl.h"
#include "tests/client/fake_quota_server.h"

namespace quota::client {

// 2026-01-01T20:48:00Z: 3 h 12 min before the fake server's day ends.
class FixedClock final : public Clock {
 public:
  Instant Now() const override { return Instant(std::chrono::seconds(1767300480)); }
};

struct RunResult {
  ExitCode code;
  std::string out;
  std::string err;
};

inline RunResult RunTool(std::vector<std::string> args, const std::string& input = "",
                         bool err_is_terminal = false) {
  std::istringstream in(input);
  std::ostringstream out;
  std::ostringstream err;
  const FixedClock clock;
  const ExitCode code = RunQuotactl(
      args, {.in = in, .out = out, .err = err, .clock = clock, .err_is_terminal = err_is_terminal});
  return {code, out.str(), err.str()};
}

// The same against a server.
inline RunResult RunTool(const FakeQuotaServer& server, std::vector<std::string> args,
                         const std::string& input = "") {
  args.insert(args.end(), {"--server", server.target()});
  return RunTool(std::move(args), input);
}

}  // namespace quota::client
