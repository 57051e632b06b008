// A QuotaService that decides nothing: it fills the messages that quotad fills and answers at once.
// What gRPC allows on a machine, and so what quotad is measured against.
#pragma once

#include "quota/v1/quota.grpc.pb.h"

namespace quota::bench {

// Reserve, Commit, Charge, GetUsage and Session; every organisation exists and is granted
// everything. Thread-safe.
class NoopService final : public v1::QuotaService::CallbackService {
 public:
  grpc::ServerUnaryReactor* Reserve(grpc::CallbackServerContext* context,
                                    const v1::ReserveRequest* request,
                                    v1::ReserveResponse* response) override;
  grpc::ServerUnaryReactor* Commit(grpc::CallbackServerContext* context,
                                   const v1::CommitRequest* request,
                                   v1::CommitResponse* response) override;
  grpc::ServerUnaryReactor* Charge(grpc::CallbackServerContext* context,
                                   const v1::ChargeRequest* request,
                                   v1::ChargeResponse* response) override;
  grpc::ServerUnaryReactor* GetUsage(grpc::CallbackServerContext* context,
                                     const v1::GetUsageRequest* request,
                                     v1::GetUsageResponse* response) override;
  grpc::ServerBidiReactor<v1::SessionRequest, v1::SessionResponse>* Session(
      grpc::CallbackServerContext* context) override;
};

}  // namespace quota::bench
