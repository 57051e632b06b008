// quotaoverload: runs the scenarios of scenarios.h and tells the figures. See scripts/overload.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/overload/scenarios.h"

namespace quota::test {
namespace {

struct Scenario {
  std::string name;
  std::string title;
  std::function<Figures()> run;
};

std::vector<Scenario> Scenarios() {
  return {
      {"unary", "Unary calls, 20,480 in flight", [] { return OverloadUnary({}); }},
      {"sessions", "10 Session streams, 64 batches of 1,024 in flight each",
       [] { return OverloadSessions({}); }},
      {"hot", "One organisation takes all it can", [] { return OverloadByOneOrganisation({}); }},
      {"fairness", "The same, generator and server on a core each, against even load",
       [] { return CompareFairness({}); }},
      {"connections", "5,000 connections, most of them silent or broken",
       [] { return OpenManyConnections({}); }},
      {"files", "400 connections to a server that may have 256 files open", ExhaustFiles},
      {"unread-sessions", "40 Session streams that never read",
       [] { return NeverReadSessions({}); }},
      {"unread-calls", "80,000 calls whose clients never read", [] { return NeverReadCalls({}); }},
      {"unread-events", "150 streams of WatchEvents that never read", NeverReadEvents},
      {"huge", "800 messages of 4 MiB that never end", [] { return SendHugeMessages({}); }},
      {"http", "1,000 slow or endless HTTP requests", [] { return AbuseHttp({}); }},
  };
}

bool Reached(const Figure& figure) { return !figure.aim || figure.value <= *figure.aim; }

void PrintTable(const Figures& figures) {
  for (const Figure& figure : figures) {
    const std::string aim =
        figure.aim ? fmt::format("at most {:<8.6g} {}", *figure.aim, Reached(figure) ? "yes" : "NO")
                   : "";
    fmt::print("  {:<44}{:>12.4g} {:<5} {}\n", figure.what, figure.value, figure.unit, aim);
  }
  fmt::print("\n");
  std::fflush(stdout);
}

nlohmann::json ToJson(const Figures& figures) {
  nlohmann::json rows = nlohmann::json::array();
  for (const Figure& figure : figures) {
    nlohmann::json row = {{"what", figure.what}, {"value", figure.value}, {"unit", figure.unit}};
    if (figure.aim) row["aim"] = *figure.aim;
    if (figure.aim) row["reached"] = Reached(figure);
    rows.push_back(std::move(row));
  }
  return rows;
}

int Main(int argc, char** argv) {
  CLI::App app(
      "Overloads and abuses a quotad of its own on loopback, and measures what comes of it");
  std::string output = "table";
  std::vector<std::string> names;
  app.add_option("--output", output, "table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  std::vector<std::string> known;
  for (const Scenario& scenario : Scenarios()) known.push_back(scenario.name);
  app.add_option("SCENARIO", names, "What to run; default: all")->check(CLI::IsMember(known));
  CLI11_PARSE(app, argc, argv);
  nlohmann::json document = nlohmann::json::object();
  bool reached = true;
  for (const Scenario& scenario : Scenarios()) {
    if (!names.empty() && std::find(names.begin(), names.end(), scenario.name) == names.end()) {
      continue;
    }
    if (output == "table") fmt::print("{} ({})\n", scenario.title, scenario.name);
    std::fflush(stdout);
    const Figures figures = scenario.run();
    for (const Figure& figure : figures) reached = reached && Reached(figure);
    if (output == "table") PrintTable(figures);
    document[scenario.name] = ToJson(figures);
  }
  if (output == "json") fmt::print("{}\n", document.dump(2));
  // What a scenario found wrong beside its figures, it has told.
  const bool failed = testing::UnitTest::GetInstance()->ad_hoc_test_result().Failed();
  return reached && !failed ? 0 : 1;
}

}  // namespace
}  // namespace quota::test

int main(int argc, char** argv) {
  testing::InitGoogleTest();
  return quota::test::Main(argc, argv);
}
