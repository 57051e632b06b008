#include "server/quota_service.h"

#include "server/stream_rpc.h"
#include "server/unary_call.h"

namespace quota::server {

void QuotaService::Listen(RpcLoop& loop) {
  const auto serve = [this, &loop](auto method, Method name) {
    ListenForCalls(loop, *this, method, context_, name, kWaiting);
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
