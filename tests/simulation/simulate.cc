// quota_simulate: runs seeds of the simulation for as long as is wanted. scripts/simulate builds
// and runs it.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "common/mutex.h"
#include "tests/simulation/simulation.h"

namespace quota::simulation {
namespace {

struct Flags {
  uint64_t seeds = 200;
  uint64_t first = 1;
  int steps = RunOptions().steps;
  unsigned jobs = 0;
  std::string output = "table";
};

// What all jobs have done. Thread-safe.
struct Progress {
  std::atomic<uint64_t> next{0};
  std::atomic<bool> stopped{false};

  Mutex mutex;
  Tally tally ABSL_GUARDED_BY(mutex);
  uint64_t seeds ABSL_GUARDED_BY(mutex) = 0;
  // Of the first seed that failed.
  uint64_t failed_seed ABSL_GUARDED_BY(mutex) = 0;
  std::vector<std::string> findings ABSL_GUARDED_BY(mutex);
};

std::atomic<bool> interrupted{false};

void OnInterrupt(int /*signal*/) { interrupted = true; }

void RunSeeds(const Flags& flags, Progress& progress) {
  for (;;) {
    const uint64_t index = progress.next.fetch_add(1);
    if (index >= flags.seeds || progress.stopped || interrupted) return;
    const uint64_t seed = flags.first + index;
    const RunResult result = Simulate({.seed = seed, .steps = flags.steps});
    MutexLock lock(progress.mutex);
    progress.tally += result.tally;
    ++progress.seeds;
    if (result.findings.empty() || progress.stopped) continue;
    progress.stopped = true;
    progress.failed_seed = seed;
    progress.findings = result.findings;
  }
}

double SecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// One line to stderr every few seconds, so that stdout has the summary alone.
void ShowProgress(const Flags& flags, Progress& progress, const std::atomic<unsigned>& running,
                  std::chrono::steady_clock::time_point start) {
  constexpr double kInterval = 5;
  double shown = 0;
  while (running > 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    const double seconds = SecondsSince(start);
    if (seconds < shown + kInterval) continue;
    shown = seconds;
    MutexLock lock(progress.mutex);
    std::fprintf(stderr,
                 "%6.0f s  %" PRIu64 " of %" PRIu64 " seeds  %" PRIu64
                 " operations (%.0f/s)  %" PRIu64 " crashes  no failure\n",
                 seconds, progress.seeds, flags.seeds, progress.tally.answers,
                 static_cast<double>(progress.tally.answers) / seconds, progress.tally.crashes);
  }
}

void Summarize(const Flags& flags, Progress& progress, double seconds) {
  MutexLock lock(progress.mutex);
  if (flags.output == "json") {
    nlohmann::ordered_json summary = {
        {"first_seed", flags.first}, {"seeds", progress.seeds}, {"seconds", seconds}};
    ForEachFigure(
        [&](const char* name, uint64_t Tally::*figure) { summary[name] = progress.tally.*figure; });
    summary["failed_seed"] = nullptr;
    if (!progress.findings.empty()) summary["failed_seed"] = progress.failed_seed;
    summary["findings"] = progress.findings;
    std::cout << summary.dump(1) << '\n';
    return;
  }
  std::printf("%-20s %" PRIu64 " (from %" PRIu64 ", %.0f s)\n", "seeds", progress.seeds,
              flags.first, seconds);
  ForEachFigure([&](const char* name, uint64_t Tally::*figure) {
    std::printf("%-20s %" PRIu64 "\n", name, progress.tally.*figure);
  });
  if (progress.findings.empty()) {
    std::printf("\nno invariant was broken\n");
    return;
  }
  std::printf("\nFAILED: seed %" PRIu64 "\n", progress.failed_seed);
  for (const std::string& finding : progress.findings) std::printf("  %s\n", finding.c_str());
  std::printf("to repeat it: scripts/simulate --first %" PRIu64 " --seeds 1 --steps %d\n",
              progress.failed_seed, flags.steps);
  std::printf("in a test:    QUOTA_TEST_SEED=%" PRIu64 " simulation_test\n", progress.failed_seed);
}

int Main(const Flags& flags) {
  Progress progress;
  const auto start = std::chrono::steady_clock::now();
  const unsigned jobs =
      flags.jobs > 0 ? flags.jobs : std::max(1U, std::thread::hardware_concurrency());
  std::atomic<unsigned> running{jobs};
  std::vector<std::thread> threads;
  for (unsigned job = 0; job < jobs; ++job) {
    threads.emplace_back([&] {
      RunSeeds(flags, progress);
      --running;
    });
  }
  ShowProgress(flags, progress, running, start);
  for (std::thread& thread : threads) thread.join();
  Summarize(flags, progress, SecondsSince(start));
  MutexLock lock(progress.mutex);
  return progress.findings.empty() ? 0 : 1;
}

}  // namespace
}  // namespace quota::simulation

int main(int argc, char** argv) {
  using quota::simulation::Flags;
  Flags flags;
  CLI::App app("Runs seeds of the deterministic simulation", "quota_simulate");
  app.add_option("--seeds", flags.seeds, "How many seeds")->capture_default_str();
  app.add_option("--first", flags.first, "The first of them")->capture_default_str();
  app.add_option("--steps", flags.steps, "Steps of each; a failure needs the same to repeat")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--jobs", flags.jobs, "Threads; default: one a core");
  app.add_option("--output", flags.output, "The summary as table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  signal(SIGINT, quota::simulation::OnInterrupt);
  return quota::simulation::Main(flags);
}
