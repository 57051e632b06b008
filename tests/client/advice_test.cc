#include "client/quotactl/advice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace quota::client {
namespace {

using ledger::Name;

// Three editions, not by size, of which gold may buy 50 credits a day.
std::vector<EditionAllowance> Editions() {
  return {{.edition = Name("gold"), .credits = Credits(1'000), .slots = {20}, .room = Credits(50)},
          {.edition = Name("silver"), .credits = Credits(100), .slots = {10}, .room = {}},
          {.edition = Name("bronze"), .credits = Credits(10), .slots = {20}, .room = {}}};
}

Demand Of(std::vector<int64_t> days, int64_t peak) {
  Demand demand{.days = {}, .peaks = {peak}};
  for (const int64_t credits : days) demand.days.emplace_back(credits);
  return demand;
}

Advice AdviseOn(const Demand& demand, const std::string& present = "") {
  return Advise(demand, Editions(), Name(present), nullptr);
}

TEST(AdviceTest, TheSmallestEditionIsTheOneWithTheFewestCreditsThatFits) {
  EXPECT_EQ(AdviseOn(Of({10, 3}, 1)).edition, Name("bronze"));
  EXPECT_EQ(AdviseOn(Of({11}, 1)).edition, Name("silver"));
  EXPECT_EQ(AdviseOn(Of({11}, 11)).edition, Name("gold"));
  EXPECT_EQ(AdviseOn(Of({11}, 11)).text, "gold fits");
  EXPECT_EQ(AdviseOn(Of({11}, 11)).purchase, std::nullopt);
}

TEST(AdviceTest, WherePeaksAreNotKnownTheyFit) {
  EXPECT_EQ(Advise({.days = {Credits(10)}}, Editions(), Name(), nullptr).edition, Name("bronze"));
}

TEST(AdviceTest, APresentEditionThatFitsStaysAndASmallerOneIsNamed) {
  EXPECT_EQ(AdviseOn(Of({60}, 1), "silver").text, "silver fits");
  EXPECT_EQ(AdviseOn(Of({6}, 1), "silver").text, "silver fits, and so would bronze");
}

TEST(AdviceTest, APresentEditionWithTooFewCreditsMayBuyWhatItsWorstDayLacks) {
  const Advice advice = AdviseOn(Of({130, 20, 110}, 1), "silver");
  EXPECT_EQ(advice.edition, Name("gold"));
  ASSERT_TRUE(advice.purchase.has_value());
  EXPECT_EQ(advice.purchase->edition, Name("silver"));
  EXPECT_EQ(advice.purchase->per_day, Credits(30));
  EXPECT_EQ(advice.purchase->pack, Credits(40));
  EXPECT_EQ(advice.text, "move to gold, or buy 30 credits a day (or a pack of 40) on silver");
}

TEST(AdviceTest, TheEditionsCeilingBoundsWhatIsBoughtADay) {
  EXPECT_EQ(AdviseOn(Of({1'050}, 20), "gold").purchase->per_day, Credits(50));
  const Advice above = AdviseOn(Of({1'051}, 20), "gold");
  EXPECT_EQ(above.purchase->per_day, std::nullopt);
  EXPECT_EQ(above.text, "buy a pack of 51 on gold, which may not buy as many a day");
}

TEST(AdviceTest, APurchaseDoesNotHelpWhereSlotsAreTooFew) {
  const Advice advice = AdviseOn(Of({130}, 15), "silver");
  EXPECT_EQ(advice.edition, Name("gold"));
  EXPECT_EQ(advice.purchase, std::nullopt);
  EXPECT_EQ(advice.text, "move to gold");
}

TEST(AdviceTest, WhereNoEditionFitsTheOneThatMayBuyIsNamed) {
  const Advice advice = AdviseOn(Of({2'000}, 1));
  EXPECT_EQ(advice.edition, std::nullopt);
  EXPECT_EQ(advice.purchase->edition, Name("silver"));
  EXPECT_EQ(advice.purchase->per_day, Credits(1'900));
  EXPECT_EQ(advice.text,
            "no edition fits alone: buy 1,900 credits a day (or a pack of 1,900) on silver");
}

TEST(AdviceTest, TooManyCallsAtOnceFitNowhereAndTheTextSaysSo) {
  const Advice advice = AdviseOn(Of({1}, 21), "gold");
  EXPECT_EQ(advice.edition, std::nullopt);
  EXPECT_EQ(advice.purchase, std::nullopt);
  EXPECT_EQ(advice.text, "nothing fits: 21 calls at once, and no edition allows more than 20");
}

TEST(AdviceTest, AKeptLimitFitsAsLongAsItIsKept) {
  const Allowance kept{.credits = Credits(150), .slots = {10}};
  EXPECT_EQ(Advise(Of({130}, 1), Editions(), Name("silver"), &kept).text,
            "silver fits while it is grandfathered; without: move to gold, or buy 30 credits a day "
            "(or a pack of 30) on silver");
  EXPECT_THAT(Advise(Of({151}, 1), Editions(), Name("silver"), &kept).text,
              testing::StartsWith("move to gold"));
}

}  // namespace
}  // namespace quota::client
