// The events that end a reservation. Pure.
#pragma once

#include "ledger/account.h"
#include "ledger/events.h"
#include "ledger/remembered_ids.h"

namespace quota::ledger {

// `hold` is open. `asked` may be above what was held: the extra is charged as far as the remainder
// of the hold's day goes, and the rest is overage.
Settled SettleCommitted(const Account& account, const Hold& hold, Credits asked);

// `state` is kReleased or kSessionLost: everything goes back.
Settled SettleReturned(const Account& account, const Hold& hold, HoldState state);

// The hold's deadline has passed: released, or committed if it asked for that.
Settled SettleExpired(const Account& account, const Hold& hold);

// `record` has expired or lost its session, and its day is open: charged as far as the day's
// remainder goes.
Settled SettleLate(const Account& account, const IdRecord& record, Credits asked);

}  // namespace quota::ledger
