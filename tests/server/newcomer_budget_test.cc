#include "server/newcomer_budget.h"

#include <gtest/gtest.h>

#include "tests/fakes/simulated_clock.h"

namespace quota::server {
namespace {

using std::chrono::seconds;
using test::kNoon;

ledger::UnknownOrganizations Bounds(int64_t per_minute, int64_t total) {
  return {.edition = ledger::Name("free"),
          .data_center = ledger::Name("utc"),
          .per_minute = per_minute,
          .total = total};
}

TEST(NewcomerBudgetTest, AdmitsAsManyInEachMinuteAsTheCatalogSays) {
  NewcomerBudget budget;
  const auto bounds = Bounds(2, 100);
  EXPECT_TRUE(budget.Admit(bounds, kNoon));
  EXPECT_TRUE(budget.Admit(bounds, kNoon + seconds(30)));
  EXPECT_FALSE(budget.Admit(bounds, kNoon + seconds(59)));
  EXPECT_TRUE(budget.Admit(bounds, kNoon + seconds(60)));
  EXPECT_FALSE(budget.Admit(bounds, kNoon + seconds(89)));
  EXPECT_TRUE(budget.Admit(bounds, kNoon + seconds(90)));
  EXPECT_TRUE(budget.Admit(bounds, kNoon + seconds(10'000)));
  EXPECT_EQ(budget.created(), 5);
  EXPECT_EQ(budget.refused(), 2);
}

TEST(NewcomerBudgetTest, AnExecutorThatIsBehindCountsAsTheLatest) {
  NewcomerBudget budget;
  const auto bounds = Bounds(1, 100);
  EXPECT_TRUE(budget.Admit(bounds, kNoon + seconds(2)));
  EXPECT_FALSE(budget.Admit(bounds, kNoon));
  EXPECT_FALSE(budget.Admit(bounds, kNoon + seconds(61)));
  EXPECT_TRUE(budget.Admit(bounds, kNoon + seconds(62)));
}

TEST(NewcomerBudgetTest, TheTotalCountsThoseFromBeforeTheStart) {
  NewcomerBudget budget;
  budget.Start(9);
  EXPECT_TRUE(budget.Admit(Bounds(10, 10), kNoon));
  EXPECT_FALSE(budget.Admit(Bounds(10, 10), kNoon + seconds(600)));
  EXPECT_TRUE(budget.Admit(Bounds(10, 11), kNoon + seconds(600))) << "the catalog was reloaded";
}

}  // namespace
}  // namespace quota::server
