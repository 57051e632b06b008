// The administrators' half of server/request_reader.h.
#include <algorithm>
#include <array>
#include <optional>

#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "common/status.h"
#include "google/protobuf/descriptor.h"
#include "server/field_rules.h"
#include "server/fingerprint.h"
#include "server/request_reader.h"

namespace quota::server {
namespace {

// A thousand times the largest known customer of the systems that this models.
constexpr int64_t kMaxAgents = 10'000'000;
constexpr int64_t kMaxConcurrencyLimit = 1'000'000;
// A sentence: it is part of the account's record.
constexpr size_t kMaxReasonBytes = 256;
// The ledger counts from 1970, and four digits are what dates are printed with.
constexpr int kMinYear = 1970;
constexpr int kMaxYear = 9999;

constexpr std::string_view kMainPool = "main";

// The first year to the last, and a day that the calendar has.
bool IsCalendarDay(const v1::Date& date) {
  if (date.year() < kMinYear || date.year() > kMaxYear || date.month() < 1 || date.month() > 12 ||
      date.day() < 1 || date.day() > 31) {
    return false;
  }
  // CivilDay carries an excess of days over into the next month.
  return absl::CivilDay(date.year(), date.month(), date.day()).day() == date.day();
}

absl::Status ReadDay(std::string_view field, bool present, const v1::Date& date,
                     std::optional<absl::CivilDay>& day) {
  if (!present) return absl::OkStatus();
  if (!IsCalendarDay(date)) {
    return InvalidField(field,
                        absl::StrFormat("year %d, month %d, day %d; it must be a calendar "
                                        "day from %d-01-01 to %d-12-31",
                                        date.year(), date.month(), date.day(), kMinYear, kMaxYear));
  }
  day = absl::CivilDay(date.year(), date.month(), date.day());
  return absl::OkStatus();
}

// The RPC that takes this message: "SetEdition" of SetEditionRequest.
std::string_view ActionOf(const google::protobuf::Descriptor& message) {
  std::string_view name = message.name();
  name.remove_suffix(std::string_view("Request").size());
  return name;
}

// What every change has: the request's id, the organisation, and the fingerprint.
template <typename Request>
absl::Status ReadChange(const Request& request, ledger::Command& command,
                        ledger::AdminRequest& admin) {
  QUOTA_RETURN_IF_ERROR(CheckId("request_id", request.request_id()));
  QUOTA_RETURN_IF_ERROR(CheckId("org_id", request.org_id()));
  command.org = request.org_id();
  admin.request_id = request.request_id();
  admin.fingerprint = Fingerprint(request);
  admin.action = ActionOf(*Request::descriptor());
  return absl::OkStatus();
}

template <typename Request>
void ReadExpectedRevision(const Request& request, ledger::AdminRequest& admin) {
  if (request.has_expected_revision()) admin.expected_revision = request.expected_revision();
}

}  // namespace

absl::Status ReadRequest(const v1::CreateOrgRequest& request, ledger::Command& command) {
  auto& create = command.operation.emplace<ledger::CreateOrg>();
  QUOTA_RETURN_IF_ERROR(ReadChange(request, command, create.request));
  QUOTA_RETURN_IF_ERROR(CheckBytes("edition", request.edition(), 1, kMaxNameBytes));
  QUOTA_RETURN_IF_ERROR(CheckRange("agents", request.agents(), 0, kMaxAgents));
  QUOTA_RETURN_IF_ERROR(CheckRange("light_agents", request.light_agents(), 0, kMaxAgents));
  QUOTA_RETURN_IF_ERROR(CheckBytes("data_center", request.data_center(), 0, kMaxNameBytes));
  QUOTA_RETURN_IF_ERROR(CheckBytes("time_zone", request.time_zone(), 0, kMaxNameBytes));
  QUOTA_RETURN_IF_ERROR(
      ReadDay("signup_day", request.has_signup_day(), request.signup_day(), create.signup_day));
  create.edition = request.edition();
  create.agents = request.agents();
  create.light_agents = request.light_agents();
  create.data_center = request.data_center();
  create.own_zone = request.time_zone();
  create.paid = request.paid();
  if (request.has_legacy_limit()) {
    QUOTA_RETURN_IF_ERROR(
        CheckRange("legacy_limit", request.legacy_limit(), 0, kMaxCredits.value()));
    create.legacy_limit = request.legacy_limit();
  }
  return ReadDay("grandfathered_until", request.has_grandfathered_until(),
                 request.grandfathered_until(), create.grandfathered_until);
}

absl::Status ReadRequest(const v1::GetOrgRequest& request, ledger::Command& command) {
  command.operation.emplace<ledger::GetOrg>();
  command.org = request.org_id();
  return CheckId("org_id", request.org_id());
}

absl::Status ReadRequest(const v1::SetEditionRequest& request, ledger::Command& command) {
  auto& set = command.operation.emplace<ledger::SetEdition>();
  QUOTA_RETURN_IF_ERROR(ReadChange(request, command, set.request));
  QUOTA_RETURN_IF_ERROR(CheckBytes("edition", request.edition(), 1, kMaxNameBytes));
  set.edition = request.edition();
  if (request.has_paid()) set.paid = request.paid();
  ReadExpectedRevision(request, set.request);
  return absl::OkStatus();
}

absl::Status ReadRequest(const v1::SetAgentsRequest& request, ledger::Command& command) {
  auto& set = command.operation.emplace<ledger::SetAgents>();
  QUOTA_RETURN_IF_ERROR(ReadChange(request, command, set.request));
  if (!request.has_agents()) return InvalidField("agents", "missing; it must be given");
  QUOTA_RETURN_IF_ERROR(CheckRange("agents", request.agents(), 0, kMaxAgents));
  set.agents = request.agents();
  if (request.has_light_agents()) {
    QUOTA_RETURN_IF_ERROR(CheckRange("light_agents", request.light_agents(), 0, kMaxAgents));
    set.light_agents = request.light_agents();
  }
  ReadExpectedRevision(request, set.request);
  return absl::OkStatus();
}

absl::Status ReadRequest(const v1::PurchaseCreditsRequest& request, ledger::Command& command) {
  auto& purchase = command.operation.emplace<ledger::PurchaseCredits>();
  QUOTA_RETURN_IF_ERROR(ReadChange(request, command, purchase.request));
  QUOTA_RETURN_IF_ERROR(CheckId("purchase_id", request.purchase_id()));
  purchase.purchase_id = request.purchase_id();
  purchase.is_pack = request.has_pack_credits();
  if (!purchase.is_pack && !request.has_credits_per_day()) {
    return InvalidField("kind", "missing; credits_per_day or pack_credits must be given");
  }
  purchase.credits = Credits(purchase.is_pack ? request.pack_credits() : request.credits_per_day());
  QUOTA_RETURN_IF_ERROR(CheckRange(purchase.is_pack ? "pack_credits" : "credits_per_day",
                                   purchase.credits.value(), 1, kMaxCredits.value()));
  QUOTA_RETURN_IF_ERROR(
      ReadDay("first_day", request.has_first_day(), request.first_day(), purchase.first_day));
  QUOTA_RETURN_IF_ERROR(
      ReadDay("last_day", request.has_last_day(), request.last_day(), purchase.last_day));
  if (purchase.first_day && purchase.last_day && *purchase.last_day < *purchase.first_day) {
    return InvalidField("last_day", absl::StrFormat("%s; it must not be before first_day, %s",
                                                    absl::FormatCivilTime(*purchase.last_day),
                                                    absl::FormatCivilTime(*purchase.first_day)));
  }
  ReadExpectedRevision(request, purchase.request);
  return absl::OkStatus();
}

absl::Status ReadRequest(const v1::RevokeCreditsRequest& request, ledger::Command& command) {
  auto& revoke = command.operation.emplace<ledger::RevokeCredits>();
  QUOTA_RETURN_IF_ERROR(ReadChange(request, command, revoke.request));
  QUOTA_RETURN_IF_ERROR(CheckId("purchase_id", request.purchase_id()));
  revoke.purchase_id = request.purchase_id();
  ReadExpectedRevision(request, revoke.request);
  return absl::OkStatus();
}

absl::Status ReadRequest(const v1::SetLegacyLimitRequest& request, ledger::Command& command) {
  auto& set = command.operation.emplace<ledger::SetLegacyLimit>();
  QUOTA_RETURN_IF_ERROR(ReadChange(request, command, set.request));
  if (request.has_legacy_limit()) {
    QUOTA_RETURN_IF_ERROR(
        CheckRange("legacy_limit", request.legacy_limit(), 0, kMaxCredits.value()));
    set.limit = request.legacy_limit();
  }
  QUOTA_RETURN_IF_ERROR(ReadDay("grandfathered_until", request.has_grandfathered_until(),
                                request.grandfathered_until(), set.grandfathered_until));
  ReadExpectedRevision(request, set.request);
  return absl::OkStatus();
}

absl::Status ReadRequest(const v1::SetDataCenterRequest& request, ledger::Command& command) {
  auto& set = command.operation.emplace<ledger::SetDataCenter>();
  QUOTA_RETURN_IF_ERROR(ReadChange(request, command, set.request));
  QUOTA_RETURN_IF_ERROR(CheckBytes("data_center", request.data_center(), 0, kMaxNameBytes));
  set.data_center = request.data_center();
  if (request.has_time_zone()) {
    QUOTA_RETURN_IF_ERROR(CheckBytes("time_zone", request.time_zone(), 0, kMaxNameBytes));
    set.own_zone = request.time_zone();
  }
  if (set.data_center.empty() && !set.own_zone) {
    return InvalidField("data_center", "missing; it, or time_zone, must be given");
  }
  ReadExpectedRevision(request, set.request);
  return absl::OkStatus();
}

absl::Status ReadRequest(const v1::SuspendOrgRequest& request, ledger::Command& command) {
  auto& suspend = command.operation.emplace<ledger::SuspendOrg>();
  QUOTA_RETURN_IF_ERROR(ReadChange(request, command, suspend.request));
  QUOTA_RETURN_IF_ERROR(CheckBytes("reason", request.reason(), 0, kMaxReasonBytes));
  suspend.reason = request.reason();
  ReadExpectedRevision(request, suspend.request);
  return absl::OkStatus();
}

absl::Status ReadRequest(const v1::ResumeOrgRequest& request, ledger::Command& command) {
  auto& resume = command.operation.emplace<ledger::ResumeOrg>();
  QUOTA_RETURN_IF_ERROR(ReadChange(request, command, resume.request));
  ReadExpectedRevision(request, resume.request);
  return absl::OkStatus();
}

absl::Status ReadRequest(const v1::SetConcurrencyLimitRequest& request, ledger::Command& command) {
  auto& set = command.operation.emplace<ledger::SetConcurrencyLimit>();
  QUOTA_RETURN_IF_ERROR(ReadChange(request, command, set.request));
  QUOTA_RETURN_IF_ERROR(CheckBytes("pool", request.pool(), 0, kMaxNameBytes));
  set.pool = request.pool().empty() ? kMainPool : std::string_view(request.pool());
  if (request.has_limit()) {
    QUOTA_RETURN_IF_ERROR(CheckRange("limit", request.limit(), 0, kMaxConcurrencyLimit));
    set.limit = request.limit();
  }
  ReadExpectedRevision(request, set.request);
  return absl::OkStatus();
}

}  // namespace quota::server
