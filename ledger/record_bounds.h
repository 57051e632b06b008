// What stored figures can be: far beyond what the rules come to, and so far below what a number
// holds that no sum or product of them overflows. A record beyond is damaged: whoever reads it says
// DATA_LOSS. Pure.
#pragma once

#include "common/clock.h"
#include "common/credits.h"
#include "ledger/account.h"
#include "quota/records/records.pb.h"

namespace quota::ledger {

// One figure of a day or purchase, and the sum of an account's purchases or of a day's draws.
// The largest that the rules come to is some 4 x 10^14 (every purchase of the history at its
// most). A day's four figures together stay below 2^63 / 100: alerts multiply them by a percentage.
inline constexpr Credits kMaxBalance{int64_t{1} << 54};
// Calls in flight in a pool, and a pool's limit.
inline constexpr int32_t kMaxInFlight = 1 << 30;
// Slots of one hold; a request may name 1,000.
inline constexpr uint32_t kMaxHoldSlots = 1 << 16;
// A thousand years from 1970.
inline constexpr Duration kMaxTime = std::chrono::hours(1000LL * 366 * 24);

inline bool InBounds(Credits credits) { return credits >= kZeroCredits && credits <= kMaxBalance; }
// Of a change: either way.
inline bool IsChange(Credits credits) { return credits >= -kMaxBalance && credits <= kMaxBalance; }
inline bool InBounds(Instant instant) {
  return instant >= Instant(-kMaxTime) && instant <= Instant(kMaxTime);
}

// Each field by itself.
bool InBounds(const records::DailyCredits& credits);
bool InBounds(const records::PackDraw& draw);
bool InBounds(const records::Plan& plan);
bool InBounds(const records::Pool& pool);
bool InBounds(const records::Day& day);
bool InBounds(const records::DayChange& change);
bool InBounds(const records::Purchase& purchase);
bool InBounds(const records::Hold& hold);
bool InBounds(const records::AdminRequest& request);

bool InBounds(const records::Account& account);
bool InBounds(const records::OrgCreated& event);
bool InBounds(const records::PlanChanged& event);
bool InBounds(const records::CreditsPurchased& event);
bool InBounds(const records::CreditsRevoked& event);
bool InBounds(const records::DayOpened& event);
bool InBounds(const records::DayClosed& event);
bool InBounds(const records::ThresholdReached& event);
bool InBounds(const records::CatalogReloaded& event);
bool InBounds(const records::BackupTaken& event);

// The figures together: the sums, that days follow one another, and that nothing is more than it
// may be.
bool InBounds(const Account& account);

}  // namespace quota::ledger
