// libFuzzer's program: one for all targets, so that they are linked once. QUOTA_FUZZ_TARGET names
// the one to run.
#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/fuzz/fuzz_target.h"

namespace {

quota::fuzz::Target chosen = nullptr;
uint64_t bytes_taken = 0;

// Beside libFuzzer's own figures.
void PrintBytes() { std::fprintf(stderr, "stat::bytes: %" PRIu64 "\n", bytes_taken); }

void Discard(google::protobuf::LogLevel, const char*, int, const std::string&) {}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  const char* name = std::getenv("QUOTA_FUZZ_TARGET");
  const auto& targets = quota::fuzz::Targets();
  const auto found = targets.find(name == nullptr ? "" : name);
  if (found == targets.end()) {
    std::fprintf(stderr, "Set QUOTA_FUZZ_TARGET to one of:\n");
    for (const auto& [known, target] : targets) std::fprintf(stderr, "  %s\n", known.c_str());
    std::exit(2);
  }
  chosen = found->second;
  // What is shared with tests reports by GoogleTest: to libFuzzer that must be a crash.
  testing::GTEST_FLAG(break_on_failure) = true;
  google::protobuf::SetLogHandler(Discard);
  std::atexit(PrintBytes);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  bytes_taken += size;
  chosen({reinterpret_cast<const char*>(data), size});
  return 0;
}
