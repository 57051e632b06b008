#include "server/answer_writer.h"

#include <cmath>
#include <string>
#include <utility>
#include <variant>

#include "server/grpc_status.h"
#include "server/proto_time.h"

namespace quota::server {
namespace {

// The API's numbers are the ledger's.
v1::Decision ToProto(ledger::Decision decision) { return static_cast<v1::Decision>(decision); }
static_assert(static_cast<int>(ledger::Decision::kGranted) == v1::DECISION_GRANTED);
static_assert(static_cast<int>(ledger::Decision::kCreditsExhausted) ==
              v1::DECISION_CREDITS_EXHAUSTED);
static_assert(static_cast<int>(ledger::Decision::kConcurrencyExhausted) ==
              v1::DECISION_CONCURRENCY_EXHAUSTED);
static_assert(static_cast<int>(ledger::Decision::kTooManyHolds) == v1::DECISION_TOO_MANY_HOLDS);
static_assert(static_cast<int>(ledger::Decision::kOrgUnknown) == v1::DECISION_ORG_UNKNOWN);
static_assert(static_cast<int>(ledger::Decision::kOrgSuspended) == v1::DECISION_ORG_SUSPENDED);

v1::HoldState ToProto(ledger::HoldState state) { return static_cast<v1::HoldState>(state); }
static_assert(static_cast<int>(ledger::HoldState::kNone) == v1::HOLD_STATE_UNSPECIFIED);
static_assert(static_cast<int>(ledger::HoldState::kOpen) == v1::HOLD_STATE_OPEN);
static_assert(static_cast<int>(ledger::HoldState::kCommitted) == v1::HOLD_STATE_COMMITTED);
static_assert(static_cast<int>(ledger::HoldState::kReleased) == v1::HOLD_STATE_RELEASED);
static_assert(static_cast<int>(ledger::HoldState::kExpired) == v1::HOLD_STATE_EXPIRED);
static_assert(static_cast<int>(ledger::HoldState::kSessionLost) == v1::HOLD_STATE_SESSION_LOST);

v1::Model ToProto(ledger::Model model) { return static_cast<v1::Model>(model); }
static_assert(static_cast<int>(ledger::Model::kApiLimits) == v1::MODEL_API_LIMITS);
static_assert(static_cast<int>(ledger::Model::kApiCredits) == v1::MODEL_API_CREDITS);

// The ledger's zero instant stands for "none".
bool IsSet(Instant instant) { return instant != Instant{}; }

void WriteSnapshot(const ledger::Snapshot& snapshot, v1::Snapshot& message) {
  message.set_allotment(snapshot.allotment.value());
  message.set_used(snapshot.used.value());
  message.set_held(snapshot.held.value());
  message.set_remaining(snapshot.remaining.value());
  if (IsSet(snapshot.resets_at)) WriteTimestamp(snapshot.resets_at, *message.mutable_resets_at());
  for (const ledger::PoolUsage& pool : snapshot.pools) {
    v1::PoolUsage& usage = *message.add_pools();
    usage.set_name(pool.name.data(), pool.name.size());
    usage.set_limit(pool.limit);
    usage.set_in_flight(pool.in_flight);
  }
  message.set_catalog_revision(snapshot.catalog_revision);
}

void WriteBySource(const ledger::BySource& credits, v1::CreditsBySource& message) {
  message.set_base(credits.base.value());
  message.set_variable(credits.variable.value());
  message.set_grandfathered(credits.grandfathered.value());
  message.set_additional(credits.additional.value());
  message.set_packs(credits.packs.value());
}

// Two decimals. Floating only here, where a person reads it.
double UsedPercent(const ledger::Snapshot& usage) {
  if (usage.allotment.value() == 0) return 0;
  const double share =
      static_cast<double>(usage.used.value()) / static_cast<double>(usage.allotment.value());
  return std::round(share * 10'000) / 100;
}

}  // namespace

void WriteAnswer(std::string_view /*org*/, ledger::Answer& answer, v1::ReserveResponse& response) {
  const auto& reserve = std::get<ledger::ReserveAnswer>(answer);
  response.set_decision(ToProto(reserve.decision));
  response.set_credits(reserve.credits.value());
  if (IsSet(reserve.expires_at)) {
    WriteTimestamp(reserve.expires_at, *response.mutable_expires_at());
  }
  if (!reserve.exhausted_pool.empty()) {
    response.set_exhausted_pool(std::string(reserve.exhausted_pool));
  }
  response.set_state(ToProto(reserve.state));
  response.set_repeated(reserve.repeated);
  WriteSnapshot(reserve.usage, *response.mutable_usage());
}

void WriteAnswer(std::string_view /*org*/, ledger::Answer& answer, v1::CommitResponse& response) {
  const auto& commit = std::get<ledger::CommitAnswer>(answer);
  response.set_charged(commit.charged.value());
  response.set_overage(commit.overage.value());
  response.set_late(commit.late);
  response.set_repeated(commit.repeated);
  WriteSnapshot(commit.usage, *response.mutable_usage());
}

void WriteAnswer(std::string_view /*org*/, ledger::Answer& answer, v1::ReleaseResponse& response) {
  const auto& release = std::get<ledger::ReleaseAnswer>(answer);
  response.set_state(ToProto(release.state));
  response.set_repeated(release.repeated);
  WriteSnapshot(release.usage, *response.mutable_usage());
}

void WriteAnswer(std::string_view /*org*/, ledger::Answer& answer, v1::ExtendResponse& response) {
  const auto& extend = std::get<ledger::ExtendAnswer>(answer);
  if (IsSet(extend.expires_at)) WriteTimestamp(extend.expires_at, *response.mutable_expires_at());
  WriteSnapshot(extend.usage, *response.mutable_usage());
}

void WriteAnswer(std::string_view /*org*/, ledger::Answer& answer, v1::ChargeResponse& response) {
  const auto& charge = std::get<ledger::ChargeAnswer>(answer);
  response.set_decision(ToProto(charge.decision));
  response.set_charged(charge.charged.value());
  response.set_repeated(charge.repeated);
  WriteSnapshot(charge.usage, *response.mutable_usage());
}

void WriteAnswer(std::string_view org, ledger::Answer& answer, v1::GetUsageResponse& response) {
  const auto& usage = std::get<ledger::UsageAnswer>(answer);
  response.set_org_id(std::string(org));
  response.set_edition(usage.edition);
  response.set_model(ToProto(usage.model));
  response.set_model_reason(usage.model_reason);
  WriteSnapshot(usage.usage, *response.mutable_usage());
  WriteBySource(usage.allotment_by_source, *response.mutable_allotment_by_source());
  WriteBySource(usage.used_by_source, *response.mutable_used_by_source());
  response.set_used_percent(UsedPercent(usage.usage));
  response.set_overage(usage.overage.value());
  if (IsSet(usage.day_starts_at)) {
    WriteTimestamp(usage.day_starts_at, *response.mutable_day_starts_at());
  }
  response.set_time_zone(usage.time_zone);
  response.set_suspended(usage.suspended);
  response.set_open_reservations(usage.open_reservations);
}

void WriteAnswer(std::string_view /*org*/, ledger::Answer& answer, v1::Org& response) {
  response = std::move(std::get<ledger::OrgAnswer>(answer).org);
}

void WriteAnswer(std::string_view /*org*/, ledger::Answer& answer,
                 v1::PurchaseCreditsResponse& response) {
  response = std::move(std::get<ledger::PurchaseAnswer>(answer).response);
}

void WriteResult(Call& call, v1::OperationResult& result) {
  if (!call.status.ok()) {
    WriteOperationError(call.status, *result.mutable_error());
    return;
  }
  const std::string_view org = call.command.org;
  ledger::Answer& answer = call.answer;
  if (std::holds_alternative<ledger::ReserveAnswer>(answer)) {
    WriteAnswer(org, answer, *result.mutable_reserve());
  } else if (std::holds_alternative<ledger::CommitAnswer>(answer)) {
    WriteAnswer(org, answer, *result.mutable_commit());
  } else if (std::holds_alternative<ledger::ReleaseAnswer>(answer)) {
    WriteAnswer(org, answer, *result.mutable_release());
  } else if (std::holds_alternative<ledger::ExtendAnswer>(answer)) {
    WriteAnswer(org, answer, *result.mutable_extend());
  } else if (std::holds_alternative<ledger::ChargeAnswer>(answer)) {
    WriteAnswer(org, answer, *result.mutable_charge());
  } else {
    WriteAnswer(org, answer, *result.mutable_get_usage());
  }
}

}  // namespace quota::server
