// The gRPC service QuotaService. What each call means is told in proto/quota/v1/quota.proto.
#pragma once

#include "quota/v1/quota.grpc.pb.h"
#include "server/rpc_loop.h"
#include "server/service_context.h"
#include "server/session_stream.h"

namespace quota::server {

// Thread-safe; no call blocks. Outlives the gRPC server that it is registered with.
class QuotaService final
    : public v1::QuotaService::WithRawMethod_Session<v1::QuotaService::AsyncService> {
 public:
  // Calls of a method that gRPC may have read before a loop looks at the first of them.
  static constexpr int kWaiting = 32;

  explicit QuotaService(const ServiceContext& context) : context_(context) {}

  // For a drain: ends the Session streams once what they have read is answered, and refuses new
  // ones.
  void EndStreams() { streams_.EndAll(); }

  // Blocks until the Session streams have written what they had to, for `timeout` at most.
  void WaitForStreams(Duration timeout) { streams_.WaitUntilNone(timeout); }

  // Serves the calls of `loop`, before that starts.
  void Listen(RpcLoop& loop);

 private:
  // Serves the unary method that takes a Request. Its response is bytes: see MessageWriter.
  template <typename Request>
  void ListenFor(const char* rpc, Method name, RpcLoop& loop);

  const ServiceContext context_;
  SessionStreams streams_;
};

}  // namespace quota::server
