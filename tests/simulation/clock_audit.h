// Holds ledger time against the wall clock and the time that passes: design.md, "Time".
#pragma once

#include "common/clock.h"
#include "server/ledger_clock.h"
#include "tests/simulation/findings.h"

namespace quota::simulation {

class ClockAudit {
 public:
  ClockAudit(const Clock& clock, Findings& findings) : clock_(clock), findings_(findings) {}

  // A process has started, and its ledger time with it. `journalled` is the last instant that is
  // durable.
  void OnStart(server::LedgerClock& ledger, Instant journalled);
  // The administrator has accepted the wall clock.
  void OnAccepted(server::LedgerClock& ledger);
  // Reads ledger time.
  void Look(server::LedgerClock& ledger);

 private:
  const Clock& clock_;
  Findings& findings_;
  Instant last_;
  Duration last_elapsed_{};
};

}  // namespace quota::simulation
