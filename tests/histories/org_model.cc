#include "tests/histories/org_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace quota::test {
namespace {

CallAnswer Error(Verdict verdict) { return {.verdict = verdict}; }

// Whether a repeat under the same id is the same request: which session it is bound to is no part
// of that, but whether it is.
bool Same(const CallRequest& a, const CallRequest& b) {
  CallRequest other = b;
  if (a.session.empty() == b.session.empty()) other.session = a.session;
  return a == other;
}

}  // namespace

CallAnswer OrgModel::Run(const CallRequest& request) {
  switch (request.kind) {
    case CallKind::kReserve:
      return Reserve(request);
    case CallKind::kCharge:
      return Charge(request);
    case CallKind::kCommit:
      return Commit(request);
    case CallKind::kRelease:
      return Release(request);
    case CallKind::kLoseSession:
      LoseSession(request.session);
      return {};
    case CallKind::kUsage:
      break;
  }
  CallAnswer answer = WithSnapshot({});
  answer.day_overage = overage_;
  answer.open_reservations = open_;
  return answer;
}

int64_t OrgModel::Remaining() const {
  return std::max<int64_t>(0, figures_.allotment - used_ - held_);
}

int64_t OrgModel::Grant(const CallRequest& request) const {
  if (request.credits <= Remaining()) return request.credits;
  return request.best_effort && Remaining() >= 1 ? Remaining() : -1;
}

CallAnswer OrgModel::Reserve(const CallRequest& request) {
  if (const auto known = reservations_.find(request.id); known != reservations_.end()) {
    const Reservation& reservation = known->second;
    if (!Same(reservation.request, request)) return Error(Verdict::kAlreadyExists);
    return WithSnapshot({.verdict = Verdict::kGranted,
                         .credits = reservation.held,
                         .state = reservation.state,
                         .repeated = true});
  }
  const int64_t granted = Grant(request);
  if (granted < 0) return WithSnapshot({.verdict = Verdict::kCreditsExhausted});
  if (request.slots > 0 && in_flight_ + request.slots > figures_.limit) {
    return WithSnapshot({.verdict = Verdict::kConcurrencyExhausted});
  }
  reservations_[request.id] = {.request = request, .held = granted};
  held_ += granted;
  in_flight_ += request.slots;
  ++open_;
  return WithSnapshot(
      {.verdict = Verdict::kGranted, .credits = granted, .state = RecordState::kOpen});
}

CallAnswer OrgModel::Charge(const CallRequest& request) {
  if (const auto known = reservations_.find(request.id); known != reservations_.end()) {
    if (!Same(known->second.request, request)) return Error(Verdict::kAlreadyExists);
    return WithSnapshot(
        {.verdict = Verdict::kGranted, .credits = known->second.charged, .repeated = true});
  }
  const int64_t granted = Grant(request);
  if (granted < 0) return WithSnapshot({.verdict = Verdict::kCreditsExhausted});
  reservations_[request.id] = {.request = request,
                               .state = RecordState::kCommitted,
                               .held = granted,
                               .asked = granted,
                               .charged = granted};
  used_ += granted;
  return WithSnapshot({.verdict = Verdict::kGranted, .credits = granted});
}

CallAnswer OrgModel::Commit(const CallRequest& request) {
  const auto known = reservations_.find(request.id);
  if (known == reservations_.end()) return Error(Verdict::kNotFound);
  Reservation& reservation = known->second;
  const bool charged_at_once = reservation.request.kind == CallKind::kCharge;
  if (charged_at_once || reservation.state == RecordState::kReleased) {
    return Error(Verdict::kFailedPrecondition);
  }
  const bool repeated = reservation.state == RecordState::kCommitted;
  if (repeated && reservation.asked != request.credits) return Error(Verdict::kAlreadyExists);
  if (!repeated) {
    reservation.late = reservation.state == RecordState::kSessionLost;
    EndHold(reservation, RecordState::kCommitted);
    reservation.asked = request.credits;
    reservation.charged = std::min(request.credits, Remaining());
    reservation.overage = request.credits - reservation.charged;
    used_ += reservation.charged;
    overage_ += reservation.overage;
  }
  return WithSnapshot({.credits = reservation.charged,
                       .overage = reservation.overage,
                       .repeated = repeated,
                       .late = reservation.late});
}

CallAnswer OrgModel::Release(const CallRequest& request) {
  const auto known = reservations_.find(request.id);
  if (known == reservations_.end()) return Error(Verdict::kNotFound);
  Reservation& reservation = known->second;
  if (reservation.state == RecordState::kCommitted) return Error(Verdict::kFailedPrecondition);
  const bool repeated = reservation.state != RecordState::kOpen;
  if (!repeated) EndHold(reservation, RecordState::kReleased);
  return WithSnapshot({.state = reservation.state, .repeated = repeated});
}

void OrgModel::LoseSession(const std::string& session) {
  for (auto& [id, reservation] : reservations_) {
    if (reservation.request.session == session) EndHold(reservation, RecordState::kSessionLost);
  }
}

// Credits and slots go back, where it was open.
void OrgModel::EndHold(Reservation& reservation, RecordState state) {
  if (reservation.state == RecordState::kOpen) {
    held_ -= reservation.held;
    in_flight_ -= reservation.request.slots;
    --open_;
  } else if (state == RecordState::kSessionLost) {
    return;
  }
  reservation.state = state;
}

CallAnswer OrgModel::WithSnapshot(CallAnswer answer) const {
  answer.allotment = figures_.allotment;
  answer.used = used_;
  answer.held = held_;
  answer.remaining = Remaining();
  answer.in_flight = in_flight_;
  answer.limit = figures_.limit;
  return answer;
}

// The sums follow from the reservations.
std::string OrgModel::Key() const {
  std::string key;
  for (const auto& [id, reservation] : reservations_) {
    const CallRequest& request = reservation.request;
    fmt::format_to(std::back_inserter(key), "{}:{}:{}:{}:{}:{}:{}:{}:{}:{}:{}:{};", id,
                   static_cast<int>(request.kind), request.credits, request.slots,
                   request.best_effort, request.session, static_cast<int>(reservation.state),
                   reservation.held, reservation.asked, reservation.charged, reservation.overage,
                   reservation.late);
  }
  return key;
}

}  // namespace quota::test
