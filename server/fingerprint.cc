#include "server/fingerprint.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "common/stable_hash.h"

namespace quota::server {
namespace {

// Which message. Stored by way of the hash: never renumber.
enum class Kind : uint64_t {
  kReserve = 1,
  kCharge = 2,
  kCreateOrg = 3,
  kSetEdition = 4,
  kSetAgents = 5,
  kPurchaseCredits = 6,
  kSetConcurrencyLimit = 7,
  kRevokeCredits = 8,
  kSetLegacyLimit = 9,
  kSetDataCenter = 10,
  kSuspendOrg = 11,
  kResumeOrg = 12,
};

// Adds fields; those at their default are left out. Field numbers are written as literals in the
// order of the proto, which is what the stored values depend on.
class FieldHash {
 public:
  explicit FieldHash(Kind kind) { hash_.Add(static_cast<uint64_t>(kind)); }

  FieldHash& Text(uint64_t number, std::string_view value) {
    if (!value.empty()) hash_.Add(number).Add(value);
    return *this;
  }

  FieldHash& Number(uint64_t number, int64_t value) {
    if (value != 0) Present(number, value);
    return *this;
  }

  // A field with presence: its zero counts.
  FieldHash& Present(uint64_t number, int64_t value) {
    hash_.Add(number).Add(static_cast<uint64_t>(value));
    return *this;
  }

  // The same of a text.
  FieldHash& PresentText(uint64_t number, std::string_view value) {
    hash_.Add(number).Add(value);
    return *this;
  }

  FieldHash& Day(uint64_t number, bool present, const v1::Date& date) {
    if (!present) return *this;
    hash_.Add(number);
    Number(1, date.year()).Number(2, date.month()).Number(3, date.day());
    hash_.Add(0);
    return *this;
  }

  FieldHash& Span(uint64_t number, bool present, const google::protobuf::Duration& duration) {
    if (!present) return *this;
    hash_.Add(number);
    Number(1, duration.seconds()).Number(2, duration.nanos());
    hash_.Add(0);
    return *this;
  }

  FieldHash& Method(uint64_t number, const v1::MethodCall& method) {
    hash_.Add(number);
    Text(1, method.name());
    if (!method.attributes().empty()) {
      std::vector<std::pair<std::string_view, int64_t>> sorted(method.attributes().begin(),
                                                               method.attributes().end());
      std::sort(sorted.begin(), sorted.end());
      hash_.Add(2).Add(sorted.size());
      for (const auto& [name, value] : sorted) hash_.Add(name).Add(static_cast<uint64_t>(value));
    }
    hash_.Add(0);
    return *this;
  }

  // The oneof that Reserve and Charge share, under the same numbers.
  template <typename Request>
  FieldHash& Cost(const Request& request) {
    if (request.has_credits()) Present(3, request.credits());
    if (request.has_method()) Method(4, request.method());
    return *this;
  }

  uint64_t Value() const { return hash_.Value(); }

 private:
  StableHash hash_;
};

template <typename Request>
uint64_t OfReserve(const Request& request) {
  FieldHash hash(Kind::kReserve);
  hash.Text(1, request.org_id()).Text(2, request.reservation_id()).Cost(request);
  if (request.has_slots()) hash.Present(5, request.slots());
  hash.Span(6, request.has_ttl(), request.ttl());
  hash.Number(7, request.mode()).Number(8, request.on_expiry());
  hash.Number(9, request.bind_to_session() ? 1 : 0);
  return hash.Value();
}

template <typename Request>
uint64_t OfCharge(const Request& request) {
  FieldHash hash(Kind::kCharge);
  hash.Text(1, request.org_id()).Text(2, request.reservation_id()).Cost(request);
  hash.Number(5, request.mode());
  return hash.Value();
}

}  // namespace

uint64_t Fingerprint(const v1::ReserveRequest& request) { return OfReserve(request); }
uint64_t Fingerprint(const ReserveFields& request) { return OfReserve(request); }
uint64_t Fingerprint(const v1::ChargeRequest& request) { return OfCharge(request); }
uint64_t Fingerprint(const ChargeFields& request) { return OfCharge(request); }

uint64_t Fingerprint(const v1::CreateOrgRequest& request) {
  FieldHash hash(Kind::kCreateOrg);
  hash.Text(1, request.request_id()).Text(2, request.org_id()).Text(3, request.edition());
  hash.Number(4, request.agents()).Number(5, request.light_agents());
  hash.Text(6, request.data_center()).Text(7, request.time_zone());
  hash.Day(8, request.has_signup_day(), request.signup_day());
  hash.Number(9, request.paid() ? 1 : 0);
  if (request.has_legacy_limit()) hash.Present(10, request.legacy_limit());
  hash.Day(11, request.has_grandfathered_until(), request.grandfathered_until());
  return hash.Value();
}

uint64_t Fingerprint(const v1::SetEditionRequest& request) {
  FieldHash hash(Kind::kSetEdition);
  hash.Text(1, request.request_id()).Text(2, request.org_id()).Text(3, request.edition());
  if (request.has_expected_revision()) hash.Present(4, request.expected_revision());
  if (request.has_paid()) hash.Present(5, request.paid() ? 1 : 0);
  return hash.Value();
}

uint64_t Fingerprint(const v1::SetAgentsRequest& request) {
  FieldHash hash(Kind::kSetAgents);
  hash.Text(1, request.request_id()).Text(2, request.org_id());
  if (request.has_agents()) hash.Present(3, request.agents());
  if (request.has_light_agents()) hash.Present(4, request.light_agents());
  if (request.has_expected_revision()) hash.Present(5, request.expected_revision());
  return hash.Value();
}

uint64_t Fingerprint(const v1::PurchaseCreditsRequest& request) {
  FieldHash hash(Kind::kPurchaseCredits);
  hash.Text(1, request.request_id()).Text(2, request.org_id()).Text(3, request.purchase_id());
  if (request.has_credits_per_day()) hash.Present(4, request.credits_per_day());
  if (request.has_pack_credits()) hash.Present(5, request.pack_credits());
  hash.Day(6, request.has_first_day(), request.first_day());
  hash.Day(7, request.has_last_day(), request.last_day());
  if (request.has_expected_revision()) hash.Present(8, request.expected_revision());
  return hash.Value();
}

uint64_t Fingerprint(const v1::SetConcurrencyLimitRequest& request) {
  FieldHash hash(Kind::kSetConcurrencyLimit);
  hash.Text(1, request.request_id()).Text(2, request.org_id()).Text(3, request.pool());
  if (request.has_limit()) hash.Present(4, request.limit());
  if (request.has_expected_revision()) hash.Present(5, request.expected_revision());
  return hash.Value();
}

uint64_t Fingerprint(const v1::RevokeCreditsRequest& request) {
  FieldHash hash(Kind::kRevokeCredits);
  hash.Text(1, request.request_id()).Text(2, request.org_id()).Text(3, request.purchase_id());
  if (request.has_expected_revision()) hash.Present(4, request.expected_revision());
  return hash.Value();
}

uint64_t Fingerprint(const v1::SetLegacyLimitRequest& request) {
  FieldHash hash(Kind::kSetLegacyLimit);
  hash.Text(1, request.request_id()).Text(2, request.org_id());
  if (request.has_legacy_limit()) hash.Present(3, request.legacy_limit());
  hash.Day(4, request.has_grandfathered_until(), request.grandfathered_until());
  if (request.has_expected_revision()) hash.Present(5, request.expected_revision());
  return hash.Value();
}

uint64_t Fingerprint(const v1::SetDataCenterRequest& request) {
  FieldHash hash(Kind::kSetDataCenter);
  hash.Text(1, request.request_id()).Text(2, request.org_id()).Text(3, request.data_center());
  if (request.has_time_zone()) hash.PresentText(4, request.time_zone());
  if (request.has_expected_revision()) hash.Present(5, request.expected_revision());
  return hash.Value();
}

uint64_t Fingerprint(const v1::SuspendOrgRequest& request) {
  FieldHash hash(Kind::kSuspendOrg);
  hash.Text(1, request.request_id()).Text(2, request.org_id()).Text(3, request.reason());
  if (request.has_expected_revision()) hash.Present(4, request.expected_revision());
  return hash.Value();
}

uint64_t Fingerprint(const v1::ResumeOrgRequest& request) {
  FieldHash hash(Kind::kResumeOrg);
  hash.Text(1, request.request_id()).Text(2, request.org_id());
  if (request.has_expected_revision()) hash.Present(3, request.expected_revision());
  return hash.Value();
}

}  // namespace quota::server
