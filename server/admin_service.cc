#include "server/admin_service.h"

#include "server/backup_call.h"
#include "server/catalog_calls.h"
#include "server/clock_calls.h"
#include "server/event_watch.h"
#include "server/history_lister.h"
#include "server/org_lister.h"
#include "server/unary_call.h"

namespace quota::server {

void AdminService::Listen(RpcLoop& loop) {
  const auto change = [this, &loop](auto method, Method name) {
    ListenUnary(loop, *this, method, AsChanges(context_, name));
  };
  change(&AdminService::RequestCreateOrg, Method::kCreateOrg);
  change(&AdminService::RequestSetEdition, Method::kSetEdition);
  change(&AdminService::RequestSetAgents, Method::kSetAgents);
  change(&AdminService::RequestPurchaseCredits, Method::kPurchaseCredits);
  change(&AdminService::RequestRevokeCredits, Method::kRevokeCredits);
  change(&AdminService::RequestSetLegacyLimit, Method::kSetLegacyLimit);
  change(&AdminService::RequestSetConcurrencyLimit, Method::kSetConcurrencyLimit);
  change(&AdminService::RequestSetDataCenter, Method::kSetDataCenter);
  change(&AdminService::RequestSuspendOrg, Method::kSuspendOrg);
  change(&AdminService::RequestResumeOrg, Method::kResumeOrg);

  ListenUnary(loop, *this, &AdminService::RequestGetOrg, AsCalls(context_, Method::kGetOrg));
  ListenUnary(loop, *this, &AdminService::RequestListOrgs,
              [this](UnaryRpc& rpc, const auto& request, auto& response) {
                OrgLister::Start(rpc, context_, request, response);
              });
  ListenUnary(loop, *this, &AdminService::RequestListUsageHistory,
              [this](UnaryRpc& rpc, const auto& request, auto& response) {
                UsageHistoryLister::Start(rpc, context_, request, response);
              });
  ListenUnary(loop, *this, &AdminService::RequestListAuditLog,
              [this](UnaryRpc& rpc, const auto& request, auto& response) {
                AuditLogLister::Start(rpc, context_, request, response);
              });
  ListenUnary(loop, *this, &AdminService::RequestGetCatalog,
              [this](UnaryRpc& rpc, const auto& /*request*/, auto& response) {
                server::GetCatalog(rpc, context_, response);
              });
  ListenUnary(loop, *this, &AdminService::RequestReloadCatalog,
              [this](UnaryRpc& rpc, const auto& request, auto& response) {
                server::ReloadCatalog(rpc, context_, request, response);
              });
  ListenUnary(loop, *this, &AdminService::RequestGetClock,
              [this](UnaryRpc& rpc, const auto& /*request*/, auto& response) {
                server::GetClock(rpc, context_, response);
              });
  ListenUnary(loop, *this, &AdminService::RequestAcceptClock,
              [this](UnaryRpc& rpc, const auto& /*request*/, auto& response) {
                server::AcceptClock(rpc, context_, response);
              });
  ListenUnary(loop, *this, &AdminService::RequestBackup,
              [this](UnaryRpc& rpc, const auto& request, auto& response) {
                server::Backup(rpc, context_, request, response);
              });
  ListenWriter(loop, *this, &AdminService::RequestWatchEvents,
               [this](EventWatch::Rpc& rpc, const v1::WatchEventsRequest& request) {
                 return EventWatch::Start(rpc, context_, request);
               });
}

}  // namespace quota::server
