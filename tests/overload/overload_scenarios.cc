// More load than can be served.
#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "tests/overload/loaded_server.h"
#include "tests/overload/process_usage.h"
#include "tests/overload/scenarios.h"
#include "tests/overload/session_flood.h"
#include "tests/overload/stopwatch.h"
#include "tests/overload/unary_flood.h"

namespace quota::test {
namespace {

using std::chrono::steady_clock;

// While a flood runs: what another client sees. The longest that one of its calls took.
double ProbeFor(LoadedServer& server, Seconds time) {
  double longest = 0;
  for (const auto begin = steady_clock::now(); SecondsSince(begin) < time.count();) {
    longest = std::max(longest, server.Probe());
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return longest;
}

// How a flood ended: every call has an answer, which is a grant or a refusal that tells when to try
// again.
template <typename Flood>
void End(Flood& flood, LoadedServer& server, Seconds ran, Figures& figures) {
  flood.StopSending();
  const double recovery = server.RecoverySeconds();
  EXPECT_TRUE(flood.WaitForAnswers(kPatience)) << "calls without an answer";
  const FloodCounts counts = flood.counts();
  const auto unanswered = static_cast<double>(counts.sent - counts.answered());
  figures.push_back({"granted a second", static_cast<double>(counts.granted) / ran.count(), "/s"});
  figures.push_back({"refused a second", static_cast<double>(counts.refused) / ran.count(), "/s"});
  figures.push_back({"calls without an answer", unanswered, "", 0});
  figures.push_back({"refusals without a time to retry",
                     static_cast<double>(counts.refused_without_delay), "", 0});
  figures.push_back({"other answers", static_cast<double>(counts.other), "", 0});
  figures.push_back({"recovery after the load", recovery, "s", 1, 15});
  EXPECT_GT(counts.granted, 0U);
}

}  // namespace

Figures OverloadUnary(const UnaryLoad& load) {
  LoadedServer server({.orgs = 200});
  Figures figures;
  UnaryFlood flood(
      {.target = server.target(), .connections = load.connections, .orgs = server.orgs()});
  const auto begin = steady_clock::now();
  const double longest = ProbeFor(server, load.time);
  figures.push_back({"another client's call, longest", longest, "s", 5, 30});
  const auto scraped = steady_clock::now();
  server.Metrics();
  figures.push_back({"/metrics", SecondsSince(scraped), "s", 1, 15});
  End(flood, server, steady_clock::now() - begin, figures);
  // The memory in flight, and gRPC's buffers.
  figures.push_back(server.PeakMemory(1'024 + 512));
  figures.push_back(server.MemoryAfter());
  return figures;
}

Figures OverloadSessions(const SessionLoad& load) {
  LoadedServer server({.orgs = 1'000});
  Figures figures;
  SessionFlood flood({.target = server.target(), .streams = load.streams, .orgs = server.orgs()});
  const auto begin = steady_clock::now();
  const double longest = ProbeFor(server, load.time);
  figures.push_back({"another client's call, longest", longest, "s", 5, 30});
  const auto scraped = steady_clock::now();
  server.Metrics();
  figures.push_back({"/metrics", SecondsSince(scraped), "s", 1, 15});
  End(flood, server, steady_clock::now() - begin, figures);
  EXPECT_EQ(flood.ended(), 0);
  // Besides, remembered ids: 512 MiB at most.
  figures.push_back(server.PeakMemory(1'024 + 512 + 512));
  figures.push_back(server.MemoryAfter());
  return figures;
}

Figures OverloadByOneOrganisation(const HotLoad& load) {
  LoadedServer server({.orgs = 50});
  Figures figures;
  EXPECT_TRUE(server.calls().CreateOrg("hot", "enterprise").ok());
  SessionFlood hot(
      {.target = server.target(), .name = "hot", .streams = 4, .operations = 256, .orgs = {"hot"}});
  UnaryFlood others(
      {.target = server.target(), .name = "other", .orgs = server.orgs(), .calls_per_second = 500});
  const auto begin = steady_clock::now();
  std::this_thread::sleep_for(load.time);
  others.StopSending();
  EXPECT_TRUE(others.WaitForAnswers(kPatience));
  const FloodCounts counts = others.counts();
  figures.push_back(
      {"others' calls not granted", static_cast<double>(counts.sent - counts.granted), "", 0});
  EXPECT_GT(counts.granted, 0U);
  End(hot, server, steady_clock::now() - begin, figures);
  EXPECT_GT(hot.counts().refused, 0U) << "the one organisation did not reach its bound";
  figures.push_back(server.PeakMemory(1'024));
  return figures;
}

}  // namespace quota::test
