// Where credits come from: the order of sources, packs over days, and a plan that is lowered.

#include "tests/ledger/ledger_harness.h"
#include "tests/ledger/matchers.h"

namespace quota::ledger {
namespace {

using absl::CivilDay;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const CivilDay kToday(2025, 11, 3);

// The pack as administrators see it.
quota::v1::Pack PackOf(LedgerHarness& ledger, std::string_view id) {
  const quota::v1::Org org = ledger.Org();
  for (const auto& purchase : org.purchases()) {
    if (purchase.purchase_id() == id) return purchase.pack();
  }
  ADD_FAILURE() << "no pack " << id;
  return {};
}

MATCHER_P2(HasUsedAndHeld, used, held, "") {
  *result_listener << "used " << arg.used() << ", held " << arg.held();
  return arg.used() == used && arg.held() == held;
}

TEST(CreditsTest, SourcesAreDrawnInOrderAndAddUpToWhatIsUsed) {
  LedgerHarness ledger;
  ASSERT_TRUE(ledger.Run(SetAgents{{}, 2, {}}).ok());
  ledger.BuyDaily("daily", 10);
  ledger.BuyPack("pack", 40);
  // 100 base, 20 variable, 10 additional, 40 in a pack.
  struct Case {
    int64_t charge;
    BySource used;
  };
  const auto sources = [](int64_t base, int64_t variable, int64_t additional, int64_t packs) {
    return BySource{Credits(base), Credits(variable), Credits(), Credits(additional),
                    Credits(packs)};
  };
  const Case cases[] = {{60, sources(60, 0, 0, 0)},     {50, sources(100, 10, 0, 0)},
                        {15, sources(100, 20, 5, 0)},   {5, sources(100, 20, 10, 0)},
                        {25, sources(100, 20, 10, 25)}, {15, sources(100, 20, 10, 40)}};
  for (const Case& c : cases) {
    const std::string id = "charge-" + std::to_string(c.charge);
    ASSERT_THAT(ledger.Run(AskCharge(id + std::to_string(c.used.packs.value()), c.charge)),
                Decides(Decision::kGranted));
    const UsageAnswer usage = ledger.Usage();
    EXPECT_EQ(usage.used_by_source.base, c.used.base);
    EXPECT_EQ(usage.used_by_source.variable, c.used.variable);
    EXPECT_EQ(usage.used_by_source.additional, c.used.additional);
    EXPECT_EQ(usage.used_by_source.packs, c.used.packs);
    EXPECT_EQ(usage.allotment_by_source.packs, Credits(40)) << "what is drawn and what is left";
    EXPECT_EQ(usage.usage.allotment, Credits(170));
  }
  EXPECT_THAT(ledger.Run(AskCharge("more", 1)), Decides(Decision::kCreditsExhausted));
}

TEST(PackTest, TheOneThatEndsFirstIsDrawnFirstAndTheLastDrawnGoesBackFirst) {
  LedgerHarness ledger;
  ledger.BuyPack("endless", 10);
  ledger.BuyPack("late", 10, {}, kToday + 9);
  ledger.BuyPack("soon", 10, {}, kToday + 1);
  ASSERT_TRUE(ledger.Run(Ask("a", 115)).ok());
  EXPECT_THAT(PackOf(ledger, "soon"), HasUsedAndHeld(0, 10));
  EXPECT_THAT(PackOf(ledger, "late"), HasUsedAndHeld(0, 5));
  EXPECT_THAT(PackOf(ledger, "endless"), HasUsedAndHeld(0, 0));
  ASSERT_TRUE(ledger.Run(Ask("b", 8)).ok());
  EXPECT_THAT(PackOf(ledger, "late"), HasUsedAndHeld(0, 10));
  EXPECT_THAT(PackOf(ledger, "endless"), HasUsedAndHeld(0, 3));
  // What comes back goes to the pack that was drawn last, though b was covered by two.
  ASSERT_TRUE(ledger.Commit("a", 110).ok());
  EXPECT_THAT(PackOf(ledger, "endless"), HasUsedAndHeld(0, 0));
  EXPECT_THAT(PackOf(ledger, "late"), HasUsedAndHeld(0, 8));
  EXPECT_THAT(PackOf(ledger, "soon"), HasUsedAndHeld(10, 0));
  ASSERT_TRUE(ledger.Release("b").ok());
  EXPECT_THAT(PackOf(ledger, "late"), HasUsedAndHeld(0, 0));
  EXPECT_THAT(PackOf(ledger, "soon"), HasUsedAndHeld(10, 0));
  ledger.Restart();
}

TEST(PackTest, OnlyValidPacksCount) {
  LedgerHarness ledger;
  ledger.BuyPack("tomorrow", 10, kToday + 1, kToday + 1);
  EXPECT_EQ(ledger.Usage().usage.allotment, Credits(100));
  ledger.Advance(hours(24));
  EXPECT_EQ(ledger.Usage().usage.allotment, Credits(110));
  ledger.Advance(hours(24));
  EXPECT_EQ(ledger.Usage().usage.allotment, Credits(100));
  EXPECT_EQ(ledger.Org().purchases_size(), 0) << "neither in force nor to come";
}

TEST(PackTest, BalanceCarriesOverToTheNextDay) {
  LedgerHarness ledger;
  ledger.BuyPack("pack", 50);
  ASSERT_TRUE(ledger.Run(AskCharge("a", 120)).ok());
  ledger.Advance(hours(24));
  EXPECT_EQ(ledger.Usage().usage.allotment, Credits(130));
  ASSERT_TRUE(ledger.Run(AskCharge("b", 130)).ok());
  ledger.Advance(hours(24));
  EXPECT_EQ(ledger.Usage().usage.allotment, Credits(100));
  EXPECT_THAT(PackOf(ledger, "pack"), HasUsedAndHeld(50, 0));
}

TEST(PackTest, ReleaseOfYesterdaysHoldGivesThePackBackToToday) {
  LedgerHarness ledger;
  ledger.clock().Set(test::kNoon + hours(12) - seconds(10));
  ledger.BuyPack("pack", 50);
  Reserve command = Ask("a", 150);
  command.ttl = minutes(1);
  ASSERT_TRUE(ledger.Run(command).ok());
  ledger.Advance(seconds(20));
  EXPECT_EQ(ledger.Usage().usage.allotment, Credits(100));
  ASSERT_TRUE(ledger.Release("a").ok());
  EXPECT_EQ(ledger.Usage().usage.allotment, Credits(150));
}

TEST(PackTest, EndedPackStillCoversTheLateCommitOfItsDay) {
  LedgerHarness ledger;
  ledger.clock().Set(test::kNoon + hours(12) - seconds(10));
  ledger.BuyPack("pack", 50, {}, kToday);
  ASSERT_TRUE(ledger.Run(AskCharge("fill", 100)).ok());
  Reserve command = Ask("a", 10);
  command.ttl = minutes(1);
  ASSERT_TRUE(ledger.Run(command).ok());
  ledger.Advance(seconds(20));
  EXPECT_EQ(ledger.Usage().usage.allotment, Credits(100));
  EXPECT_EQ(ledger.Commit("a", 45)->charged, Credits(45));
}

TEST(CreditsTest, LoweredEditionKeepsWhatTheDayHasUsedAndHoldsAndGrantsNothingNew) {
  LedgerHarness ledger;
  ASSERT_TRUE(ledger.Run(AskCharge("a", 40)).ok());
  ASSERT_TRUE(ledger.Run(Ask("b", 30)).ok());
  ledger.SetEditionTo("small");
  // 50 a day, but 70 are used and held.
  UsageAnswer usage = ledger.Usage();
  EXPECT_THAT(usage.usage, Shows(40, 30, 0));
  EXPECT_EQ(usage.usage.allotment, Credits(70));
  EXPECT_EQ(usage.allotment_by_source.base, Credits(70)) << "adds up to the allotment";
  EXPECT_EQ(usage.used_by_source.base, Credits(40));
  EXPECT_EQ(ledger.account().days[0].daily, Credits(70));
  EXPECT_THAT(ledger.Run(Ask("c", 1)), Decides(Decision::kCreditsExhausted));
  EXPECT_EQ(ledger.Commit("b")->charged, Credits(30)) << "what was held may be charged";
  EXPECT_EQ(ledger.Usage().used_by_source.base, Credits(70));
  // Lowering it again keeps no more than the day had.
  ledger.SetEditionTo("none");
  EXPECT_EQ(ledger.account().days[0].daily, Credits(70));
  // The next day is small from its beginning.
  ledger.SetEditionTo("small");
  ledger.Advance(hours(24));
  EXPECT_EQ(ledger.Usage().usage.allotment, Credits(50));
}

TEST(CreditsTest, LoweredEditionTakesWhatIsNotUsed) {
  LedgerHarness ledger;
  ASSERT_TRUE(ledger.Run(AskCharge("a", 20)).ok());
  ledger.SetEditionTo("small");
  EXPECT_THAT(ledger.Usage().usage, Shows(20, 0, 30));
}

TEST(CreditsTest, RaisedEditionAddsAtOnceAndGivesPacksBackWhatItNowCovers) {
  LedgerHarness ledger("small");
  ledger.BuyPack("pack", 60);
  ASSERT_TRUE(ledger.Run(AskCharge("a", 80)).ok());
  ASSERT_TRUE(ledger.Run(Ask("b", 10)).ok());
  EXPECT_THAT(PackOf(ledger, "pack"), HasUsedAndHeld(30, 10));
  ledger.SetEditionTo("tiny");
  EXPECT_THAT(PackOf(ledger, "pack"), HasUsedAndHeld(0, 0));
  EXPECT_THAT(ledger.Usage().usage, Shows(80, 10, 70));
  // And down again: what is used and held by now stays covered by the day.
  ledger.SetEditionTo("small");
  EXPECT_THAT(PackOf(ledger, "pack"), HasUsedAndHeld(0, 0));
  EXPECT_THAT(ledger.Usage().usage, Shows(80, 10, 60));
}

TEST(CreditsTest, AdditionalCreditsBoughtNowGiveThePackBack) {
  LedgerHarness ledger("small");
  ledger.BuyPack("pack", 60);
  ASSERT_TRUE(ledger.Run(AskCharge("a", 80)).ok());
  ledger.BuyDaily("daily", 20);
  EXPECT_THAT(PackOf(ledger, "pack"), HasUsedAndHeld(10, 0));
  EXPECT_EQ(ledger.Usage().used_by_source.additional, Credits(20));
  EXPECT_EQ(ledger.Usage().used_by_source.packs, Credits(10));
}

TEST(CreditsTest, NewFiguresOfTheCatalogWaitForTheNextDayOrAChangeOfThePlan) {
  LedgerHarness ledger;
  ledger.Create("other", "tiny");
  ledger.Usage();
  ledger.Usage("other");
  auto source = test::TestCatalogSource();
  source.set_number(2);
  for (auto& edition : *source.mutable_editions()) {
    if (edition.name() != "tiny") continue;
    edition.set_base_credits(500);
    edition.set_concurrency_limit(7);
  }
  ledger.SetCatalog(test::BuildCatalog(source));
  EXPECT_EQ(ledger.Usage().usage.allotment, Credits(100));
  EXPECT_EQ(ledger.Usage().usage.pools[0].limit, 3);
  EXPECT_EQ(ledger.Org().allotment_by_source().base(), 100) << "what today allots";
  ASSERT_TRUE(ledger.Run(SetAgents{{}, 0, {}}, "other").ok());
  EXPECT_EQ(ledger.Usage("other").usage.allotment, Credits(500));
  EXPECT_EQ(ledger.Usage("other").usage.pools[0].limit, 7);
  ledger.Advance(hours(24));
  EXPECT_EQ(ledger.Usage().usage.allotment, Credits(500));
  EXPECT_EQ(ledger.Usage().usage.pools[0].limit, 7);
  ledger.Restart();
}

}  // namespace
}  // namespace quota::ledger
