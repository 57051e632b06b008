#include "benchmarks/report.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_format.h"

namespace quota::bench {
namespace {

using client::LatencyHistogram;
using Json = nlohmann::ordered_json;

constexpr std::array<double, 5> kPercents = {50, 90, 99, 99.9, 99.99};

// 950 us, 1.25 ms, 3.1 s.
std::string Text(Duration latency) {
  const auto micros = static_cast<double>(latency.count());
  if (micros < 1'000) return absl::StrFormat("%.0f us", micros);
  if (micros < 1e6) return absl::StrFormat("%.4g ms", micros / 1e3);
  return absl::StrFormat("%.4g s", micros / 1e6);
}

// 1234567 as 1,234,567.
std::string Grouped(double number) {
  std::string digits = absl::StrFormat("%.0f", number);
  for (auto at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<size_t>(at), ",");
  }
  return digits;
}

bool IsSession(const RunOptions& options) { return options.transport == Transport::kSession; }

std::string Settings(const RunOptions& options) {
  std::string loop = "closed loop";
  if (options.rate) loop = absl::StrFormat("open loop at %s operations/s", Grouped(*options.rate));
  if (IsSession(options)) {
    return absl::StrFormat("Session, batches of %d, %d in flight over %d streams, %s",
                           options.batch, options.in_flight, options.streams, loop);
  }
  return absl::StrFormat("unary, %d in flight over %d connections, %s", options.in_flight,
                         options.connections, loop);
}

double Ratio(double part, double whole) { return whole == 0 ? 0 : part / whole; }

Json LatencyJson(const LatencyHistogram& latency) {
  Json json;
  json["count"] = latency.count();
  json["min_us"] = latency.min().count();
  json["mean_us"] = latency.mean().count();
  for (const double percent : kPercents) {
    json[absl::StrFormat("p%g_us", percent)] = latency.Percentile(percent).count();
  }
  json["max_us"] = latency.max().count();
  return json;
}

Json SettingsJson(const RunOptions& options) {
  Json json;
  json["server"] = options.server;
  json["transport"] = IsSession(options) ? "session" : "unary";
  if (IsSession(options)) {
    json["batch"] = options.batch;
    json["streams"] = options.streams;
  }
  json["connections"] = options.connections;
  json["in_flight"] = options.in_flight;
  json["threads"] = options.threads;
  json["rate"] = options.rate ? Json(*options.rate) : Json(nullptr);
  json["mix"] = options.mix;
  json["keys"] = options.keys;
  json["orgs"] = options.orgs;
  json["seed"] = options.seed;
  json["verified"] = options.verify;
  return json;
}

Json ServerJson(const ServerCounters& server) {
  Json json;
  json["calls"] = server.calls;
  json["groups"] = server.groups;
  json["calls_a_group"] = Ratio(server.calls, server.groups);
  json["syncs"] = server.syncs;
  json["calls_a_sync"] = Ratio(server.calls, server.syncs);
  json["events"] = server.events;
  json["journal_bytes"] = server.journal_bytes;
  json["written_bytes"] = server.written_bytes;
  json["snapshots"] = server.snapshots;
  return json;
}

}  // namespace

void PrintHistogram(const LatencyHistogram& latency, std::ostream& out) {
  constexpr int kWidth = 50;
  int64_t below = 0;
  int64_t most = 1;
  // Rows from the one that the smallest figure is in to that of the largest.
  for (int64_t end = 1; below < latency.count(); end *= 2) {
    const int64_t upto = latency.CountAtMost(Duration(end - 1));
    most = std::max(most, upto - below);
    below = upto;
  }
  below = 0;
  for (int64_t end = 1; below < latency.count(); end *= 2) {
    const int64_t upto = latency.CountAtMost(Duration(end - 1));
    const int64_t count = upto - below;
    below = upto;
    if (upto == 0) continue;
    const auto width = static_cast<size_t>((count * kWidth + most - 1) / most);
    out << absl::StrFormat("  below %8s %12s  %s\n", Text(Duration(end)),
                           Grouped(static_cast<double>(count)), std::string(width, '#'));
  }
}

void PrintText(const RunOptions& options, const RunResult& result, std::ostream& out) {
  out << Settings(options) << '\n'
      << absl::StrFormat("%s, %s of %s organisations, %g s measured after %g s of warm-up\n\n",
                         options.mix, options.keys, Grouped(options.orgs), result.seconds,
                         std::chrono::duration<double>(options.warmup).count());
  out << absl::StrFormat("%-8s %12s %12s  %9s %9s %9s %9s %9s\n", "", "operations", "a second",
                         "p50", "p99", "p99.9", "max", "mean");
  LatencyHistogram all;
  for (size_t i = 0; i < kOps; ++i) {
    const OpFigures& each = result.figures[i];
    if (each.count == 0) continue;
    all.Merge(each.latency);
    const auto count = static_cast<double>(each.count);
    out << absl::StrFormat("%-8s %12s %12s  %9s %9s %9s %9s %9s\n",
                           std::string(NameOf(static_cast<Op>(i))), Grouped(count),
                           Grouped(count / result.seconds), Text(each.latency.Percentile(50)),
                           Text(each.latency.Percentile(99)), Text(each.latency.Percentile(99.9)),
                           Text(each.latency.max()), Text(each.latency.mean()));
  }
  out << absl::StrFormat("%-8s %12s %12s\n", "all",
                         Grouped(static_cast<double>(result.operations())),
                         Grouped(result.operations_per_second()));
  out << "\nLatency of " << (IsSession(options) ? "batches" : "calls")
      << (options.rate ? ", from their intended start" : "") << ":\n";
  PrintHistogram(all, out);
  out << absl::StrFormat("\nGenerator: %.2f of a core.",
                         result.generator_cpu_seconds / result.seconds);
  if (result.server) {
    const ServerCounters& server = *result.server;
    out << absl::StrFormat(" Server: %s syncs, %.1f calls a group, %.1f journal bytes a call.",
                           Grouped(server.syncs), Ratio(server.calls, server.groups),
                           Ratio(server.journal_bytes, server.calls));
  }
  out << (options.verify ? "\nVerified: usage is what the answers promised.\n"
                         : "\nNot verified (--no-verify).\n");
}

void PrintJson(const RunOptions& options, const RunResult& result, std::ostream& out) {
  Json json;
  json["settings"] = SettingsJson(options);
  json["seconds"] = result.seconds;
  json["operations"] = result.operations();
  json["operations_per_second"] = result.operations_per_second();
  json["all_operations"] = result.all_operations;
  json["generator_cores"] = result.generator_cpu_seconds / result.seconds;
  for (size_t i = 0; i < kOps; ++i) {
    const OpFigures& each = result.figures[i];
    if (each.count == 0) continue;
    Json& op = json["by_operation"][std::string(NameOf(static_cast<Op>(i)))];
    op["count"] = each.count;
    op["per_second"] = static_cast<double>(each.count) / result.seconds;
    op["latency"] = LatencyJson(each.latency);
  }
  if (result.server) json["server"] = ServerJson(*result.server);
  out << json.dump() << '\n';
}

}  // namespace quota::bench
