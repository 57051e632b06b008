// The real quotad, as a child process on ports of its own.
//
//   QuotadProcess quotad({.data_folder = folder / "data"});
//   ASSERT_TRUE(quotad.WaitUntilServing());
//   QuotaCalls calls(quotad.target());
//   quotad.Kill();
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "tests/crash/child_process.h"

namespace quota::test {

// Far more than a start, a stop or an answer takes on a machine with other work.
inline constexpr std::chrono::seconds kPatience{60};

struct QuotadOptions {
  std::string data_folder;
  std::string grpc_listen = "127.0.0.1:0";
  // A file; empty: the built-in one.
  std::string catalog = {};
  // Empty: it takes no backups.
  std::string backup_folder = {};
  std::vector<std::string> more_arguments = {};
  // Its clock is ahead of the machine's by this, through libfaketime.
  std::chrono::seconds clock_ahead{0};
};

class QuotadProcess {
 public:
  explicit QuotadProcess(const QuotadOptions& options);

  // False, with a failure of the test that shows the log, where it ends instead.
  bool WaitUntilServing();

  // As gRPC names it. Only once it serves.
  std::string target() const { return host_ + ":" + port_; }

  // SIGKILL, and waits for the end, which must not have come before.
  void Kill();
  // SIGTERM, and waits for the end, which is what it returns.
  ProcessEnd Stop();

  ChildProcess& process() { return process_; }

 private:
  ChildProcess process_;
  const std::string host_;
  std::string port_;
};

}  // namespace quota::test
