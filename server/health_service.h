// gRPC's standard health service: whether the server, and each service of it, serves.
//
// The one that gRPC brings with it uses the callback API, whose threads are then there for all
// (rpc_loop.h).
#pragma once

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/mutex.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "server/live_set.h"
#include "server/rpc_loop.h"

namespace quota::server {

// Thread-safe. Outlives the gRPC server that it is registered with.
class HealthService final : public grpc::health::v1::Health::AsyncService {
 public:
  // Streams of Watch at once; each costs some 20 KiB.
  static constexpr size_t kMaxWatches = 1'000;

  // Serves the calls of `loop`, before that starts.
  void Listen(RpcLoop& loop);

  // What is told of `services` from now on; the empty name is the server as a whole.
  void Set(const std::vector<std::string>& services, bool serving);

  // For a drain: ends the streams, and refuses new ones.
  void EndWatches();

 private:
  class Watch;

  grpc::health::v1::HealthCheckResponse StateOf(const std::string& service) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Remove(const Watch* watch);

  mutable Mutex mutex_;
  absl::flat_hash_map<std::string, bool> serving_ ABSL_GUARDED_BY(mutex_);
  LiveSet<Watch> watches_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace quota::server
