// sync_probe: how long the device takes to make a small append durable, which is the least that a
// durable answer takes. Appends 200 bytes, the entry of a small group, and calls fdatasync, over
// and over; prints one JSON object.
//
//   sync_probe FOLDER SECONDS
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "benchmarks/synced_file.h"
#include "client/latency_histogram.h"

namespace quota::bench {
namespace {

constexpr size_t kBytes = 200;

int Main(int argc, char** argv) {
  const double seconds = argc == 3 ? std::atof(argv[2]) : 0;
  if (seconds <= 0) {
    std::fprintf(stderr, "Usage: sync_probe FOLDER SECONDS\n");
    return 2;
  }
  SyncedFile file(argv[1]);
  const std::string bytes(kBytes, 'x');
  client::LatencyHistogram latency;
  const auto end =
      std::chrono::steady_clock::now() +
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds));
  for (auto now = std::chrono::steady_clock::now(); now < end;) {
    file.Append(bytes);
    const auto then = std::chrono::steady_clock::now();
    latency.Record(std::chrono::duration_cast<Duration>(then - now));
    now = then;
  }
  std::printf("{\"count\":%lld,\"mean_us\":%lld,\"p50_us\":%lld,\"p99_us\":%lld,\"max_us\":%lld}\n",
              static_cast<long long>(latency.count()),
              static_cast<long long>(latency.mean().count()),
              static_cast<long long>(latency.Percentile(50).count()),
              static_cast<long long>(latency.Percentile(99).count()),
              static_cast<long long>(latency.max().count()));
  return 0;
}

}  // namespace
}  // namespace quota::bench

int main(int argc, char** argv) { return quota::bench::Main(argc, argv); }
