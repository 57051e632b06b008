#include "tests/crash/quotad_process.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <string_view>
#include <vector>

namespace quota::test {
namespace {

std::vector<std::string> Arguments(const QuotadOptions& options) {
  std::vector<std::string> arguments = {
      QUOTAD_PROGRAM,  "--data-dir", options.data_folder, "--grpc-listen", options.grpc_listen,
      "--http-listen", "off"};
  if (!options.catalog.empty()) arguments.insert(arguments.end(), {"--catalog", options.catalog});
  arguments.insert(arguments.end(), options.more_arguments.begin(), options.more_arguments.end());
  if (!options.backup_folder.empty()) {
    arguments.insert(arguments.end(), {"--backup-dir", options.backup_folder});
  }
  return arguments;
}

std::vector<std::string> Environment(const QuotadOptions& options) {
  if (options.clock_ahead.count() == 0) return {};
  // The wall clock alone: what measures time that passes, and the times of files, stay. Sanitizers
  // want to be the first library.
  return {"LD_PRELOAD=" QUOTA_LIBFAKETIME,
          "FAKETIME=+" + std::to_string(options.clock_ahead.count()),
          "FAKETIME_DONT_FAKE_MONOTONIC=1",
          "DONT_FAKE_MONOTONIC=1",
          "NO_FAKE_STAT=1",
          "ASAN_OPTIONS=verify_asan_link_order=0"};
}

}  // namespace

QuotadProcess::QuotadProcess(const QuotadOptions& options)
    : process_(Arguments(options), Environment(options)),
      host_(options.grpc_listen.substr(0, options.grpc_listen.rfind(':'))) {}

bool QuotadProcess::WaitUntilServing() {
  constexpr std::string_view kPort = "grpc port ";
  const auto line = process_.WaitForErrorLine("serves: ", kPatience);
  const size_t at = line ? line->find(kPort) : std::string::npos;
  if (at == std::string::npos) {
    ADD_FAILURE() << "quotad does not serve; its log:\n" << process_.err();
    return false;
  }
  const size_t begin = at + kPort.size();
  port_ = line->substr(begin, line->find_first_not_of("0123456789", begin) - begin);
  return true;
}

void QuotadProcess::Kill() {
  process_.Signal(SIGKILL);
  EXPECT_EQ(process_.WaitForEnd(kPatience), (ProcessEnd{.code = 0, .signal = SIGKILL}))
      << process_.err();
}

ProcessEnd QuotadProcess::Stop() {
  process_.Signal(SIGTERM);
  const auto end = process_.WaitForEnd(kPatience);
  EXPECT_TRUE(end.has_value()) << "quotad does not stop; its log:\n" << process_.err();
  return end.value_or(ProcessEnd{});
}

}  // namespace quota::test
