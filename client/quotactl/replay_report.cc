#include "client/quotactl/replay_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/quotactl/text_format.h"

namespace quota::client {
namespace {

ReplayOrgReport Sum(const std::vector<ReplayOrgReport>& orgs) {
  ReplayOrgReport sum;
  sum.org_id = "total";
  for (const ReplayOrgReport& org : orgs) {
    sum.calls += org.calls;
    sum.granted += org.granted;
    sum.failed += org.failed;
    sum.credits += org.credits;
    sum.overage += org.overage;
    for (const auto& [decision, count] : org.refused) sum.refused[decision] += count;
  }
  return sum;
}

double CallsPerSecond(const ReplayOrgReport& sum, Duration elapsed) {
  const double seconds = static_cast<double>(std::max<int64_t>(elapsed.count(), 1)) / 1e6;
  return static_cast<double>(sum.calls) / seconds;
}

nlohmann::ordered_json ToJson(const ReplayOrgReport& org) {
  nlohmann::ordered_json refused = nlohmann::ordered_json::object();
  for (const auto& [decision, count] : org.refused) {
    const std::string& name = v1::Decision_Name(decision);
    refused[name.empty() ? absl::StrCat(static_cast<int>(decision)) : name] = count;
  }
  return {{"org_id", org.org_id},  {"calls", org.calls},   {"granted", org.granted},
          {"refused", refused},    {"failed", org.failed}, {"credits", org.credits},
          {"overage", org.overage}};
}

nlohmann::ordered_json ToJson(const LatencyHistogram& latency) {
  return {{"count", latency.count()},
          {"p50", latency.Percentile(50).count()},
          {"p90", latency.Percentile(90).count()},
          {"p99", latency.Percentile(99).count()},
          {"max", latency.max().count()}};
}

void PrintJson(const Command& command, const LogLineCounts& counts, const ReplayReport& report) {
  const ReplayOrgReport sum = Sum(report.orgs);
  nlohmann::ordered_json total = ToJson(sum);
  total.erase("org_id");
  nlohmann::ordered_json orgs = nlohmann::ordered_json::array();
  for (const ReplayOrgReport& org : report.orgs) orgs.push_back(ToJson(org));
  const nlohmann::ordered_json json = {
      {"lines", ToJson(counts)},
      {"orgs", orgs},
      {"orgs_created", report.orgs_created},
      {"total", total},
      {"elapsed_seconds", static_cast<double>(report.elapsed.count()) / 1e6},
      {"calls_per_second", CallsPerSecond(sum, report.elapsed)},
      {"latency_us", {{"reserve", ToJson(report.reserve)}, {"commit", ToJson(report.commit)}}},
      {"complete", !report.stopped}};
  // Ids come from logs and may hold any bytes.
  command.out() << json.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
                << '\n';
}

// One column for each reason that occurred: most logs know only one or two.
void PrintOrgs(const Command& command, const ReplayReport& report) {
  const ReplayOrgReport sum = Sum(report.orgs);
  std::vector<Table::Column> columns = {
      {"ORG"}, {"CALLS", Table::Align::kRight}, {"GRANTED", Table::Align::kRight}};
  for (const auto& [decision, count] : sum.refused) {
    columns.push_back({absl::AsciiStrToUpper(FormatDecision(decision)), Table::Align::kRight});
  }
  if (sum.failed != 0) columns.push_back({"FAILED", Table::Align::kRight});
  columns.push_back({"CREDITS", Table::Align::kRight});
  if (sum.overage != 0) columns.push_back({"OVERAGE", Table::Align::kRight});

  Table table(std::move(columns));
  const auto add = [&](const ReplayOrgReport& org) {
    std::vector<std::string> cells = {org.org_id, FormatAmount(org.calls),
                                      FormatAmount(org.granted)};
    for (const auto& [decision, count] : sum.refused) {
      const auto found = org.refused.find(decision);
      cells.push_back(FormatAmount(found == org.refused.end() ? 0 : found->second));
    }
    if (sum.failed != 0) cells.push_back(FormatAmount(org.failed));
    cells.push_back(FormatAmount(org.credits));
    if (sum.overage != 0) cells.push_back(FormatAmount(org.overage));
    table.AddRow(std::move(cells));
  };
  for (const ReplayOrgReport& org : report.orgs) add(org);
  add(sum);
  table.Print(command.out());
}

void PrintLatencies(const Command& command, const ReplayReport& report) {
  Table table({{"LATENCY"},
               {"P50", Table::Align::kRight},
               {"P90", Table::Align::kRight},
               {"P99", Table::Align::kRight},
               {"MAX", Table::Align::kRight}});
  const auto add = [&table](const char* name, const LatencyHistogram& latency) {
    table.AddRow({name, FormatLatency(latency.Percentile(50)),
                  FormatLatency(latency.Percentile(90)), FormatLatency(latency.Percentile(99)),
                  FormatLatency(latency.max())});
  };
  add("Reserve", report.reserve);
  add("Commit", report.commit);
  table.Print(command.out());
}

}  // namespace

void PrintReplayReport(const Command& command, const LogLineCounts& counts,
                       const ReplayReport& report) {
  if (command.json) {
    PrintJson(command, counts, report);
    return;
  }
  PrintOrgs(command, report);
  command.out() << '\n';
  PrintLatencies(command, report);
  command.out() << '\n';
  command.out() << FormatLineCounts(counts) << '\n';
  if (report.orgs_created != 0) {
    command.out() << FormatAmount(report.orgs_created) << " organisations created\n";
  }
  const ReplayOrgReport sum = Sum(report.orgs);
  command.out() << FormatAmount(sum.calls) << " calls in "
                << absl::StrFormat("%.2f s", static_cast<double>(report.elapsed.count()) / 1e6)
                << ", " << FormatAmount(static_cast<int64_t>(CallsPerSecond(sum, report.elapsed)))
                << " a second\n";
}

}  // namespace quota::client
