// The gRPC service QuotaAdmin. What each call means is told in proto/quota/v1/admin.proto.
#pragma once

#include "quota/v1/admin.grpc.pb.h"
#include "server/rpc_loop.h"
#include "server/service_context.h"

namespace quota::server {

// Thread-safe; no call blocks. Outlives the gRPC server that it is registered with.
class AdminService final : public v1::QuotaAdmin::AsyncService {
 public:
  explicit AdminService(const ServiceContext& context) : context_(context) {}

  // Serves the calls of `loop`, before that starts.
  void Listen(RpcLoop& loop);

 private:
  const ServiceContext context_;
};

}  // namespace quota::server
