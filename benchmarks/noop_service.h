// A QuotaService that decides nothing: it fills the messages that quotad fills and answers at once.
// What gRPC allows on a machine, and so what quotad is measured against.
#pragma once

#include "benchmarks/group_sync.h"
#include "quota/v1/quota.grpc.pb.h"
#include "server/rpc_loop.h"

namespace quota::bench {

// Reserve, Commit, Charge, GetUsage and Session; every organisation exists and is granted
// everything. Thread-safe.
class NoopService final : public v1::QuotaService::AsyncService {
 public:
  // Serves the calls of `loop`, before that starts. Answers wait for `sync`, which is the loop's
  // stepper, unless it is null.
  void Listen(server::RpcLoop& loop, GroupSync* sync = nullptr);
};

}  // namespace quota::bench
