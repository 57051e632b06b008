#include "server/answer_writer.h"

#include <cmath>
#include <utility>
#include <variant>

#include "common/check.h"
#include "server/grpc_status.h"

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

// Numbers of fields are those of quota.proto, in their order.

void WriteInstant(uint32_t field, Instant instant, MessageWriter& out) {
  if (!IsSet(instant)) return;
  const auto micros = instant.time_since_epoch().count();
  out.Message(field, [&] {
    out.Int(1, micros / 1'000'000);
    out.Int(2, micros % 1'000'000 * 1'000);
  });
}

void WriteSnapshot(uint32_t field, const ledger::Snapshot& snapshot, MessageWriter& out) {
  out.Message(field, [&] {
    out.Int(1, snapshot.allotment.value());
    out.Int(2, snapshot.used.value());
    out.Int(3, snapshot.held.value());
    out.Int(4, snapshot.remaining.value());
    WriteInstant(5, snapshot.resets_at, out);
    for (const ledger::PoolUsage& pool : snapshot.pools) {
      out.Message(6, [&] {
        out.Text(1, pool.name);
        out.Int(2, pool.limit);
        out.Int(3, pool.in_flight);
      });
    }
    out.Int(7, snapshot.catalog_revision);
  });
}

void WriteBySource(uint32_t field, const ledger::BySource& credits, MessageWriter& out) {
  out.Message(field, [&] {
    out.Int(1, credits.base.value());
    out.Int(2, credits.variable.value());
    out.Int(3, credits.grandfathered.value());
    out.Int(4, credits.additional.value());
    out.Int(5, credits.packs.value());
  });
}

// Two decimals. Floating only here, where a person reads it.
double UsedPercent(const ledger::Snapshot& usage) {
  if (usage.allotment.value() == 0) return 0;
  const double share =
      static_cast<double>(usage.used.value()) / static_cast<double>(usage.allotment.value());
  return std::round(share * 10'000) / 100;
}

// A message each, by the type of the answer.
class FieldsWriter {
 public:
  FieldsWriter(std::string_view org, MessageWriter& out) : org_(org), out_(out) {}

  // ReserveResponse.
  void operator()(const ledger::ReserveAnswer& reserve) {
    out_.Int(1, ToProto(reserve.decision));
    out_.Int(2, reserve.credits.value());
    WriteInstant(3, reserve.expires_at, out_);
    out_.Text(4, reserve.exhausted_pool);
    out_.Int(5, ToProto(reserve.state));
    out_.Int(6, reserve.repeated);
    WriteSnapshot(7, reserve.usage, out_);
  }

  // CommitResponse.
  void operator()(const ledger::CommitAnswer& commit) {
    out_.Int(1, commit.charged.value());
    out_.Int(2, commit.overage.value());
    out_.Int(3, commit.late);
    out_.Int(4, commit.repeated);
    WriteSnapshot(5, commit.usage, out_);
  }

  // ReleaseResponse.
  void operator()(const ledger::ReleaseAnswer& release) {
    out_.Int(1, ToProto(release.state));
    out_.Int(2, release.repeated);
    WriteSnapshot(3, release.usage, out_);
  }

  // ExtendResponse.
  void operator()(const ledger::ExtendAnswer& extend) {
    WriteInstant(1, extend.expires_at, out_);
    WriteSnapshot(2, extend.usage, out_);
  }

  // ChargeResponse.
  void operator()(const ledger::ChargeAnswer& charge) {
    out_.Int(1, ToProto(charge.decision));
    out_.Int(2, charge.charged.value());
    out_.Int(3, charge.repeated);
    WriteSnapshot(4, charge.usage, out_);
  }

  // GetUsageResponse.
  void operator()(const ledger::UsageAnswer& usage) {
    out_.Text(1, org_);
    out_.Text(2, usage.edition);
    out_.Int(3, ToProto(usage.model));
    out_.Text(4, usage.model_reason);
    WriteSnapshot(5, usage.usage, out_);
    WriteBySource(6, usage.allotment_by_source, out_);
    WriteBySource(7, usage.used_by_source, out_);
    out_.Double(8, UsedPercent(usage.usage));
    out_.Int(9, usage.overage.value());
    WriteInstant(10, usage.day_starts_at, out_);
    out_.Text(11, usage.time_zone);
    out_.Int(12, usage.suspended);
    out_.Int(13, usage.open_reservations);
  }

  // What no call of QuotaService answers.
  template <typename Other>
  void operator()(const Other& /*answer*/) {
    QUOTA_CHECK(false);
  }

 private:
  const std::string_view org_;
  MessageWriter& out_;
};

// The field of OperationResult that an answer is.
uint32_t FieldOf(const ledger::Answer& answer) {
  using Result = v1::OperationResult;
  if (std::holds_alternative<ledger::ReserveAnswer>(answer)) return Result::kReserveFieldNumber;
  if (std::holds_alternative<ledger::CommitAnswer>(answer)) return Result::kCommitFieldNumber;
  if (std::holds_alternative<ledger::ReleaseAnswer>(answer)) return Result::kReleaseFieldNumber;
  if (std::holds_alternative<ledger::ExtendAnswer>(answer)) return Result::kExtendFieldNumber;
  if (std::holds_alternative<ledger::ChargeAnswer>(answer)) return Result::kChargeFieldNumber;
  return Result::kGetUsageFieldNumber;
}

}  // namespace

void WriteAnswer(std::string_view org, const ledger::Answer& answer, MessageWriter& message) {
  std::visit(FieldsWriter(org, message), answer);
}

void WriteAnswer(std::string_view org, const ledger::Answer& answer, grpc::ByteBuffer& response) {
  MessageWriter message;
  WriteAnswer(org, answer, message);
  response = message.ToByteBuffer();
}

void WriteAnswer(std::string_view /*org*/, ledger::Answer& answer, v1::Org& response) {
  response = std::move(std::get<ledger::OrgAnswer>(answer).org);
}

void WriteAnswer(std::string_view /*org*/, ledger::Answer& answer,
                 v1::PurchaseCreditsResponse& response) {
  response = std::move(std::get<ledger::PurchaseAnswer>(answer).response);
}

void WriteResult(const Call& call, MessageWriter& result) {
  if (!call.status.ok()) {
    v1::OperationError error;
    WriteOperationError(call.status, error);
    result.Object(v1::OperationResult::kErrorFieldNumber, error);
    return;
  }
  result.Message(FieldOf(call.answer), [&] { WriteAnswer(call.command.org, call.answer, result); });
}

}  // namespace quota::server
