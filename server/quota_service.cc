#include "server/quota_service.h"

#include "google/protobuf/descriptor.h"
#include "server/stream_rpc.h"
#include "server/unary_call.h"

namespace quota::server {

template <typename Request>
void QuotaService::ListenFor(const char* rpc, Method name, RpcLoop& loop) {
  // As the generated code numbers them; it has no function for a request that is a message and a
  // response that is bytes.
  const google::protobuf::ServiceDescriptor* const service =
      Request::descriptor()->file()->FindServiceByName("QuotaService");
  const int index = service->FindMethodByName(rpc)->index();
  grpc::ServerCompletionQueue& queue = loop.queue();
  ListenUnary<Request, grpc::ByteBuffer>(
      loop,
      [this, index, &queue](grpc::ServerContext* context, Request* request, auto* writer,
                            void* tag) {
        this->RequestAsyncUnary(index, context, request, writer, &queue, &queue, tag);
      },
      AsCalls(context_, name), kWaiting);
}

void QuotaService::Listen(RpcLoop& loop) {
  ListenFor<v1::ReserveRequest>("Reserve", Method::kReserve, loop);
  ListenFor<v1::CommitRequest>("Commit", Method::kCommit, loop);
  ListenFor<v1::ReleaseRequest>("Release", Method::kRelease, loop);
  ListenFor<v1::ExtendRequest>("Extend", Method::kExtend, loop);
  ListenFor<v1::ChargeRequest>("Charge", Method::kCharge, loop);
  ListenFor<v1::GetUsageRequest>("GetUsage", Method::kGetUsage, loop);
  ListenBidi(loop, *this, &QuotaService::RequestSession, [this](SessionStream::Rpc& rpc) {
    return SessionStream::Start(rpc, context_, streams_);
  });
}

}  // namespace quota::server
