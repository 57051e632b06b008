// A run of quotabench, from the organisations that it needs to the verification of what it
// measured.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "benchmarks/mix.h"
#include "benchmarks/population.h"
#include "benchmarks/recorder.h"
#include "benchmarks/server_counters.h"
#include "common/clock.h"

namespace quota::bench {

enum class Transport : uint8_t { kUnary, kSession };

struct RunOptions {
  // HOST:PORT.
  std::string server = "127.0.0.1:7480";
  // HOST:PORT of the server's HTTP side; empty: its counters are not read.
  std::string metrics;

  Transport transport = Transport::kSession;
  uint32_t batch = 64;
  uint32_t connections = 1;
  // Session streams in all.
  uint32_t streams = 1;
  // Unary calls, or batches over all streams, at once.
  uint32_t in_flight = 8;
  uint32_t threads = 1;
  // Operations a second in an open loop; absent: a closed loop.
  std::optional<double> rate;

  std::string mix = "reserve+commit";
  int64_t credits = 1;
  uint32_t orgs = 1'000;
  std::string org_prefix = "bench-";
  std::string keys = "uniform";
  Creation creation = Creation::kAdmin;
  std::string edition = "enterprise";

  Duration warmup = std::chrono::seconds(1);
  Duration duration = std::chrono::seconds(10);
  uint64_t seed = 1;
  // False for a server that keeps no usage, such as the no-op service.
  bool verify = true;
};

// INVALID_ARGUMENT that names the option which makes no sense.
absl::Status CheckRunOptions(const RunOptions& options);

struct RunResult {
  // What was measured, without the warm-up.
  std::array<OpFigures, kOps> figures;
  double seconds = 0;
  // With the warm-up, and what was answered after the end.
  int64_t all_operations = 0;
  // Processor seconds of the generator itself while it measured.
  double generator_cpu_seconds = 0;
  // How the server's counters changed meanwhile; absent where they were not read.
  std::optional<ServerCounters> server;

  int64_t operations() const;
  double operations_per_second() const { return static_cast<double>(operations()) / seconds; }
};

// What a progress line shows.
struct Progress {
  // "creating organisations", "warming up", "measuring", "verifying"
  std::string_view stage;
  Duration elapsed{};
  // Answered since the last one, a second.
  double operations_per_second = 0;
};

// Blocks until it is over. An error where it could not be made, or is void: a call failed, an
// answer was not as planned, or the usage afterwards is not what the answers promised.
absl::StatusOr<RunResult> Run(const RunOptions& options,
                              const std::function<void(const Progress&)>& show);

}  // namespace quota::bench
