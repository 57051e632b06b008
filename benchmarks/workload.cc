#include "benchmarks/workload.h"

#include <charconv>

#include "absl/strings/str_cat.h"
#include "common/status.h"

namespace quota::bench {
namespace {

// Long enough that no reservation expires during a run, if the catalog allows it: quotad's default
// catalog has 24 hours.
constexpr int64_t kTtlSeconds = 3600;

absl::Status Unplanned(const std::string& org, std::string_view what) {
  return absl::FailedPreconditionError(absl::StrCat(org, ": ", std::string(what)));
}

absl::Status CheckGrant(const std::string& org, v1::Decision decision, int64_t credits,
                        int64_t wanted, bool repeated) {
  if (decision != v1::DECISION_GRANTED) {
    return Unplanned(org, absl::StrCat("refused with ", v1::Decision_Name(decision)));
  }
  if (credits != wanted) {
    return Unplanned(org, absl::StrCat("granted ", credits, " credits instead of ", wanted));
  }
  if (repeated) return Unplanned(org, "answered as a repetition, but its id was used once");
  return absl::OkStatus();
}

}  // namespace

void WriteOrgId(const std::string& prefix, uint32_t number, std::string& out) {
  constexpr size_t kDigits = 7;
  char digits[16];
  const char* end = std::to_chars(digits, digits + sizeof(digits), number).ptr;
  const auto size = static_cast<size_t>(end - digits);
  out.assign(prefix);
  if (size < kDigits) out.append(kDigits - size, '0');
  out.append(digits, size);
}

void Promised::Add(const Promised& other) {
  for (size_t i = 0; i < charged.size(); ++i) {
    charged[i] += other.charged[i];
    held[i] += other.held[i];
  }
}

Workload::Workload(const WorkloadOptions& options, uint32_t thread)
    : options_(options),
      // Neighbouring seeds must not give neighbouring sequences.
      random_((options.seed + thread) * 0x9e3779b97f4a7c15),
      promised_(options.orgs.orgs()) {}

void Workload::Write(const Item& item, v1::ReserveRequest& request) const {
  WriteOrgId(options_.org_prefix, item.org, *request.mutable_org_id());
  ids_.Write(item.number, *request.mutable_reservation_id());
  request.set_credits(options_.credits);
  request.mutable_ttl()->set_seconds(kTtlSeconds);
}

void Workload::Write(const Item& item, v1::CommitRequest& request) const {
  WriteOrgId(options_.org_prefix, item.org, *request.mutable_org_id());
  ids_.Write(item.number, *request.mutable_reservation_id());
  request.set_credits(options_.credits);
}

void Workload::Write(const Item& item, v1::ReleaseRequest& request) const {
  WriteOrgId(options_.org_prefix, item.org, *request.mutable_org_id());
  ids_.Write(item.number, *request.mutable_reservation_id());
}

void Workload::Write(const Item& item, v1::ChargeRequest& request) const {
  WriteOrgId(options_.org_prefix, item.org, *request.mutable_org_id());
  ids_.Write(item.number, *request.mutable_reservation_id());
  request.set_credits(options_.credits);
}

void Workload::Write(const Item& item, v1::GetUsageRequest& request) const {
  WriteOrgId(options_.org_prefix, item.org, *request.mutable_org_id());
}

void Workload::Write(Op op, const Item& item, v1::Operation& operation) const {
  switch (op) {
    case Op::kReserve:
      return Write(item, *operation.mutable_reserve());
    case Op::kCommit:
      return Write(item, *operation.mutable_commit());
    case Op::kCharge:
      return Write(item, *operation.mutable_charge());
    case Op::kUsage:
      return Write(item, *operation.mutable_get_usage());
  }
}

std::string Workload::OrgId(const Item& item) const {
  std::string id;
  WriteOrgId(options_.org_prefix, item.org, id);
  return id;
}

absl::Status Workload::Take(const Item& item, const v1::ReserveResponse& response) {
  if (response.decision() != v1::DECISION_GRANTED || response.credits() != options_.credits ||
      response.repeated()) {
    return CheckGrant(OrgId(item), response.decision(), response.credits(), options_.credits,
                      response.repeated());
  }
  promised_.held[item.org] += response.credits();
  return absl::OkStatus();
}

absl::Status Workload::Take(const Item& item, const v1::CommitResponse& response) {
  if (response.charged() != options_.credits) {
    return Unplanned(OrgId(item), absl::StrCat("a Commit charged ", response.charged(),
                                               " credits instead of ", options_.credits));
  }
  if (response.late() || response.repeated() || response.overage() != 0) {
    return Unplanned(OrgId(item), "a Commit was late, repeated or over its reservation");
  }
  promised_.held[item.org] -= options_.credits;
  promised_.charged[item.org] += response.charged();
  return absl::OkStatus();
}

absl::Status Workload::Take(const Item& item, const v1::ChargeResponse& response) {
  if (response.decision() != v1::DECISION_GRANTED || response.charged() != options_.credits ||
      response.repeated()) {
    return CheckGrant(OrgId(item), response.decision(), response.charged(), options_.credits,
                      response.repeated());
  }
  promised_.charged[item.org] += response.charged();
  return absl::OkStatus();
}

absl::Status Workload::Take(const Item& item, const v1::GetUsageResponse& response) {
  std::string id = OrgId(item);
  if (response.org_id() == id) return absl::OkStatus();
  return Unplanned(id, absl::StrCat("got the usage of '", response.org_id(), "'"));
}

absl::Status Workload::Take(Op op, const Item& item, const v1::OperationResult& result) {
  if (result.has_error()) {
    return Unplanned(OrgId(item),
                     absl::StrCat(result.error().message(), " (code ", result.error().code(), ")"));
  }
  if (op == Op::kReserve && result.has_reserve()) return Take(item, result.reserve());
  if (op == Op::kCommit && result.has_commit()) return Take(item, result.commit());
  if (op == Op::kCharge && result.has_charge()) return Take(item, result.charge());
  if (op == Op::kUsage && result.has_get_usage()) return Take(item, result.get_usage());
  return Unplanned(OrgId(item), "the result is of another operation than was asked for");
}

}  // namespace quota::bench
