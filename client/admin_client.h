// The client of QuotaAdmin: what administrators and operators call. See admin.proto for the fields,
// their ranges and the errors.
//
// A change whose request_id is empty gets a UUID of the client's making; each change is retried
// under its id as client/retry.h says, so it happens once.
//
// Thread safety: may be used by many threads at once. All calls block for the retry budget at most.
#pragma once

#include <memory>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "client/client_options.h"
#include "quota/v1/admin.pb.h"

namespace quota::client {

class AdminClient {
 public:
  // Does not connect: the first call does. INVALID_ARGUMENT where `options` make no sense.
  static absl::StatusOr<std::unique_ptr<AdminClient>> Create(const ClientOptions& options);

  ~AdminClient();
  AdminClient(const AdminClient&) = delete;
  AdminClient& operator=(const AdminClient&) = delete;

  [[nodiscard]] absl::StatusOr<v1::Org> CreateOrg(v1::CreateOrgRequest request);
  [[nodiscard]] absl::StatusOr<v1::Org> GetOrg(std::string_view org_id);
  // One page.
  [[nodiscard]] absl::StatusOr<v1::ListOrgsResponse> ListOrgs(const v1::ListOrgsRequest& request);
  [[nodiscard]] absl::StatusOr<v1::Org> SetEdition(v1::SetEditionRequest request);
  [[nodiscard]] absl::StatusOr<v1::Org> SetAgents(v1::SetAgentsRequest request);
  [[nodiscard]] absl::StatusOr<v1::PurchaseCreditsResponse> PurchaseCredits(
      v1::PurchaseCreditsRequest request);
  [[nodiscard]] absl::StatusOr<v1::Org> SetConcurrencyLimit(v1::SetConcurrencyLimitRequest request);
  [[nodiscard]] absl::StatusOr<v1::Org> RevokeCredits(v1::RevokeCreditsRequest request);
  [[nodiscard]] absl::StatusOr<v1::Org> SetLegacyLimit(v1::SetLegacyLimitRequest request);
  [[nodiscard]] absl::StatusOr<v1::Org> SetDataCenter(v1::SetDataCenterRequest request);
  [[nodiscard]] absl::StatusOr<v1::Org> SuspendOrg(v1::SuspendOrgRequest request);
  [[nodiscard]] absl::StatusOr<v1::Org> ResumeOrg(v1::ResumeOrgRequest request);

  // One page, the newest first.
  [[nodiscard]] absl::StatusOr<v1::ListUsageHistoryResponse> ListUsageHistory(
      const v1::ListUsageHistoryRequest& request);
  [[nodiscard]] absl::StatusOr<v1::ListAuditLogResponse> ListAuditLog(
      const v1::ListAuditLogRequest& request);

  [[nodiscard]] absl::StatusOr<v1::GetCatalogResponse> GetCatalog();
  // Hands each answer of a WatchEvents stream to `on_answer`, the first one and those of quiet
  // times without an event, until that returns false (then OK) or the server refuses. A stream that
  // breaks is opened again from the last position: an event that was handed over may come again
  // only where `on_answer` did not return. Blocks, for as long as it goes on; where the server is
  // gone, the budget of a call long.
  [[nodiscard]] absl::Status WatchEvents(
      v1::WatchEventsRequest request,
      absl::FunctionRef<bool(const v1::WatchEventsResponse&)> on_answer);

  // Under a request id of the client's making.
  [[nodiscard]] absl::StatusOr<v1::ReloadCatalogResponse> ReloadCatalog();

  [[nodiscard]] absl::StatusOr<v1::ClockState> GetClock();
  [[nodiscard]] absl::StatusOr<v1::ClockState> AcceptClock();

  // Blocks until the backup is whole, for `longest` at most, and for the budget of a call where the
  // server is gone.
  [[nodiscard]] absl::StatusOr<v1::BackupResponse> Backup(v1::BackupRequest request,
                                                          Duration longest);

 private:
  struct Core;
  explicit AdminClient(std::unique_ptr<Core> core);

  const std::unique_ptr<const Core> core_;
};

}  // namespace quota::client
