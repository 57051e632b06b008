#include "tests/simulation/answer_audit.h"

#include <string>
#include <variant>

#include "common/status.h"

namespace quota::simulation {
namespace {

using ledger::Decision;
using ledger::HoldState;

bool IsCheckOnly(const ClientCall& call) {
  const auto& operation = call.command.operation;
  if (const auto* reserve = std::get_if<ledger::Reserve>(&operation)) {
    return reserve->mode == ledger::Mode::kCheckOnly;
  }
  if (const auto* charge = std::get_if<ledger::Charge>(&operation)) {
    return charge->mode == ledger::Mode::kCheckOnly;
  }
  return false;
}

bool Moves(const ClientCall& call) {
  return std::holds_alternative<ledger::Reserve>(call.command.operation) ||
         std::holds_alternative<ledger::Charge>(call.command.operation);
}

bool Settles(const ClientCall& call) {
  return std::holds_alternative<ledger::Commit>(call.command.operation) ||
         std::holds_alternative<ledger::Release>(call.command.operation) ||
         std::holds_alternative<ledger::Extend>(call.command.operation);
}

bool Ended(const Fact& fact) { return fact.state != HoldState::kOpen; }

}  // namespace

const Fact* AnswerAudit::FindFact(const ClientCall& call) const {
  const AccountBook* book = journal_.FindBook(call.org());
  return book == nullptr ? nullptr : book->Find(call.id);
}

void AnswerAudit::OnSent(ClientCall& call) const {
  if (const AccountBook* book = journal_.FindBook(call.org())) call.book_index = book->index();
  const Fact* fact = FindFact(call);
  call.was_granted = fact != nullptr;
  call.was_committed = fact != nullptr && !fact->charge && fact->state == HoldState::kCommitted;
}

void AnswerAudit::OnAnswered(const ClientCall& call) {
  if (!call.status.ok()) {
    if (call.status.code() == absl::StatusCode::kUnavailable) {
      ++tally_.unavailable;
    } else {
      ++tally_.answers;
      CheckError(call);
    }
    return;
  }
  ++tally_.answers;
  Count(call);
  if (call.conflicting && call.in_time && Moves(call)) {
    findings_.Add(3, "{}: {} was used for another request, and that was answered", call.org(),
                  call.id);
  }
  std::visit([&](const auto& answer) { CheckAnswer(call, answer); }, call.answer);
}

void AnswerAudit::Count(const ClientCall& call) {
  const auto decide = [this](Decision decision, bool repeated) {
    ++(decision != Decision::kGranted ? tally_.refused
       : repeated                     ? tally_.repeated
                                      : tally_.granted);
  };
  if (const auto* reserve = std::get_if<ledger::ReserveAnswer>(&call.answer)) {
    decide(reserve->decision, reserve->repeated);
  } else if (const auto* charge = std::get_if<ledger::ChargeAnswer>(&call.answer)) {
    decide(charge->decision, charge->repeated);
  } else if (const auto* commit = std::get_if<ledger::CommitAnswer>(&call.answer)) {
    if (commit->repeated) ++tally_.repeated;
  }
}

void AnswerAudit::CheckUsage(const ClientCall& call, const ledger::Snapshot& usage) {
  const AccountBook* book = journal_.FindBook(call.org());
  if (book == nullptr || !book->Stood(usage, call.book_index)) {
    findings_.Add(2,
                  "{}: an answer shows used {}, held {} of {}, which was never so since the call",
                  call.org(), usage.used.value(), usage.held.value(), usage.allotment.value());
  }
}

void AnswerAudit::CheckGrant(const ClientCall& call, Credits credits, bool charge) {
  if (IsCheckOnly(call)) return;
  const Fact* fact = FindFact(call);
  if (fact == nullptr) {
    findings_.Add(2, "{}: {} was answered as granted, and is not durable", call.org(), call.id);
  } else if (fact->charge != charge || (charge ? fact->charged : fact->held) != credits) {
    findings_.Add(3, "{}: {} was granted {}, and is answered with {}", call.org(), call.id,
                  (charge ? fact->charged : fact->held).value(), credits.value());
  }
}

void AnswerAudit::CheckRefusal(const ClientCall& call, Decision decision) {
  if (IsCheckOnly(call) || !call.was_granted || !call.in_time) return;
  findings_.Add(3, "{}: {} was granted, and a retry is refused with {}", call.org(), call.id,
                static_cast<int>(decision));
}

void AnswerAudit::CheckAnswer(const ClientCall& call, const ledger::ReserveAnswer& answer) {
  if (answer.decision == Decision::kGranted) {
    CheckGrant(call, answer.credits, false);
  } else {
    CheckRefusal(call, answer.decision);
  }
  if (answer.decision != Decision::kOrgUnknown) CheckUsage(call, answer.usage);
}

void AnswerAudit::CheckAnswer(const ClientCall& call, const ledger::ChargeAnswer& answer) {
  if (answer.decision == Decision::kGranted) {
    CheckGrant(call, answer.charged, true);
  } else {
    CheckRefusal(call, answer.decision);
  }
  if (answer.decision != Decision::kOrgUnknown) CheckUsage(call, answer.usage);
}

void AnswerAudit::CheckAnswer(const ClientCall& call, const ledger::CommitAnswer& answer) {
  const Fact* fact = FindFact(call);
  if (fact == nullptr || fact->state != HoldState::kCommitted) {
    findings_.Add(2, "{}: {} was answered as committed, and is not durable", call.org(), call.id);
  } else if (fact->charged != answer.charged || fact->overage != answer.overage ||
             fact->late != answer.late) {
    findings_.Add(3, "{}: {} was charged {}, and is answered with {}", call.org(), call.id,
                  fact->charged.value(), answer.charged.value());
  }
  CheckUsage(call, answer.usage);
}

void AnswerAudit::CheckAnswer(const ClientCall& call, const ledger::ReleaseAnswer& answer) {
  const Fact* fact = FindFact(call);
  // A late commit may have come after it.
  if (fact == nullptr || !Ended(*fact) || (fact->state != answer.state && !fact->late)) {
    findings_.Add(2, "{}: {} was answered as ended in state {}, and that is not durable",
                  call.org(), call.id, static_cast<int>(answer.state));
  }
  CheckUsage(call, answer.usage);
}

void AnswerAudit::CheckAnswer(const ClientCall& call, const ledger::ExtendAnswer& answer) {
  const Fact* fact = FindFact(call);
  if (fact == nullptr || fact->deadline < answer.expires_at) {
    findings_.Add(2, "{}: {} was answered as extended, and is not durable", call.org(), call.id);
  }
  CheckUsage(call, answer.usage);
}

void AnswerAudit::CheckAnswer(const ClientCall& call, const ledger::UsageAnswer& answer) {
  CheckUsage(call, answer.usage);
}

void AnswerAudit::CheckAdmin(const ClientCall& call, const std::string& answer) {
  const AccountBook* book = journal_.FindBook(call.org());
  const bool known = book != nullptr && book->admin_answers().contains(call.id);
  // Revoking what is revoked changes nothing.
  if (!known && std::holds_alternative<ledger::RevokeCredits>(call.command.operation)) return;
  if (!known) {
    findings_.Add(2, "{}: the request {} was answered, and is not durable", call.org(), call.id);
  } else if (book->admin_answers().at(call.id) != answer) {
    findings_.Add(3, "{}: the request {} was answered in two ways", call.org(), call.id);
  }
}

void AnswerAudit::CheckAnswer(const ClientCall& call, const ledger::OrgAnswer& answer) {
  if (!std::holds_alternative<ledger::GetOrg>(call.command.operation)) {
    CheckAdmin(call, answer.org.SerializeAsString());
  }
}

void AnswerAudit::CheckAnswer(const ClientCall& call, const ledger::PurchaseAnswer& answer) {
  CheckAdmin(call, answer.response.SerializeAsString());
}

// ---- Errors ----

bool AnswerAudit::MayNotFind(const ClientCall& call, const Fact* fact) const {
  // Of a purchase that was refused.
  if (std::holds_alternative<ledger::RevokeCredits>(call.command.operation)) return true;
  if (!Settles(call)) return false;
  if (fact == nullptr) return true;
  // A retry comes while the id is remembered.
  return !journal_.Remembers(call.org(), call.id) && !(call.was_committed && call.in_time);
}

bool AnswerAudit::MayConflict(const ClientCall& call, const Fact* fact) const {
  if (call.conflicting) return true;
  const auto* commit = std::get_if<ledger::Commit>(&call.command.operation);
  return commit != nullptr && fact != nullptr && fact->state == HoldState::kCommitted &&
         commit->credits.value_or(fact->held) != fact->asked;
}

bool AnswerAudit::MayBeInWrongState(const ClientCall& call, const Fact* fact) const {
  if (fact == nullptr || !Settles(call)) return false;
  if (std::holds_alternative<ledger::Extend>(call.command.operation)) return Ended(*fact);
  if (std::holds_alternative<ledger::Release>(call.command.operation)) {
    return fact->state == HoldState::kCommitted;
  }
  // A commit: released, charged at once, or ended on a day that is closed by now.
  return fact->charge || (Ended(*fact) && fact->state != HoldState::kCommitted);
}

void AnswerAudit::CheckError(const ClientCall& call) {
  const Fact* fact = FindFact(call);
  bool expected = false;
  switch (call.status.code()) {
    case absl::StatusCode::kResourceExhausted:
      ++tally_.overloaded;
      expected = true;
      break;
    case absl::StatusCode::kNotFound:
      expected = MayNotFind(call, fact);
      break;
    case absl::StatusCode::kAlreadyExists:
      ++tally_.conflicts;
      expected = MayConflict(call, fact);
      break;
    case absl::StatusCode::kFailedPrecondition:
      // Administrators are told what does not fit, such as a purchase above an edition's ceiling.
      expected = MayBeInWrongState(call, fact) || (!Moves(call) && !Settles(call));
      break;
    default:
      break;
  }
  if (!expected) {
    findings_.Add(3, "{}: {} got an error that it should not get: {}", call.org(), call.id,
                  call.status.ToString());
  }
  // A full queue looks at nothing: it says so of this attempt.
  if (RetryDelayOf(call.status).has_value()) return;
  const AccountBook* book = journal_.FindBook(call.org());
  if (!Moves(call) && !Settles(call) && book != nullptr &&
      book->admin_answers().contains(call.id)) {
    findings_.Add(3, "{}: the request {} was carried out, and is answered with an error: {}",
                  call.org(), call.id, call.status.ToString());
  }
}

}  // namespace quota::simulation
