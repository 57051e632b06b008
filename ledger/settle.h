// The events that end a reservation. Pure.
#pragma once

#include "ledger/account.h"
#include "ledger/events.h"
#include "ledger/remembered_ids.h"

namespace quota::ledger {

// `event` is a new one, which they fill where it stays: it is large, and each commit brings one.

// `hold` is open. `asked` may be above what was held: the extra is charged as far as the remainder
// of the hold's day goes, and the rest is overage.
void SettleCommitted(const Account& account, const Hold& hold, Credits asked, Settled& event);

// `state` is kReleased or kSessionLost: everything goes back.
void SettleReturned(const Account& account, const Hold& hold, HoldState state, Settled& event);

// The hold's deadline has passed: released, or committed if it asked for that.
void SettleExpired(const Account& account, const Hold& hold, Settled& event);

// `record` has expired or lost its session, and its day is open: charged as far as the day's
// remainder goes.
void SettleLate(const Account& account, const IdRecord& record, Credits asked, Settled& event);

}  // namespace quota::ledger
