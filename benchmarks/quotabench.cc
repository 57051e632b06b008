// quotabench: the load generator. See --help.
#include <unistd.h>

#include <iostream>

#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include "benchmarks/command_line.h"
#include "benchmarks/report.h"
#include "benchmarks/run.h"

namespace quota::bench {
namespace {

void ShowProgress(const Progress& progress, bool terminal) {
  if (progress.elapsed == Duration::zero()) {
    if (!terminal) std::cerr << progress.stage << " ..." << std::endl;
    return;
  }
  std::cerr << (terminal ? "\r" : "")
            << absl::StrFormat("%-12s %5.0f s  %12.0f operations/s", std::string(progress.stage),
                               std::chrono::duration<double>(progress.elapsed).count(),
                               progress.operations_per_second)
            << (terminal ? "" : "\n") << std::flush;
}

int Main(int argc, char** argv) {
  // As quotad (server/rpc_loop.cc).
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const CommandLine command = ParseCommandLine(argc, argv);
  if (command.exit) return command.exit_code;
  const bool terminal = isatty(STDERR_FILENO) == 1;
  const absl::StatusOr<RunResult> result = Run(command.run, [&](const Progress& progress) {
    if (!command.quiet) ShowProgress(progress, terminal);
  });
  if (!command.quiet && terminal) std::cerr << '\r' << std::string(60, ' ') << '\r' << std::flush;
  if (!result.ok()) {
    std::cerr << "quotabench: the run is void: " << result.status().message() << '\n';
    return kExitFailed;
  }
  if (command.json) {
    PrintJson(command.run, *result, std::cout);
  } else {
    PrintText(command.run, *result, std::cout);
  }
  return kExitOk;
}

}  // namespace
}  // namespace quota::bench

int main(int argc, char** argv) { return quota::bench::Main(argc, argv); }
