#include "tests/ledger/account_invariants.h"

#include <gtest/gtest.h>

#include "ledger/balance.h"
#include "tests/ledger/matchers.h"

namespace quota::ledger {
namespace {

Credits DrawnFrom(const Account& account, uint32_t purchase) {
  Credits drawn;
  for (const Day& day : account.days) {
    for (const PackDraw& draw : day.draws) {
      if (draw.purchase == purchase) drawn += draw.credits;
    }
  }
  return drawn;
}

void ExpectDay(const Day& day) {
  Credits drawn;
  for (const PackDraw& draw : day.draws) {
    EXPECT_GT(draw.credits, kZeroCredits);
    drawn += draw.credits;
  }
  EXPECT_GE(day.used, kZeroCredits);
  EXPECT_GE(day.held, kZeroCredits);
  // Never above the allotment: what the day's own credits do not cover, packs do; and its own are
  // the plan's, or what was used and held when the plan was lowered.
  EXPECT_EQ(drawn, day.PackPart());
  EXPECT_LE(day.used + day.held, day.daily + drawn);
  EXPECT_GE(day.daily, day.allotment.Sum());
}

void ExpectSources(const Day& day) {
  const BySource used = UsedBySource(day);
  EXPECT_EQ(used.base + used.variable + used.grandfathered + used.additional + used.packs,
            day.used);
  EXPECT_LE(used.variable, day.allotment.variable);
  EXPECT_LE(used.grandfathered, day.allotment.grandfathered);
  EXPECT_LE(used.additional, day.allotment.additional);
  EXPECT_LE(used.packs, day.PackPart());
}

}  // namespace

void ExpectInvariants(const Account& account) {
  EXPECT_LE(account.days.size(), kMaxOpenDays);
  for (const Day& day : account.days) {
    SCOPED_TRACE(testing::Message() << account.org << ", day " << day.date);
    ExpectDay(day);
    ExpectSources(day);
    EXPECT_GE(day.end - day.start, kMaxHoldLife / 2) << "of three days, two span a hold's life";
  }
  for (size_t i = 1; i < account.days.size(); ++i) {
    EXPECT_GE(account.days[i].start, account.days[i - 1].end);
  }
  for (const Purchase& pack : account.purchases) {
    if (!pack.is_pack) continue;
    SCOPED_TRACE(testing::Message() << account.org << ", " << pack.purchase_id);
    EXPECT_GE(pack.settled, kZeroCredits);
    EXPECT_EQ(pack.settled + DrawnFrom(account, pack.number) + PackAvailable(account, pack),
              pack.credits);
  }
}

}  // namespace quota::ledger
