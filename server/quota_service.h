// The gRPC service QuotaService. What each call means is told in proto/quota/v1/quota.proto.
#pragma once

#include "quota/v1/quota.grpc.pb.h"
#include "server/service_context.h"
#include "server/session_stream.h"

namespace quota::server {

// Thread-safe; no call blocks. Outlives the gRPC server that it is registered with.
class QuotaService final : public v1::QuotaService::CallbackService {
 public:
  explicit QuotaService(const ServiceContext& context) : context_(context) {}

  // For a drain: ends the Session streams once what they have read is answered, and refuses new
  // ones.
  void EndStreams() { streams_.EndAll(); }

  // Blocks until the Session streams have written what they had to, for `timeout` at most.
  void WaitForStreams(Duration timeout) { streams_.WaitUntilNone(timeout); }

  grpc::ServerUnaryReactor* Reserve(grpc::CallbackServerContext* context,
                                    const v1::ReserveRequest* request,
                                    v1::ReserveResponse* response) override;
  grpc::ServerUnaryReactor* Commit(grpc::CallbackServerContext* context,
                                   const v1::CommitRequest* request,
                                   v1::CommitResponse* response) override;
  grpc::ServerUnaryReactor* Release(grpc::CallbackServerContext* context,
                                    const v1::ReleaseRequest* request,
                                    v1::ReleaseResponse* response) override;
  grpc::ServerUnaryReactor* Extend(grpc::CallbackServerContext* context,
                                   const v1::ExtendRequest* request,
                                   v1::ExtendResponse* response) override;
  grpc::ServerUnaryReactor* Charge(grpc::CallbackServerContext* context,
                                   const v1::ChargeRequest* request,
                                   v1::ChargeResponse* response) override;
  grpc::ServerUnaryReactor* GetUsage(grpc::CallbackServerContext* context,
                                     const v1::GetUsageRequest* request,
                                     v1::GetUsageResponse* response) override;
  grpc::ServerBidiReactor<v1::SessionRequest, v1::SessionResponse>* Session(
      grpc::CallbackServerContext* context) override;

 private:
  const ServiceContext context_;
  SessionStreams streams_;
};

}  // namespace quota::server
