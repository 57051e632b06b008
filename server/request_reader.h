// Reads requests of the API into commands, and refuses those that make no sense.
//
//   ledger::Command command;
//   if (absl::Status status = ReadRequest(request, command); !status.ok()) ...  // to the caller
//   // `command` holds views into `request`, which must outlive it.
//
// Every function returns OK, or INVALID_ARGUMENT with a message that names the field, the value's
// size or number, and the bound; then `command` is half filled and of no use. What depends on state
// or catalog (ttl, editions, methods, what exists) is left to the ledger. Thread-safe: no state.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "google/protobuf/arena.h"
#include "ledger/commands.h"
#include "quota/v1/admin.pb.h"
#include "quota/v1/quota.pb.h"

namespace quota::server {

// ---- QuotaService. ----

// `session` is the session of the stream that the request came on; empty for a unary call, which
// can't bind a reservation. It must outlive `command` too.
[[nodiscard]] absl::Status ReadRequest(const v1::ReserveRequest& request, ledger::Command& command,
                                       std::string_view session = {});
[[nodiscard]] absl::Status ReadRequest(const v1::CommitRequest& request, ledger::Command& command);
[[nodiscard]] absl::Status ReadRequest(const v1::ReleaseRequest& request, ledger::Command& command);
[[nodiscard]] absl::Status ReadRequest(const v1::ExtendRequest& request, ledger::Command& command);
[[nodiscard]] absl::Status ReadRequest(const v1::ChargeRequest& request, ledger::Command& command);
[[nodiscard]] absl::Status ReadRequest(const v1::GetUsageRequest& request,
                                       ledger::Command& command);

// One operation of a Session's batch.
[[nodiscard]] absl::Status ReadOperation(const v1::Operation& operation, std::string_view session,
                                         ledger::Command& command);
// The same of one that is still in its bytes, to which `command` then refers; or to `arena`, on
// which those are made that are not of the common kinds and fields.
[[nodiscard]] absl::Status ReadOperation(std::string_view bytes, std::string_view session,
                                         google::protobuf::Arena& arena, ledger::Command& command);

// ---- QuotaAdmin. ListOrgs, which asks shard after shard, is read by server/org_lister.h. ----

[[nodiscard]] absl::Status ReadRequest(const v1::CreateOrgRequest& request,
                                       ledger::Command& command);
[[nodiscard]] absl::Status ReadRequest(const v1::GetOrgRequest& request, ledger::Command& command);
[[nodiscard]] absl::Status ReadRequest(const v1::SetEditionRequest& request,
                                       ledger::Command& command);
[[nodiscard]] absl::Status ReadRequest(const v1::SetAgentsRequest& request,
                                       ledger::Command& command);
[[nodiscard]] absl::Status ReadRequest(const v1::PurchaseCreditsRequest& request,
                                       ledger::Command& command);
[[nodiscard]] absl::Status ReadRequest(const v1::RevokeCreditsRequest& request,
                                       ledger::Command& command);
[[nodiscard]] absl::Status ReadRequest(const v1::SetLegacyLimitRequest& request,
                                       ledger::Command& command);
[[nodiscard]] absl::Status ReadRequest(const v1::SetDataCenterRequest& request,
                                       ledger::Command& command);
[[nodiscard]] absl::Status ReadRequest(const v1::SuspendOrgRequest& request,
                                       ledger::Command& command);
[[nodiscard]] absl::Status ReadRequest(const v1::ResumeOrgRequest& request,
                                       ledger::Command& command);
[[nodiscard]] absl::Status ReadRequest(const v1::SetConcurrencyLimitRequest& request,
                                       ledger::Command& command);

}  // namespace quota::server
