// What one organisation that takes all it can costs the others.
#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "tests/overload/loaded_server.h"
#include "tests/overload/process_usage.h"
#include "tests/overload/scenarios.h"
#include "tests/overload/session_flood.h"
#include "tests/overload/unary_flood.h"

namespace quota::test {
namespace {

constexpr Seconds kWarmUp{1};
constexpr int kStreams = 4;
constexpr int kOperations = 64;
// Other organisations' calls: their time in the server is what is compared. Few beside the load.
constexpr double kOthersPerSecond = 1'000;

// The server's own account of a run.
struct Run {
  // Operations of the load that were granted, a second.
  double served = 0;
  double refused = 0;
  // Of other organisations' calls, from read to answer, in seconds.
  double p50 = 0;
  double p99 = 0;
};

double SessionCharges(const MetricsPage& page, const std::string& outcome) {
  return page.Value("quotad_requests_total{method=\"charge\",transport=\"session\",outcome=\"" +
                    outcome + "\"}");
}

// The load comes by Session and the other organisations' calls come alone, so that the histogram of
// Charge is theirs.
Run Measure(LoadedServer& server, const SessionFlood::Options& load, Seconds time) {
  SessionFlood flood(load);
  UnaryFlood others({.target = server.target(),
                     .name = load.name + "-others",
                     .orgs = server.orgs(),
                     .calls_per_second = kOthersPerSecond});
  std::this_thread::sleep_for(kWarmUp);
  const MetricsPage before = server.Metrics();
  const auto begin = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(time);
  const MetricsPage after = server.Metrics();
  const double seconds = Seconds(std::chrono::steady_clock::now() - begin).count();
  flood.StopSending();
  others.StopSending();
  EXPECT_TRUE(flood.WaitForAnswers(kPatience));
  EXPECT_TRUE(others.WaitForAnswers(kPatience));
  EXPECT_EQ(others.counts().granted, others.counts().sent) << "others were refused";
  EXPECT_GT(after.Count("charge", before), 100);
  return {
      (SessionCharges(after, "granted") - SessionCharges(before, "granted")) / seconds,
      (SessionCharges(after, "resource_exhausted") - SessionCharges(before, "resource_exhausted")) /
          seconds,
      after.Quantile("charge", 0.5, before), after.Quantile("charge", 0.99, before)};
}

}  // namespace

Figures CompareFairness(const FairLoad& load) {
  // Threads that are made from here on inherit it.
  const CorePin pin;
  LoadedServer server({.orgs = 200});
  EXPECT_TRUE(pin.Pin(server.id()));
  std::vector<std::string> many;
  for (int i = 0; i < 1'000; ++i) {
    many.push_back("many" + std::to_string(i));
    EXPECT_TRUE(server.calls().CreateOrg(many.back(), "enterprise").ok());
  }
  SessionFlood::Options options{.target = server.target(),
                                .name = "hot",
                                .streams = kStreams,
                                .operations = kOperations,
                                .orgs = {many.front()}};
  const Run hot = Measure(server, options, load.time);
  options.name = "even";
  options.orgs = many;
  options.batches_per_second = hot.served / kStreams / kOperations;
  const Run even = Measure(server, options, load.time);
  constexpr double kMilliseconds = 1e3;
  return {{"one organisation's operations, served", hot.served, "/s"},
          {"one organisation's operations, refused", hot.refused, "/s"},
          {"the same spread evenly, served", even.served, "/s"},
          {"others' p50 beside one organisation", hot.p50 * kMilliseconds, "ms"},
          {"others' p50 beside even load", even.p50 * kMilliseconds, "ms"},
          {"others' p99 beside one organisation", hot.p99 * kMilliseconds, "ms"},
          {"others' p99 beside even load", even.p99 * kMilliseconds, "ms"},
          {"ratio of the two p99", hot.p99 / even.p99, "x", 5, 25}};
}

}  // namespace quota::test
