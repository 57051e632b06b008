#include "ledger/settle.h"

#include <algorithm>

#include "common/check.h"
#include "ledger/balance.h"

namespace quota::ledger {
namespace {

void From(const IdRecord& record, Origin origin, HoldState state, Settled& event) {
  event.account = record.account;
  event.id = record.id;
  event.fingerprint = record.fingerprint;
  event.origin = origin;
  event.state = state;
  event.held = record.held;
  event.day_start = record.day_start;
}

void From(const Hold& hold, HoldState state, Settled& event) {
  From(hold, Origin::kHold, state, event);
  event.hold = &hold;
}

// What the day must draw from packs after `used` and `held` changed by these amounts.
PackChanges Level(const Account& account, const Day& day, Credits used_change,
                  Credits held_change) {
  if (day.draws.empty() && account.purchases.empty()) return {};
  const Credits pack_part =
      std::max(kZeroCredits, day.used + used_change + day.held + held_change - day.daily);
  return LevelPacks(account, day, pack_part);
}

const Day& DayOf(const Account& account, const IdRecord& record) {
  const Day* day = account.FindDay(record.day_start);
  // A day stays open while it has holds.
  QUOTA_CHECK(day != nullptr);
  return *day;
}

}  // namespace

void SettleCommitted(const Account& account, const Hold& hold, Credits asked, Settled& event) {
  const Day& day = DayOf(account, hold);
  From(hold, HoldState::kCommitted, event);
  event.asked = asked;
  event.charged = asked;
  if (asked > hold.held) {
    event.charged = hold.held + std::min(asked - hold.held, Remaining(account, day));
  }
  event.overage = asked - event.charged;
  event.packs = Level(account, day, event.charged, -hold.held);
}

void SettleReturned(const Account& account, const Hold& hold, HoldState state, Settled& event) {
  From(hold, state, event);
  event.packs = Level(account, DayOf(account, hold), kZeroCredits, -hold.held);
}

void SettleExpired(const Account& account, const Hold& hold, Settled& event) {
  if (hold.commit_on_expiry) {
    SettleCommitted(account, hold, hold.held, event);
  } else {
    SettleReturned(account, hold, HoldState::kExpired, event);
  }
}

void SettleLate(const Account& account, const IdRecord& record, Credits asked, Settled& event) {
  const Day& day = DayOf(account, record);
  From(record, Origin::kLate, HoldState::kCommitted, event);
  event.asked = asked;
  event.charged = std::min(asked, Remaining(account, day));
  event.overage = asked - event.charged;
  event.packs = Level(account, day, event.charged, kZeroCredits);
}

}  // namespace quota::ledger
