// What is kept for people to read later: the audit log and closed days. Made from events, beside
// the state: the ledger itself never reads it. Pure.
#pragma once

#include <string>
#include <vector>

#include "common/clock.h"
#include "ledger/account.h"
#include "ledger/catalog.h"
#include "ledger/events.h"

namespace quota::ledger {

enum class HistoryKind : uint8_t {
  // A quota.v1.AuditEntry, at the instant of the change.
  kAudit,
  // A quota.v1.DayUsage, at the day's start.
  kDay,
};

struct HistoryRecord {
  HistoryKind kind = HistoryKind::kAudit;
  AccountNumber account = 0;
  Instant at;
  // The message, serialized.
  std::string payload;
};
using History = std::vector<HistoryRecord>;

// Adds what `event`, which happens at `now`, leaves in the history. `before` is its account as it
// is before the event; null where there is none yet.
void AddHistory(const Event& event, const Account* before, const CatalogRevision& catalog,
                Instant now, History& history);

// The account that `event` is about where it leaves something in the history; 0: it leaves nothing.
AccountNumber HistoryAccount(const Event& event);

}  // namespace quota::ledger
