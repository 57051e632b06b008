#include "tests/crash/bill.h"

#include <gtest/gtest.h>

#include "tests/crash/traffic.h"

namespace quota::test {
namespace {

int64_t Sum(const v1::CreditsBySource& sources) {
  return sources.base() + sources.variable() + sources.grandfathered() + sources.additional() +
         sources.packs();
}

void ExpectIdle(const v1::GetUsageResponse& usage) {
  ExpectWithinBounds(usage.usage());
  EXPECT_EQ(usage.usage().held(), 0);
  EXPECT_EQ(usage.open_reservations(), 0);
  for (const v1::PoolUsage& pool : usage.usage().pools()) EXPECT_EQ(pool.in_flight(), 0);
  EXPECT_EQ(Sum(usage.used_by_source()), usage.usage().used());
}

}  // namespace

void AddToBills(const Witness& witness, Bills& bills) {
  for (const WitnessedCharge& charge : witness.charges) {
    if (!charge.answer) continue;
    Bill& bill = bills[charge.request.org_id()];
    bill.charged += charge.answer->charged();
    if (charge.answer->repeated()) continue;
    bill.charged_on[charge.answer->usage().resets_at().seconds()] += charge.answer->charged();
  }
  for (const WitnessedReserve& reserve : witness.reserves) {
    if (!reserve.committed) continue;
    Bill& bill = bills[reserve.request.org_id()];
    bill.charged += reserve.committed->charged();
    bill.overage += reserve.committed->overage();
    if (reserve.answer->repeated()) continue;
    const int64_t day = reserve.answer->usage().resets_at().seconds();
    bill.charged_on[day] += reserve.committed->charged();
    const bool same_day = reserve.committed->usage().resets_at().seconds() == day;
    if (!reserve.committed->repeated() && !same_day) ++bill.across_midnight;
  }
}

void ExpectCharged(QuotaCalls& calls, const std::string& org, const Bill& bill) {
  SCOPED_TRACE(org);
  const auto usage = calls.GetUsage(org);
  ASSERT_TRUE(usage.ok()) << usage.message();
  ExpectIdle(usage.response);

  v1::ListUsageHistoryRequest request;
  request.set_org_id(org);
  request.set_page_size(400);
  const auto history = Once(calls.admin(), &v1::QuotaAdmin::Stub::ListUsageHistory, request);
  ASSERT_TRUE(history.ok()) << history.message();
  ASSERT_EQ(history->next_page_token(), "");
  int64_t used = 0;
  int64_t overage = 0;
  std::map<int64_t, int64_t> used_on;
  for (const v1::DayUsage& day : history->days()) {
    used += day.used();
    overage += day.overage();
    EXPECT_TRUE(used_on.emplace(day.ends_at().seconds(), day.used()).second) << "a day twice";
    EXPECT_EQ(Sum(day.used_by_source()), day.used()) << day.ShortDebugString();
    EXPECT_EQ(day.held(), 0) << day.ShortDebugString();
  }
  EXPECT_EQ(used, bill.charged);
  EXPECT_EQ(overage, bill.overage);
  const auto today = used_on.find(usage->usage().resets_at().seconds());
  EXPECT_EQ(usage->usage().used(), today == used_on.end() ? 0 : today->second);
  int64_t known = 0;
  for (const auto& [day, charged] : bill.charged_on) {
    EXPECT_GE(used_on[day], charged) << "the day that ends at " << day;
    known += charged;
  }
  if (known != bill.charged) return;
  // Nothing is left that could be another day's.
  for (const auto& [day, charged] : bill.charged_on) EXPECT_EQ(used_on[day], charged) << day;
}

}  // namespace quota::test
