#include "client/admin_client.h"

#include <string>
#include <utility>

#include "client/connection.h"
#include "client/grpc_status.h"
#include "client/retry.h"
#include "client/uuid.h"
#include "common/status.h"
#include "quota/v1/admin.grpc.pb.h"

namespace quota::client {
namespace {

using Stub = v1::QuotaAdmin::StubInterface;

}  // namespace

struct AdminClient::Core {
  explicit Core(Connection c)
      : connection(std::move(c)), stub(v1::QuotaAdmin::NewStub(connection.channel())) {}

  template <class Request, class Response>
  absl::StatusOr<Response> Change(grpc::Status (Stub::*rpc)(grpc::ClientContext*, const Request&,
                                                            Response*),
                                  Request request) const {
    if (request.request_id().empty()) request.set_request_id(NewUuid());
    return connection.Call(*stub, rpc, request);
  }

  const Connection connection;
  const std::unique_ptr<Stub> stub;
};

absl::StatusOr<std::unique_ptr<AdminClient>> AdminClient::Create(const ClientOptions& options) {
  QUOTA_ASSIGN_OR_RETURN(Connection connection, Connection::Create(options));
  return std::unique_ptr<AdminClient>(
      new AdminClient(std::make_unique<Core>(std::move(connection))));
}

AdminClient::AdminClient(std::unique_ptr<Core> core) : core_(std::move(core)) {}
AdminClient::~AdminClient() = default;

absl::StatusOr<v1::Org> AdminClient::CreateOrg(v1::CreateOrgRequest request) {
  return core_->Change(&Stub::CreateOrg, std::move(request));
}

absl::StatusOr<v1::Org> AdminClient::GetOrg(std::string_view org_id) {
  v1::GetOrgRequest request;
  request.set_org_id(std::string(org_id));
  return core_->connection.Call(*core_->stub, &Stub::GetOrg, request);
}

absl::StatusOr<v1::ListOrgsResponse> AdminClient::ListOrgs(const v1::ListOrgsRequest& request) {
  return core_->connection.Call(*core_->stub, &Stub::ListOrgs, request);
}

absl::StatusOr<v1::Org> AdminClient::SetEdition(v1::SetEditionRequest request) {
  return core_->Change(&Stub::SetEdition, std::move(request));
}

absl::StatusOr<v1::Org> AdminClient::SetAgents(v1::SetAgentsRequest request) {
  return core_->Change(&Stub::SetAgents, std::move(request));
}

absl::StatusOr<v1::PurchaseCreditsResponse> AdminClient::PurchaseCredits(
    v1::PurchaseCreditsRequest request) {
  return core_->Change(&Stub::PurchaseCredits, std::move(request));
}

absl::StatusOr<v1::Org> AdminClient::SetConcurrencyLimit(v1::SetConcurrencyLimitRequest request) {
  return core_->Change(&Stub::SetConcurrencyLimit, std::move(request));
}

absl::StatusOr<v1::Org> AdminClient::RevokeCredits(v1::RevokeCreditsRequest request) {
  return core_->Change(&Stub::RevokeCredits, std::move(request));
}

absl::StatusOr<v1::Org> AdminClient::SetLegacyLimit(v1::SetLegacyLimitRequest request) {
  return core_->Change(&Stub::SetLegacyLimit, std::move(request));
}

absl::StatusOr<v1::Org> AdminClient::SetDataCenter(v1::SetDataCenterRequest request) {
  return core_->Change(&Stub::SetDataCenter, std::move(request));
}

absl::StatusOr<v1::Org> AdminClient::SuspendOrg(v1::SuspendOrgRequest request) {
  return core_->Change(&Stub::SuspendOrg, std::move(request));
}

absl::StatusOr<v1::Org> AdminClient::ResumeOrg(v1::ResumeOrgRequest request) {
  return core_->Change(&Stub::ResumeOrg, std::move(request));
}

absl::StatusOr<v1::ListUsageHistoryResponse> AdminClient::ListUsageHistory(
    const v1::ListUsageHistoryRequest& request) {
  return core_->connection.Call(*core_->stub, &Stub::ListUsageHistory, request);
}

absl::StatusOr<v1::ListAuditLogResponse> AdminClient::ListAuditLog(
    const v1::ListAuditLogRequest& request) {
  return core_->connection.Call(*core_->stub, &Stub::ListAuditLog, request);
}

absl::StatusOr<v1::GetCatalogResponse> AdminClient::GetCatalog() {
  return core_->connection.Call(*core_->stub, &Stub::GetCatalog, v1::GetCatalogRequest());
}

absl::Status AdminClient::WatchEvents(
    v1::WatchEventsRequest request,
    absl::FunctionRef<bool(const v1::WatchEventsResponse&)> on_answer) {
  for (;;) {
    bool stopped = false;
    bool answered = false;
    absl::Status ended;
    const auto attempt = [&](Duration /*timeout*/) -> absl::Status {
      grpc::ClientContext context;
      const auto stream = core_->stub->WatchEvents(&context, request);
      v1::WatchEventsResponse response;
      while (!stopped && stream->Read(&response)) {
        answered = true;
        stopped = !on_answer(response);
        request.set_position(response.position());
        request.set_from_oldest(false);
      }
      if (stopped) context.TryCancel();
      ended = FromGrpcStatus(stream->Finish());
      // What was answered is a success: what comes now has a budget of its own.
      return answered ? absl::OkStatus() : ended;
    };
    QUOTA_RETURN_IF_ERROR(
        RunWithRetries(core_->connection.policy(), core_->connection.time(), attempt));
    if (stopped) return absl::OkStatus();
    if (!ended.ok() && !IsRetryable(ended)) return ended;
  }
}

absl::StatusOr<v1::ReloadCatalogResponse> AdminClient::ReloadCatalog() {
  return core_->Change(&Stub::ReloadCatalog, v1::ReloadCatalogRequest());
}

absl::StatusOr<v1::ClockState> AdminClient::GetClock() {
  return core_->connection.Call(*core_->stub, &Stub::GetClock, v1::GetClockRequest());
}

absl::StatusOr<v1::ClockState> AdminClient::AcceptClock() {
  return core_->connection.Call(*core_->stub, &Stub::AcceptClock, v1::AcceptClockRequest());
}

absl::StatusOr<v1::BackupResponse> AdminClient::Backup(v1::BackupRequest request,
                                                       Duration longest) {
  if (request.request_id().empty()) request.set_request_id(NewUuid());
  v1::BackupResponse response;
  // Attempts are as long as it takes; the budget is for the pauses between those that fail at once.
  const auto attempt = [&](Duration /*timeout*/) {
    return Connection::Attempt(*core_->stub, &Stub::Backup, request, longest, &response,
                               core_->connection.actor());
  };
  QUOTA_RETURN_IF_ERROR(
      RunWithRetries(core_->connection.policy(), core_->connection.time(), attempt));
  return response;
}

}  // namespace quota::client
