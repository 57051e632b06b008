// The gRPC service QuotaAdmin. What each call means is told in proto/quota/v1/admin.proto.
#pragma once

#include "quota/v1/admin.grpc.pb.h"
#include "server/service_context.h"

namespace quota::server {

// Thread-safe; no call blocks. Outlives the gRPC server that it is registered with.
class AdminService final : public v1::QuotaAdmin::CallbackService {
 public:
  explicit AdminService(const ServiceContext& context) : context_(context) {}

  grpc::ServerUnaryReactor* CreateOrg(grpc::CallbackServerContext* context,
                                      const v1::CreateOrgRequest* request,
                                      v1::Org* response) override;
  grpc::ServerUnaryReactor* GetOrg(grpc::CallbackServerContext* context,
                                   const v1::GetOrgRequest* request, v1::Org* response) override;
  grpc::ServerUnaryReactor* ListOrgs(grpc::CallbackServerContext* context,
                                     const v1::ListOrgsRequest* request,
                                     v1::ListOrgsResponse* response) override;
  grpc::ServerUnaryReactor* SetEdition(grpc::CallbackServerContext* context,
                                       const v1::SetEditionRequest* request,
                                       v1::Org* response) override;
  grpc::ServerUnaryReactor* SetAgents(grpc::CallbackServerContext* context,
                                      const v1::SetAgentsRequest* request,
                                      v1::Org* response) override;
  grpc::ServerUnaryReactor* PurchaseCredits(grpc::CallbackServerContext* context,
                                            const v1::PurchaseCreditsRequest* request,
                                            v1::PurchaseCreditsResponse* response) override;
  grpc::ServerUnaryReactor* SetConcurrencyLimit(grpc::CallbackServerContext* context,
                                                const v1::SetConcurrencyLimitRequest* request,
                                                v1::Org* response) override;
  grpc::ServerUnaryReactor* RevokeCredits(grpc::CallbackServerContext* context,
                                          const v1::RevokeCreditsRequest* request,
                                          v1::Org* response) override;
  grpc::ServerUnaryReactor* SetLegacyLimit(grpc::CallbackServerContext* context,
                                           const v1::SetLegacyLimitRequest* request,
                                           v1::Org* response) override;
  grpc::ServerUnaryReactor* SetDataCenter(grpc::CallbackServerContext* context,
                                          const v1::SetDataCenterRequest* request,
                                          v1::Org* response) override;
  grpc::ServerUnaryReactor* SuspendOrg(grpc::CallbackServerContext* context,
                                       const v1::SuspendOrgRequest* request,
                                       v1::Org* response) override;
  grpc::ServerUnaryReactor* ResumeOrg(grpc::CallbackServerContext* context,
                                      const v1::ResumeOrgRequest* request,
                                      v1::Org* response) override;
  grpc::ServerUnaryReactor* ListUsageHistory(grpc::CallbackServerContext* context,
                                             const v1::ListUsageHistoryRequest* request,
                                             v1::ListUsageHistoryResponse* response) override;
  grpc::ServerUnaryReactor* ListAuditLog(grpc::CallbackServerContext* context,
                                         const v1::ListAuditLogRequest* request,
                                         v1::ListAuditLogResponse* response) override;
  grpc::ServerUnaryReactor* GetCatalog(grpc::CallbackServerContext* context,
                                       const v1::GetCatalogRequest* request,
                                       v1::GetCatalogResponse* response) override;
  grpc::ServerUnaryReactor* ReloadCatalog(grpc::CallbackServerContext* context,
                                          const v1::ReloadCatalogRequest* request,
                                          v1::ReloadCatalogResponse* response) override;
  grpc::ServerUnaryReactor* GetClock(grpc::CallbackServerContext* context,
                                     const v1::GetClockRequest* request,
                                     v1::ClockState* response) override;
  grpc::ServerUnaryReactor* AcceptClock(grpc::CallbackServerContext* context,
                                        const v1::AcceptClockRequest* request,
                                        v1::ClockState* response) override;
  grpc::ServerUnaryReactor* Backup(grpc::CallbackServerContext* context,
                                   const v1::BackupRequest* request,
                                   v1::BackupResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchEventsResponse>* WatchEvents(
      grpc::CallbackServerContext* context, const v1::WatchEventsRequest* request) override;

 private:
  const ServiceContext context_;
};

}  // namespace quota::server
