#include "tests/histories/call_wire.h"

#include <gtest/gtest.h>

#include "client/grpc_status.h"
#include "common/status.h"

namespace quota::test {
namespace {

using Certainty = WireAnswer::Certainty;
using Stub = v1::QuotaService::Stub;

// Longer than a history lasts on the server's clock.
constexpr int64_t kTtlSeconds = 1'800;

template <typename Request>
void SetIds(Request& request, const std::string& org, const std::string& id) {
  request.set_org_id(org);
  request.set_reservation_id(id);
}

v1::ReserveMode ModeOf(const CallRequest& request) {
  return request.best_effort ? v1::RESERVE_MODE_BEST_EFFORT : v1::RESERVE_MODE_NORMAL;
}

Verdict VerdictOf(v1::Decision decision) {
  switch (decision) {
    case v1::DECISION_GRANTED:
      return Verdict::kGranted;
    case v1::DECISION_CREDITS_EXHAUSTED:
      return Verdict::kCreditsExhausted;
    case v1::DECISION_CONCURRENCY_EXHAUSTED:
      return Verdict::kConcurrencyExhausted;
    default:
      return Verdict::kOther;
  }
}

RecordState StateOf(v1::HoldState state) {
  switch (state) {
    case v1::HOLD_STATE_OPEN:
      return RecordState::kOpen;
    case v1::HOLD_STATE_COMMITTED:
      return RecordState::kCommitted;
    case v1::HOLD_STATE_RELEASED:
      return RecordState::kReleased;
    case v1::HOLD_STATE_SESSION_LOST:
      return RecordState::kSessionLost;
    default:
      return RecordState::kNone;
  }
}

void TakeSnapshot(const v1::Snapshot& usage, CallAnswer& answer) {
  answer.allotment = usage.allotment();
  answer.used = usage.used();
  answer.held = usage.held();
  answer.remaining = usage.remaining();
  if (usage.pools().empty()) return;
  answer.in_flight = usage.pools(0).in_flight();
  answer.limit = usage.pools(0).limit();
}

WireAnswer FromError(const v1::OperationError& error) {
  const auto answered = [](Verdict verdict) {
    return WireAnswer{Certainty::kAnswered, {.verdict = verdict}};
  };
  switch (error.code()) {
    case grpc::StatusCode::NOT_FOUND:
      return answered(Verdict::kNotFound);
    case grpc::StatusCode::ALREADY_EXISTS:
      return answered(Verdict::kAlreadyExists);
    case grpc::StatusCode::FAILED_PRECONDITION:
      return answered(Verdict::kFailedPrecondition);
    case grpc::StatusCode::UNAVAILABLE:
      return {error.reason() == kStoreStopped ? Certainty::kNotMade : Certainty::kUnknown, {}};
    default:
      return answered(Verdict::kOther);
  }
}

CallAnswer FromUsage(const v1::GetUsageResponse& response) {
  CallAnswer answer{.day_overage = response.overage(),
                    .open_reservations = response.open_reservations()};
  TakeSnapshot(response.usage(), answer);
  return answer;
}

template <typename Request, typename Response>
void Call(Stub& stub, grpc::Status (Stub::*rpc)(grpc::ClientContext*, const Request&, Response*),
          const Request& request, Response* response, v1::OperationResult& result) {
  const Reply<Response> reply = Once(stub, rpc, request);
  if (reply.ok()) {
    *response = reply.response;
    return;
  }
  result.mutable_error()->set_code(reply.code());
  result.mutable_error()->set_message(reply.message());
  result.mutable_error()->set_reason(ReasonOf(client::FromGrpcStatus(reply.status)));
}

}  // namespace

v1::Operation ToOperation(const std::string& org, const CallRequest& request) {
  v1::Operation operation;
  switch (request.kind) {
    case CallKind::kReserve: {
      v1::ReserveRequest& reserve = *operation.mutable_reserve();
      SetIds(reserve, org, request.id);
      reserve.set_credits(request.credits);
      reserve.set_slots(static_cast<uint32_t>(request.slots));
      reserve.mutable_ttl()->set_seconds(kTtlSeconds);
      reserve.set_mode(ModeOf(request));
      reserve.set_bind_to_session(!request.session.empty());
      break;
    }
    case CallKind::kCharge: {
      v1::ChargeRequest& charge = *operation.mutable_charge();
      SetIds(charge, org, request.id);
      charge.set_credits(request.credits);
      charge.set_mode(ModeOf(request));
      break;
    }
    case CallKind::kCommit:
      SetIds(*operation.mutable_commit(), org, request.id);
      operation.mutable_commit()->set_credits(request.credits);
      break;
    case CallKind::kRelease:
      SetIds(*operation.mutable_release(), org, request.id);
      break;
    case CallKind::kUsage:
      operation.mutable_get_usage()->set_org_id(org);
      break;
    case CallKind::kLoseSession:
      ADD_FAILURE() << "no call of the API";
      break;
  }
  return operation;
}

WireAnswer FromResult(const v1::OperationResult& result) {
  CallAnswer answer;
  switch (result.kind_case()) {
    case v1::OperationResult::kReserve:
      answer.verdict = VerdictOf(result.reserve().decision());
      answer.credits = result.reserve().credits();
      answer.state = StateOf(result.reserve().state());
      answer.repeated = result.reserve().repeated();
      TakeSnapshot(result.reserve().usage(), answer);
      break;
    case v1::OperationResult::kCharge:
      answer.verdict = VerdictOf(result.charge().decision());
      answer.credits = result.charge().charged();
      answer.repeated = result.charge().repeated();
      TakeSnapshot(result.charge().usage(), answer);
      break;
    case v1::OperationResult::kCommit:
      answer.credits = result.commit().charged();
      answer.overage = result.commit().overage();
      answer.repeated = result.commit().repeated();
      answer.late = result.commit().late();
      TakeSnapshot(result.commit().usage(), answer);
      break;
    case v1::OperationResult::kRelease:
      answer.state = StateOf(result.release().state());
      answer.repeated = result.release().repeated();
      TakeSnapshot(result.release().usage(), answer);
      break;
    case v1::OperationResult::kGetUsage:
      answer = FromUsage(result.get_usage());
      break;
    case v1::OperationResult::kError:
      return FromError(result.error());
    default:
      ADD_FAILURE() << result.ShortDebugString();
      return {};
  }
  return {Certainty::kAnswered, answer};
}

WireAnswer CallOnce(Stub& stub, const std::string& org, const CallRequest& request) {
  const v1::Operation operation = ToOperation(org, request);
  v1::OperationResult result;
  switch (operation.kind_case()) {
    case v1::Operation::kReserve:
      Call(stub, &Stub::Reserve, operation.reserve(), result.mutable_reserve(), result);
      break;
    case v1::Operation::kCharge:
      Call(stub, &Stub::Charge, operation.charge(), result.mutable_charge(), result);
      break;
    case v1::Operation::kCommit:
      Call(stub, &Stub::Commit, operation.commit(), result.mutable_commit(), result);
      break;
    case v1::Operation::kRelease:
      Call(stub, &Stub::Release, operation.release(), result.mutable_release(), result);
      break;
    default:
      Call(stub, &Stub::GetUsage, operation.get_usage(), result.mutable_get_usage(), result);
      break;
  }
  return FromResult(result);
}

}  // namespace quota::test
