// Holds each answer against the journal at the instant at which it is given: what it says must be
// durable by then, true, and the same as what was said of that id before.
#pragma once

#include "tests/simulation/client_call.h"
#include "tests/simulation/findings.h"
#include "tests/simulation/journal_audit.h"
#include "tests/simulation/tally.h"

namespace quota::simulation {

class AnswerAudit {
 public:
  // All outlive this.
  AnswerAudit(const JournalAudit& journal, Findings& findings, Tally& tally)
      : journal_(journal), findings_(findings), tally_(tally) {}

  // Notes in the call what is durable as it is sent.
  void OnSent(ClientCall& call) const;
  void OnAnswered(const ClientCall& call);

 private:
  void CheckAnswer(const ClientCall& call, const ledger::ReserveAnswer& answer);
  void CheckAnswer(const ClientCall& call, const ledger::ChargeAnswer& answer);
  void CheckAnswer(const ClientCall& call, const ledger::CommitAnswer& answer);
  void CheckAnswer(const ClientCall& call, const ledger::ReleaseAnswer& answer);
  void CheckAnswer(const ClientCall& call, const ledger::ExtendAnswer& answer);
  void CheckAnswer(const ClientCall& call, const ledger::UsageAnswer& answer);
  void CheckAnswer(const ClientCall& call, const ledger::OrgAnswer& answer);
  void CheckAnswer(const ClientCall& call, const ledger::PurchaseAnswer& answer);
  template <typename Other>
  void CheckAnswer(const ClientCall&, const Other&) {}

  void CheckGrant(const ClientCall& call, Credits credits, bool charge);
  void CheckRefusal(const ClientCall& call, ledger::Decision decision);
  void CheckAdmin(const ClientCall& call, const std::string& answer);
  void Count(const ClientCall& call);
  void CheckUsage(const ClientCall& call, const ledger::Snapshot& usage);
  void CheckError(const ClientCall& call);
  // Whether the ledger may answer so about the fact under the call's id.
  bool MayNotFind(const ClientCall& call, const Fact* fact) const;
  bool MayConflict(const ClientCall& call, const Fact* fact) const;
  bool MayBeInWrongState(const ClientCall& call, const Fact* fact) const;
  const Fact* FindFact(const ClientCall& call) const;

  const JournalAudit& journal_;
  Findings& findings_;
  Tally& tally_;
};

}  // namespace quota::simulation
