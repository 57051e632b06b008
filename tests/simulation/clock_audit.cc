#include "tests/simulation/clock_audit.h"

#include <algorithm>

namespace quota::simulation {

using server::LedgerClock;

void ClockAudit::OnStart(LedgerClock& ledger, Instant journalled) {
  const Instant wall = clock_.Now();
  const Instant now = ledger.Now();
  if (now != std::max(wall, journalled)) {
    findings_.Add(5, "ledger time started {} us from the later of wall clock and journal",
                  (now - std::max(wall, journalled)).count());
  }
  last_ = now;
  last_elapsed_ = clock_.Elapsed();
}

void ClockAudit::OnAccepted(LedgerClock& ledger) {
  const Instant now = ledger.Now();
  if (now < clock_.Now() || now < last_) {
    findings_.Add(5, "ledger time does not follow a jump that was accepted");
  }
  last_ = now;
  last_elapsed_ = clock_.Elapsed();
}

void ClockAudit::Look(LedgerClock& ledger) {
  const Instant now = ledger.Now();
  const Duration passed = clock_.Elapsed() - last_elapsed_;
  const Instant wall = clock_.Now();
  const Instant in_step = last_ + passed;
  Instant expected;
  if (wall > in_step + LedgerClock::kLargestJump) {
    expected = in_step;
  } else {
    expected = std::max(wall, last_ + passed / 2);
  }
  // Others have read it meanwhile: each reading at half speed may round down.
  const Duration off = now - expected;
  if (off > std::chrono::milliseconds(1) || off < -std::chrono::milliseconds(1)) {
    findings_.Add(5, "ledger time is {} us from where it should be", off.count());
  }
  if (now < last_) findings_.Add(5, "ledger time ran backwards");
  last_ = now;
  last_elapsed_ = clock_.Elapsed();
}

}  // namespace quota::simulation
