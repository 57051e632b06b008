#include "server/finish_call.h"

#include <variant>

#include "server/grpc_status.h"

namespace quota::server {

void FinishCall(UnaryRpc& rpc, const ServiceContext& context, Method method,
                const absl::Status& status) {
  context.metrics.Count(method, Transport::kUnary, Outcome::Of(status, std::monostate()));
  rpc.Finish(ToGrpcStatus(status));
}

}  // namespace quota::server
