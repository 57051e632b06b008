#include "server/admin_service.h"

#include "server/backup_call.h"
#include "server/catalog_calls.h"
#include "server/clock_calls.h"
#include "server/event_watch.h"
#include "server/history_lister.h"
#include "server/org_lister.h"
#include "server/unary_call.h"

namespace quota::server {
grpc::ServerUnaryReactor* AdminService::CreateOrg(grpc::CallbackServerContext* context,
                                                  const v1::CreateOrgRequest* request,
                                                  v1::Org* response) {
  return UnaryCall<v1::CreateOrgRequest, v1::Org>::StartAs(*context, context_, Method::kCreateOrg,
                                                           request, response);
}

grpc::ServerUnaryReactor* AdminService::GetOrg(grpc::CallbackServerContext* /*context*/,
                                               const v1::GetOrgRequest* request,
                                               v1::Org* response) {
  return UnaryCall<v1::GetOrgRequest, v1::Org>::Start(context_, Method::kGetOrg, request, response);
}

grpc::ServerUnaryReactor* AdminService::ListOrgs(grpc::CallbackServerContext* /*context*/,
                                                 const v1::ListOrgsRequest* request,
                                                 v1::ListOrgsResponse* response) {
  return OrgLister::Start(context_, request, response);
}

grpc::ServerUnaryReactor* AdminService::SetEdition(grpc::CallbackServerContext* context,
                                                   const v1::SetEditionRequest* request,
                                                   v1::Org* response) {
  return UnaryCall<v1::SetEditionRequest, v1::Org>::StartAs(*context, context_, Method::kSetEdition,
                                                            request, response);
}

grpc::ServerUnaryReactor* AdminService::SetAgents(grpc::CallbackServerContext* context,
                                                  const v1::SetAgentsRequest* request,
                                                  v1::Org* response) {
  return UnaryCall<v1::SetAgentsRequest, v1::Org>::StartAs(*context, context_, Method::kSetAgents,
                                                           request, response);
}

grpc::ServerUnaryReactor* AdminService::PurchaseCredits(grpc::CallbackServerContext* context,
                                                        const v1::PurchaseCreditsRequest* request,
                                                        v1::PurchaseCreditsResponse* response) {
  return UnaryCall<v1::PurchaseCreditsRequest, v1::PurchaseCreditsResponse>::StartAs(
      *context, context_, Method::kPurchaseCredits, request, response);
}

grpc::ServerUnaryReactor* AdminService::SetConcurrencyLimit(
    grpc::CallbackServerContext* context, const v1::SetConcurrencyLimitRequest* request,
    v1::Org* response) {
  return UnaryCall<v1::SetConcurrencyLimitRequest, v1::Org>::StartAs(
      *context, context_, Method::kSetConcurrencyLimit, request, response);
}

grpc::ServerUnaryReactor* AdminService::RevokeCredits(grpc::CallbackServerContext* context,
                                                      const v1::RevokeCreditsRequest* request,
                                                      v1::Org* response) {
  return UnaryCall<v1::RevokeCreditsRequest, v1::Org>::StartAs(
      *context, context_, Method::kRevokeCredits, request, response);
}

grpc::ServerUnaryReactor* AdminService::SetLegacyLimit(grpc::CallbackServerContext* context,
                                                       const v1::SetLegacyLimitRequest* request,
                                                       v1::Org* response) {
  return UnaryCall<v1::SetLegacyLimitRequest, v1::Org>::StartAs(
      *context, context_, Method::kSetLegacyLimit, request, response);
}

grpc::ServerUnaryReactor* AdminService::SetDataCenter(grpc::CallbackServerContext* context,
                                                      const v1::SetDataCenterRequest* request,
                                                      v1::Org* response) {
  return UnaryCall<v1::SetDataCenterRequest, v1::Org>::StartAs(
      *context, context_, Method::kSetDataCenter, request, response);
}

grpc::ServerUnaryReactor* AdminService::SuspendOrg(grpc::CallbackServerContext* context,
                                                   const v1::SuspendOrgRequest* request,
                                                   v1::Org* response) {
  return UnaryCall<v1::SuspendOrgRequest, v1::Org>::StartAs(*context, context_, Method::kSuspendOrg,
                                                            request, response);
}

grpc::ServerUnaryReactor* AdminService::ResumeOrg(grpc::CallbackServerContext* context,
                                                  const v1::ResumeOrgRequest* request,
                                                  v1::Org* response) {
  return UnaryCall<v1::ResumeOrgRequest, v1::Org>::StartAs(*context, context_, Method::kResumeOrg,
                                                           request, response);
}

grpc::ServerUnaryReactor* AdminService::ListUsageHistory(grpc::CallbackServerContext* /*context*/,
                                                         const v1::ListUsageHistoryRequest* request,
                                                         v1::ListUsageHistoryResponse* response) {
  return UsageHistoryLister::Start(context_, request, response);
}

grpc::ServerUnaryReactor* AdminService::ListAuditLog(grpc::CallbackServerContext* /*context*/,
                                                     const v1::ListAuditLogRequest* request,
                                                     v1::ListAuditLogResponse* response) {
  return AuditLogLister::Start(context_, request, response);
}

grpc::ServerUnaryReactor* AdminService::GetCatalog(grpc::CallbackServerContext* context,
                                                   const v1::GetCatalogRequest* /*request*/,
                                                   v1::GetCatalogResponse* response) {
  return server::GetCatalog(context_, *context, *response);
}

grpc::ServerUnaryReactor* AdminService::ReloadCatalog(grpc::CallbackServerContext* context,
                                                      const v1::ReloadCatalogRequest* request,
                                                      v1::ReloadCatalogResponse* response) {
  return server::ReloadCatalog(context_, *context, *request, *response);
}

grpc::ServerUnaryReactor* AdminService::GetClock(grpc::CallbackServerContext* context,
                                                 const v1::GetClockRequest* /*request*/,
                                                 v1::ClockState* response) {
  return server::GetClock(context_, *context, *response);
}

grpc::ServerUnaryReactor* AdminService::AcceptClock(grpc::CallbackServerContext* context,
                                                    const v1::AcceptClockRequest* /*request*/,
                                                    v1::ClockState* response) {
  return server::AcceptClock(context_, *context, *response);
}

grpc::ServerUnaryReactor* AdminService::Backup(grpc::CallbackServerContext* context,
                                               const v1::BackupRequest* request,
                                               v1::BackupResponse* response) {
  return server::Backup(context_, *context, *request, *response);
}

grpc::ServerWriteReactor<v1::WatchEventsResponse>* AdminService::WatchEvents(
    grpc::CallbackServerContext* /*context*/, const v1::WatchEventsRequest* request) {
  return EventWatch::Start(context_, *request);
}

}  // namespace quota::server
