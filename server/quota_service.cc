#include "server/quota_service.h"

#include "server/unary_call.h"

namespace quota::server {

grpc::ServerUnaryReactor* QuotaService::Reserve(grpc::CallbackServerContext* rpc,
                                                const v1::ReserveRequest* request,
                                                v1::ReserveResponse* response) {
  return UnaryCall<v1::ReserveRequest, v1::ReserveResponse>::Start(*rpc, context_, Method::kReserve,
                                                                   request, response);
}

grpc::ServerUnaryReactor* QuotaService::Commit(grpc::CallbackServerContext* rpc,
                                               const v1::CommitRequest* request,
                                               v1::CommitResponse* response) {
  return UnaryCall<v1::CommitRequest, v1::CommitResponse>::Start(*rpc, context_, Method::kCommit,
                                                                 request, response);
}

grpc::ServerUnaryReactor* QuotaService::Release(grpc::CallbackServerContext* rpc,
                                                const v1::ReleaseRequest* request,
                                                v1::ReleaseResponse* response) {
  return UnaryCall<v1::ReleaseRequest, v1::ReleaseResponse>::Start(*rpc, context_, Method::kRelease,
                                                                   request, response);
}

grpc::ServerUnaryReactor* QuotaService::Extend(grpc::CallbackServerContext* rpc,
                                               const v1::ExtendRequest* request,
                                               v1::ExtendResponse* response) {
  return UnaryCall<v1::ExtendRequest, v1::ExtendResponse>::Start(*rpc, context_, Method::kExtend,
                                                                 request, response);
}

grpc::ServerUnaryReactor* QuotaService::Charge(grpc::CallbackServerContext* rpc,
                                               const v1::ChargeRequest* request,
                                               v1::ChargeResponse* response) {
  return UnaryCall<v1::ChargeRequest, v1::ChargeResponse>::Start(*rpc, context_, Method::kCharge,
                                                                 request, response);
}

grpc::ServerUnaryReactor* QuotaService::GetUsage(grpc::CallbackServerContext* rpc,
                                                 const v1::GetUsageRequest* request,
                                                 v1::GetUsageResponse* response) {
  return UnaryCall<v1::GetUsageRequest, v1::GetUsageResponse>::Start(
      *rpc, context_, Method::kGetUsage, request, response);
}

grpc::ServerBidiReactor<v1::SessionRequest, v1::SessionResponse>* QuotaService::Session(
    grpc::CallbackServerContext* rpc) {
  return SessionStream::Start(*rpc, context_, streams_);
}

}  // namespace quota::server
