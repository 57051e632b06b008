#include "benchmarks/command_line.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <map>

namespace quota::bench {
namespace {

constexpr const char* kDescription =
    "quotabench puts load on a quota service, and measures rates and latencies. It verifies what "
    "it\n"
    "measures: all must be granted, a Commit is sent once its grant has arrived, and afterwards "
    "the\n"
    "usage of every organisation must be what the answers promised; otherwise the run fails.";

constexpr const char* kFooter = R"(Examples:
  quotad --catalog benchmarks/catalog.textproto
      A server whose organisations have limits that no run reaches. In another terminal:
  quotabench --edition bench
      Sessions with batches of 64, reserve+commit, 1,000 organisations, as fast as possible.
  quotabench --edition bench --transport unary --in-flight 16 --mix reserve
      16 Reserve calls at once. Their reservations are released afterwards.
  quotabench --create calls --orgs 100000 --keys zipf:0.99 --rate 200000 --metrics 127.0.0.1:7481
      200,000 operations a second whatever becomes of them, organisations of very unlike popularity;
      reports the server's syncs, too.
  quotabench --create calls --mix reserve+commit=80,charge=15,usage=5 --keys hot:0.5 --output json
      A mix, half of it for one organisation.

In an open loop (--rate) latency counts from when a call was due, so that calls which had to wait for
the server, or for room among --in-flight, are not left out.

Exit codes:
  0  measured and verified
  1  the run is void: a call failed, was refused, or the usage does not add up
  2  the command line makes no sense)";

struct RawOptions {
  std::string transport = "session";
  std::string create = "admin";
  std::string output = "text";
  double rate = 0;
  double duration = 10;
  double warmup = 1;
  uint32_t in_flight = 0;
  uint32_t streams = 0;
  bool no_verify = false;
};

Duration SecondsOf(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

void DeclareLoad(CLI::App& app, RunOptions& run, RawOptions& raw) {
  app.add_option("--transport", raw.transport, "Session streams, or unary calls")
      ->check(CLI::IsMember({"session", "unary"}))
      ->capture_default_str();
  app.add_option("--batch", run.batch, "Operations in each batch of a Session")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--connections", run.connections, "TCP connections")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--streams", raw.streams, "Session streams in all; default: one a connection")
      ->check(CLI::Range(1, 10000));
  app.add_option("--in-flight", raw.in_flight,
                 "Calls, or batches over all streams, at once; default: 64 calls, or 8 batches a "
                 "stream")
      ->check(CLI::Range(1, 65536));
  app.add_option("--threads", run.threads, "Threads of the generator")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--rate", raw.rate,
                 "Operations a second, in an open loop; default: as fast as --in-flight allows")
      ->check(CLI::Range(0.1, 1e8));
  app.add_option("--mix", run.mix,
                 "reserve+commit, reserve, charge, usage, or several with weights")
      ->capture_default_str();
  app.add_option("--credits", run.credits, "Credits of each Reserve and Charge")
      ->check(CLI::Range(int64_t{1}, int64_t{1'000'000}))
      ->capture_default_str();
}

void DeclareOrgs(CLI::App& app, RunOptions& run, RawOptions& raw) {
  app.add_option("--orgs", run.orgs, "Organisations")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  app.add_option("--keys", run.keys,
                 "Which organisation a call is for: uniform, zipf:EXPONENT or hot:SHARE")
      ->capture_default_str();
  app.add_option("--org-prefix", run.org_prefix, "Begins the ids of organisations")
      ->capture_default_str();
  app.add_option("--create", raw.create,
                 "How missing organisations are made: by the administrator's CreateOrg, by their "
                 "first call if the catalog allows that, or not")
      ->check(CLI::IsMember({"admin", "calls", "none"}))
      ->capture_default_str();
  app.add_option("--edition", run.edition, "Of organisations made by CreateOrg")
      ->capture_default_str();
}

void Declare(CLI::App& app, CommandLine& out, RawOptions& raw) {
  app.add_option("--server", out.run.server, "HOST:PORT of the gRPC service")
      ->capture_default_str();
  app.add_option("--metrics", out.run.metrics,
                 "HOST:PORT of the server's /metrics, to report syncs and groups");
  DeclareLoad(app, out.run, raw);
  DeclareOrgs(app, out.run, raw);
  app.add_option("--duration", raw.duration, "Seconds that are measured")
      ->check(CLI::Range(0.01, 86400.0))
      ->capture_default_str();
  app.add_option("--warmup", raw.warmup, "Seconds before that")
      ->check(CLI::Range(0.0, 86400.0))
      ->capture_default_str();
  app.add_option("--seed", out.run.seed, "Of the choice of organisations and of the mix")
      ->capture_default_str();
  app.add_flag("--no-verify", raw.no_verify,
               "For a server that keeps no usage, such as noop_server");
  app.add_option("--output", raw.output, "text, or json on one line")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  app.add_flag("--quiet", out.quiet, "No progress line");
}

}  // namespace

CommandLine ParseCommandLine(int argc, const char* const* argv) {
  CommandLine out;
  RawOptions raw;
  CLI::App app(kDescription, "quotabench");
  app.footer(kFooter);
  Declare(app, out, raw);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    out.exit = true;
    out.exit_code = app.exit(error) == 0 ? kExitOk : kExitUsage;
    return out;
  }
  RunOptions& run = out.run;
  const bool session = raw.transport == "session";
  run.transport = session ? Transport::kSession : Transport::kUnary;
  run.streams = raw.streams > 0 ? raw.streams : run.connections;
  run.in_flight = raw.in_flight;
  if (run.in_flight == 0) run.in_flight = session ? 8 * run.streams : 64;
  if (raw.rate > 0) run.rate = raw.rate;
  run.duration = SecondsOf(raw.duration);
  run.warmup = SecondsOf(raw.warmup);
  run.verify = !raw.no_verify;
  run.creation = std::map<std::string, Creation>{{"admin", Creation::kAdmin},
                                                 {"calls", Creation::kCalls},
                                                 {"none", Creation::kNone}}[raw.create];
  out.json = raw.output == "json";
  if (absl::Status status = CheckRunOptions(run); !status.ok()) {
    std::cerr << "quotabench: " << status.message() << "\nSee: quotabench --help\n";
    out.exit = true;
    out.exit_code = kExitUsage;
  }
  return out;
}

}  // namespace quota::bench
