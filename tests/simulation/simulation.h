// One run: clients, administrators, a server and its disk under a simulated clock, with faults from
// the seed at any step, and the audits that watch. Single-threaded and deterministic: the same
// options give the same run.
//
//   const RunResult result = Simulate({.seed = 7});
//   if (!result.findings.empty()) ...
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/clock.h"
#include "tests/fakes/faulty_disk.h"
#include "tests/simulation/client_call.h"
#include "tests/simulation/simulated_server.h"
#include "tests/simulation/tally.h"

namespace quota::simulation {

// Mistakes that a test makes on purpose, to see that they are found. Null: none.
struct PlantedBug {
  StoreWrapper wrap_store;
  std::function<void(ClientCall& call, int attempt)> on_its_way;
  // After the process is gone, before it starts again.
  std::function<void(test::FaultyDisk& disk)> after_crash;
  // What the server takes for the clock.
  std::function<std::unique_ptr<Clock>(const Clock& clock)> wrap_clock;
};

struct RunOptions {
  uint64_t seed = 1;
  int steps = 1'500;
  PlantedBug bug = {};
};

struct RunResult {
  // Empty: all invariants held.
  std::vector<std::string> findings;
  Tally tally;
};

RunResult Simulate(const RunOptions& options);

}  // namespace quota::simulation
