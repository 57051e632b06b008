// What is kept for others to read later: the audit log, closed days, and what watchers are told.
// Made from events, beside
// the state: the ledger itself never reads it. Pure.
#pragma once

#include <optional>
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
  // A quota.v1.Event, which watchers are told.
  kEvent,
};

struct HistoryRecord {
  HistoryKind kind = HistoryKind::kAudit;
  // 0: it concerns no organisation.
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

// The account that `event` is about where it leaves something in the history, 0 where it is about
// none; absent where it leaves nothing.
std::optional<AccountNumber> HistoryAccount(const Event& event);

}  // namespace quota::ledger
