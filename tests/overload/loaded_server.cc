#include "tests/overload/loaded_server.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "tests/overload/process_usage.h"
#include "tests/overload/stopwatch.h"

namespace quota::test {
namespace {

using std::chrono::steady_clock;

constexpr double kMib = 1024.0 * 1024.0;
// Calls made before the load to know what is normal.
constexpr int kNormalProbes = 20;
// What a call may take more than it did then, since a machine has other work too.
constexpr double kProbeLeeway = 0.05;
// Memory that stays with reason: RocksDB's memtables, the journal's and the allocator's slack.
constexpr double kKeptMib = 320;

}  // namespace

LoadedServer::LoadedServer(Options options)
    : options_(options),
      quotad_({.data_folder = folder_ / "data",
               .http_listen = "127.0.0.1:0",
               .file_limit = options.file_limit}) {
  RaiseFileLimit();
  if (!quotad_.WaitUntilServing()) return;
  calls_ = std::make_unique<QuotaCalls>(target());
  for (int i = 0; i < options.orgs; ++i) {
    orgs_.push_back("org" + std::to_string(i));
    const auto reply = calls_->CreateOrg(orgs_.back(), "enterprise");
    EXPECT_TRUE(reply.ok()) << reply.message();
  }
  for (int i = 0; i < kNormalProbes; ++i) normal_seconds_ = std::max(normal_seconds_, Probe());
  idle_memory_ = ResidentMemory(id());
}

std::optional<double> LoadedServer::TryProbe() {
  const auto begin = steady_clock::now();
  const auto reply =
      calls_->Charge(MakeCharge(orgs_.front(), "probe" + std::to_string(++probes_), 0));
  if (reply.ok()) return SecondsSince(begin);
  if (options_.may_disconnect && reply.code() == grpc::StatusCode::UNAVAILABLE) return std::nullopt;
  EXPECT_EQ(reply.code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << reply.message();
  return std::nullopt;
}

double LoadedServer::Probe() {
  const auto begin = steady_clock::now();
  TryProbe();
  return SecondsSince(begin);
}

double LoadedServer::ProbeUntilServed() {
  const auto begin = steady_clock::now();
  while (SecondsSince(begin) < std::chrono::seconds(kPatience).count()) {
    if (TryProbe()) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return SecondsSince(begin);
}

double LoadedServer::RecoverySeconds() {
  constexpr int kInARow = 5;
  const auto begin = steady_clock::now();
  double first_good = 0;
  for (int good = 0; good < kInARow;) {
    const double asked = SecondsSince(begin);
    if (asked > std::chrono::seconds(kPatience).count()) return asked;
    const auto seconds = TryProbe();
    const bool is_good = seconds && *seconds <= normal_seconds_ + kProbeLeeway;
    if (is_good && good == 0) first_good = asked;
    good = is_good ? good + 1 : 0;
  }
  return first_good;
}

MetricsPage LoadedServer::Metrics() {
  auto page = FetchMetrics(http_port());
  EXPECT_TRUE(page.has_value()) << "no answer from /metrics";
  return page.value_or(MetricsPage(""));
}

Figure LoadedServer::PeakMemory(double bound_mib) {
  const double peak = static_cast<double>(test::PeakMemory(id()) - idle_memory_) / kMib;
  return {"memory, most above idle", peak, "MiB", bound_mib};
}

Figure LoadedServer::MemoryAfter() {
  const auto begin = steady_clock::now();
  double left = 0;
  do {
    const double ids = Metrics().Value("quotad_remembered_ids_bytes");
    left = (static_cast<double>(ResidentMemory(id()) - idle_memory_) - ids) / kMib;
    if (left <= kKeptMib) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  } while (SecondsSince(begin) < 15);
  return {"memory, left above idle", left, "MiB", kKeptMib};
}

}  // namespace quota::test
