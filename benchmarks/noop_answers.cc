#include "benchmarks/noop_answers.h"

namespace quota::bench {
namespace {

// As large as today's, so that they take as many bytes.
constexpr int64_t kToday = 1'800'000'000;
constexpr int32_t kNanos = 123'456'000;
constexpr int64_t kAllotment = 1'000'000'000'000;
constexpr int64_t kUsed = 1'000;

void FillTime(google::protobuf::Timestamp& time, int32_t nanos) {
  time.set_seconds(kToday);
  time.set_nanos(nanos);
}

void FillUsage(int64_t held, v1::Snapshot& usage) {
  usage.set_allotment(kAllotment);
  usage.set_used(kUsed);
  usage.set_held(held);
  usage.set_remaining(kAllotment - kUsed - held);
  FillTime(*usage.mutable_resets_at(), 0);
  v1::PoolUsage& pool = *usage.add_pools();
  pool.set_name("main");
  pool.set_limit(1'000'000);
  pool.set_in_flight(held);
  usage.set_catalog_revision(1);
}

}  // namespace

void Answer(const v1::ReserveRequest& request, v1::ReserveResponse& response) {
  response.set_decision(v1::DECISION_GRANTED);
  response.set_credits(request.credits());
  FillTime(*response.mutable_expires_at(), kNanos);
  response.set_state(v1::HOLD_STATE_OPEN);
  FillUsage(request.credits(), *response.mutable_usage());
}

void Answer(const v1::CommitRequest& request, v1::CommitResponse& response) {
  response.set_charged(request.credits());
  FillUsage(1, *response.mutable_usage());
}

void Answer(const v1::ReleaseRequest& /*request*/, v1::ReleaseResponse& response) {
  response.set_state(v1::HOLD_STATE_RELEASED);
  FillUsage(1, *response.mutable_usage());
}

void Answer(const v1::ChargeRequest& request, v1::ChargeResponse& response) {
  response.set_decision(v1::DECISION_GRANTED);
  response.set_charged(request.credits());
  FillUsage(1, *response.mutable_usage());
}

void Answer(const v1::GetUsageRequest& request, v1::GetUsageResponse& response) {
  response.set_org_id(request.org_id());
  response.set_edition("bench");
  response.set_model(v1::MODEL_API_CREDITS);
  response.set_model_reason("signed up when new organisations start on credits");
  FillUsage(1, *response.mutable_usage());
  response.mutable_allotment_by_source()->set_base(kAllotment);
  response.mutable_used_by_source()->set_base(kUsed);
  FillTime(*response.mutable_day_starts_at(), 0);
  response.set_time_zone("Etc/UTC");
}

namespace {

void AnswerOperation(const v1::Operation& operation, v1::OperationResult& result) {
  switch (operation.kind_case()) {
    case v1::Operation::kReserve:
      return Answer(operation.reserve(), *result.mutable_reserve());
    case v1::Operation::kCommit:
      return Answer(operation.commit(), *result.mutable_commit());
    case v1::Operation::kRelease:
      return Answer(operation.release(), *result.mutable_release());
    case v1::Operation::kCharge:
      return Answer(operation.charge(), *result.mutable_charge());
    case v1::Operation::kGetUsage:
      return Answer(operation.get_usage(), *result.mutable_get_usage());
    case v1::Operation::kExtend:
    case v1::Operation::KIND_NOT_SET:
      result.mutable_error()->set_message("the no-op service does not know this operation");
  }
}

}  // namespace

void Answer(const v1::SessionRequest& request, v1::SessionResponse& response) {
  if (request.has_open()) {
    response.mutable_opened()->mutable_grace()->set_seconds(5);
    return;
  }
  const v1::Batch& batch = request.batch();
  v1::BatchResult& result = *response.mutable_result();
  result.set_sequence(batch.sequence());
  result.mutable_results()->Reserve(batch.operations_size());
  for (const v1::Operation& operation : batch.operations()) {
    AnswerOperation(operation, *result.add_results());
  }
}

}  // namespace quota::bench
