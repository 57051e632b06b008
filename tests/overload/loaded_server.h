// A quotad of its own for one scenario, and what is to be seen of it from outside.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/crash/quotad_process.h"
#include "tests/integration/quota_calls.h"
#include "tests/overload/figure.h"
#include "tests/overload/metrics_page.h"
#include "tests/storage/temp_folder.h"

namespace quota::test {

class LoadedServer {
 public:
  struct Options {
    // Made before the load.
    int orgs = 100;
    // Of open files of the server. 0: as many as the system permits.
    int file_limit = 0;
    // gRPC ends idle connections when its buffers are full; the next call opens another one. Such
    // an end is no failure of the test.
    bool may_disconnect = false;
  };

  // Serves, or the test has failed. Raises this process's limit of open files.
  explicit LoadedServer(Options options);

  pid_t id() { return quotad_.process().id(); }
  std::string target() const { return quotad_.target(); }
  int grpc_port() const { return quotad_.grpc_port(); }
  int http_port() const { return quotad_.http_port(); }
  QuotaCalls& calls() { return *calls_; }
  // "org0" and so on.
  const std::vector<std::string>& orgs() const { return orgs_; }

  // How long one call takes, in seconds, on a connection of its own among the load. Without an
  // answer within 30 s it is a failure of the test; a refusal is an answer.
  double Probe();
  // The same until one is not refused.
  double ProbeUntilServed();
  // From now until calls are served as fast as they were before the load, five in a row.
  double RecoverySeconds();

  MetricsPage Metrics();

  // The most memory since the server began, beyond what it had before the load; at most
  // `bound_mib`.
  Figure PeakMemory(double bound_mib);
  // What is left of it when the load is gone, remembered ids not counted.
  Figure MemoryAfter();

 private:
  // A call that was served, in seconds; nothing where it was not.
  std::optional<double> TryProbe();

  const Options options_;
  storage::TempFolder folder_;
  QuotadProcess quotad_;
  std::unique_ptr<QuotaCalls> calls_;
  std::vector<std::string> orgs_;
  int probes_ = 0;
  double normal_seconds_ = 0;
  int64_t idle_memory_ = 0;
};

}  // namespace quota::test
