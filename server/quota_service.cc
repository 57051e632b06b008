#include "server/quota_service.h"

#include "server/stream_rpc.h"
#include "server/unary_call.h"

namespace quota::server {
namespace {

// Calls of a method that gRPC may have read before the loop looks at the first of them.
constexpr int kWaiting = 32;

}  // namespace

void QuotaService::Listen(RpcLoop& loop) {
  const auto serve = [this, &loop]<typename Part, typename Request, typename Response>(
                         void (Part::*method)(grpc::ServerContext*, Request*,
                                              grpc::ServerAsyncResponseWriter<Response>*,
                                              grpc::CompletionQueue*, grpc::ServerCompletionQueue*,
                                              void*),
                         Method name) {
    ListenUnary(
        loop, *this, method,
        [this, name](UnaryRpc& rpc, const Request& request, Response& response) {
          UnaryCall<Request, Response>::Start(rpc, context_, name, request, response);
        },
        kWaiting);
  };
  serve(&QuotaService::RequestReserve, Method::kReserve);
  serve(&QuotaService::RequestCommit, Method::kCommit);
  serve(&QuotaService::RequestRelease, Method::kRelease);
  serve(&QuotaService::RequestExtend, Method::kExtend);
  serve(&QuotaService::RequestCharge, Method::kCharge);
  serve(&QuotaService::RequestGetUsage, Method::kGetUsage);
  ListenBidi(loop, *this, &QuotaService::RequestSession, [this](SessionStream::Rpc& rpc) {
    return SessionStream::Start(rpc, context_, streams_);
  });
}

}  // namespace quota::server
