// The move from API limits to API credits, and the changes of a plan that go with it, as callers
// see them. Data center "eu" goes live the day after tomorrow; "utc" always was.

#include "ledger/calendar.h"
#include "tests/ledger/ledger_harness.h"
#include "tests/ledger/matchers.h"

namespace quota::ledger {
namespace {

using absl::CivilDay;
using std::chrono::hours;

constexpr auto kInvalidArgument = absl::StatusCode::kInvalidArgument;
constexpr auto kPrecondition = absl::StatusCode::kFailedPrecondition;
constexpr auto kNotFound = absl::StatusCode::kNotFound;
const CivilDay kDayOfTest(2025, 11, 3);

class RolloutTest : public testing::Test {
 protected:
  RolloutTest() {
    auto source = test::TestCatalogSource();
    source.mutable_data_centers(2)->set_credits_live_on("2025-11-05");
    source.set_number(2);
    ledger_.SetCatalog(test::BuildCatalog(source));
  }

  // An organisation of before the move: edition small, 50 credits a day.
  void CreateOld(std::optional<int64_t> legacy_limit, bool paid = true) {
    CreateOrg create;
    create.edition = "small";
    create.data_center = "eu";
    create.signup_day = CivilDay(2020, 5, 5);
    create.paid = paid;
    create.legacy_limit = legacy_limit;
    created_ = ledger_.Run(create, "old");
  }

  LedgerHarness ledger_;
  absl::StatusOr<quota::v1::Org> created_;
};

TEST_F(RolloutTest, UnderLimitsEveryCallCountsOneWhateverItDoes) {
  CreateOld(4);
  ASSERT_TRUE(created_.ok()) << created_.status();
  EXPECT_EQ(created_->model(), quota::v1::MODEL_API_LIMITS);
  EXPECT_EQ(created_->model_reason(),
            "API limits: 4 calls a day; credits go live in eu on 2025-11-05");
  EXPECT_EQ(ledger_.Run(AskCharge("a", 30), "old")->charged, Credits(1));
  EXPECT_EQ(ledger_.Run(AskMethod("b", "tickets.count"), "old")->credits, Credits(1));
  EXPECT_EQ(ledger_.Commit("b", std::nullopt, "old")->charged, Credits(1));
  const UsageAnswer usage = ledger_.Usage("old");
  EXPECT_EQ(usage.model, Model::kApiLimits);
  EXPECT_EQ(usage.allotment_by_source.base, Credits(4));
  EXPECT_THAT(usage.usage, Shows(2, 0, 2));
  ASSERT_TRUE(ledger_.Run(AskCharge("c", 1), "old").ok());
  ASSERT_TRUE(ledger_.Run(AskCharge("d", 1), "old").ok());
  EXPECT_THAT(ledger_.Run(AskCharge("e", 1), "old"), Decides(Decision::kCreditsExhausted));
}

TEST_F(RolloutTest, MovesToCreditsWithTheFirstDayOnWhichItsDataCenterIsLive) {
  CreateOld(70);
  ASSERT_TRUE(created_.ok());
  ledger_.Advance(hours(24));
  EXPECT_EQ(ledger_.Usage("old").model, Model::kApiLimits);
  ledger_.Advance(hours(24));
  const UsageAnswer usage = ledger_.Usage("old");
  EXPECT_EQ(usage.model, Model::kApiCredits);
  EXPECT_EQ(usage.model_reason, "grandfathered: 70 limits > 50 credits");
  EXPECT_EQ(usage.allotment_by_source.base, Credits(50));
  EXPECT_EQ(usage.allotment_by_source.grandfathered, Credits(20));
  EXPECT_EQ(ledger_.Run(AskCharge("a", 55), "old")->charged, Credits(55));
  EXPECT_EQ(ledger_.Usage("old").used_by_source.grandfathered, Credits(5));
  ledger_.Restart();
}

TEST_F(RolloutTest, WhoDoesNotPayKeepsNothing) {
  CreateOld(70, false);
  ledger_.Advance(hours(48));
  EXPECT_EQ(ledger_.Usage("old").usage.allotment, Credits(50));
  ASSERT_TRUE(ledger_.Run(SetEdition{{}, "small", true}, "old").ok());
  EXPECT_EQ(ledger_.Usage("old").usage.allotment, Credits(70)) << "at once";
}

TEST_F(RolloutTest, GrandfatheringIsEvaluatedAnewWithAgents) {
  CreateOld(70);
  ledger_.Advance(hours(48));
  ASSERT_TRUE(ledger_.Run(SetAgents{{}, 3, {}}, "old").ok());
  UsageAnswer usage = ledger_.Usage("old");
  EXPECT_EQ(usage.allotment_by_source.variable, Credits(15));
  EXPECT_EQ(usage.allotment_by_source.grandfathered, Credits(5));
  ASSERT_TRUE(ledger_.Run(SetAgents{{}, 5, {}}, "old").ok());
  usage = ledger_.Usage("old");
  EXPECT_EQ(usage.allotment_by_source.grandfathered, Credits(0));
  EXPECT_EQ(usage.model_reason, "75 credits >= 70 limits");
}

TEST_F(RolloutTest, BoughtCreditsWaitUnderLimitsAndComeOnTopAfterwards) {
  CreateOld(70);
  ASSERT_TRUE(ledger_.Run(PurchaseCredits{{}, "d", false, Credits(7), {}, {}}, "old").ok());
  ASSERT_TRUE(ledger_.Run(PurchaseCredits{{}, "p", true, Credits(9), {}, {}}, "old").ok());
  EXPECT_EQ(ledger_.Usage("old").usage.allotment, Credits(70));
  EXPECT_EQ(ledger_.Usage("old").allotment_by_source.packs, Credits(0));
  ledger_.Advance(hours(48));
  EXPECT_EQ(ledger_.Usage("old").usage.allotment, Credits(70 + 7 + 9));
}

TEST_F(RolloutTest, OnLimitsThereMustBeALimit) {
  CreateOld(std::nullopt);
  EXPECT_THAT(created_,
              FailsWith(kInvalidArgument, "legacy_limit: required: old is on API limits"));
  CreateOld(4);
  ASSERT_TRUE(created_.ok());
  EXPECT_THAT(ledger_.Run(SetLegacyLimit{{}, std::nullopt, {}}, "old"),
              FailsWith(kPrecondition, "legacy_limit: required: old is on API limits"));
  ASSERT_TRUE(ledger_.Run(SetLegacyLimit{{}, 9, {}}, "old").ok());
  EXPECT_EQ(ledger_.Usage("old").usage.allotment, Credits(9)) << "at once";
  CreateOrg mover;
  mover.edition = "small";
  mover.signup_day = CivilDay(2020, 5, 5);
  ASSERT_TRUE(ledger_.Run(mover, "mover").ok());
  EXPECT_THAT(ledger_.Run(SetDataCenter{{}, "eu", {}}, "mover"),
              FailsWith(kPrecondition, "credits go live in eu"));
}

TEST_F(RolloutTest, MoveOfTheDataCenterChangesTheModelAtOnceAndKeepsWhatIsUsed) {
  CreateOld(70);
  ASSERT_TRUE(ledger_.Run(AskCharge("a", 30), "old").ok());
  ASSERT_TRUE(ledger_.Run(SetDataCenter{{}, "utc", {}}, "old").ok());
  const UsageAnswer usage = ledger_.Usage("old");
  EXPECT_EQ(usage.model, Model::kApiCredits);
  EXPECT_THAT(usage.usage, Shows(1, 0, 49)) << "utc was always on credits: nothing is kept";
  ledger_.Restart();
}

// ---- The other changes of a plan ----

TEST(SetDataCenterTest, TheRunningDayEndsWhenItWouldHave) {
  LedgerHarness ledger;
  const Instant end = ledger.Usage().usage.resets_at;
  const auto org = ledger.Run(SetDataCenter{{}, "in", {}});
  ASSERT_TRUE(org.ok()) << org.status();
  EXPECT_EQ(org->data_center(), "in");
  EXPECT_EQ(org->time_zone(), "Asia/Kolkata");
  EXPECT_EQ(ledger.Usage().usage.resets_at, end);
  ledger.Advance(hours(24));
  EXPECT_EQ(ledger.Usage().time_zone, "Asia/Kolkata");
  // From 00:00 UTC, 05:30 there, to the first midnight at least 12 hours later.
  EXPECT_EQ(ledger.Usage().usage.resets_at, end + std::chrono::minutes(18 * 60 + 30));
  ledger.Restart();
}

TEST(SetDataCenterTest, AnOwnZoneOutlivesTheDataCenterUntilItIsGivenUp) {
  LedgerHarness ledger;
  ASSERT_TRUE(ledger.Run(SetDataCenter{{}, "", "Asia/Tokyo"}).ok());
  EXPECT_EQ(ledger.Run(SetDataCenter{{}, "eu", {}})->time_zone(), "Asia/Tokyo");
  EXPECT_EQ(ledger.Run(SetDataCenter{{}, "", ""})->time_zone(), "Europe/Amsterdam");
  EXPECT_THAT(ledger.Run(SetDataCenter{{}, "moon", {}}),
              FailsWith(kInvalidArgument, "data_center: the catalog has no \"moon\""));
  EXPECT_THAT(ledger.Run(SetDataCenter{{}, "", "Moon/Base"}),
              FailsWith(kInvalidArgument, "time_zone: there is no IANA zone \"Moon/Base\""));
}

TEST(SuspendTest, RefusesNewReservationsAndLetsOpenOnesFinish) {
  LedgerHarness ledger;
  ASSERT_TRUE(ledger.Run(Ask("a", 10)).ok());
  const auto org = ledger.Run(SuspendOrg{{}, "invoice 17"});
  ASSERT_TRUE(org.ok());
  EXPECT_TRUE(org->suspended());
  EXPECT_EQ(org->suspended_reason(), "invoice 17");
  EXPECT_THAT(ledger.Run(Ask("b", 1)), Decides(Decision::kOrgSuspended));
  EXPECT_THAT(ledger.Run(AskCharge("c", 1)), Decides(Decision::kOrgSuspended));
  EXPECT_TRUE(ledger.Run(Ask("a", 10))->repeated) << "a retry is answered";
  EXPECT_EQ(ledger.Commit("a", 12)->charged, Credits(12));
  ledger.Restart();
  EXPECT_TRUE(ledger.Org().suspended());
  const auto resumed = ledger.Run(ResumeOrg{});
  EXPECT_FALSE(resumed->suspended());
  EXPECT_EQ(resumed->suspended_reason(), "");
  EXPECT_THAT(ledger.Run(Ask("b", 1)), Decides(Decision::kGranted));
}

TEST(RevokeTest, DailyCreditsEndAtOnceAndWhatWasUsedStays) {
  LedgerHarness ledger;
  ledger.BuyDaily("d", 40);
  ASSERT_TRUE(ledger.Run(AskCharge("a", 120)).ok());
  const auto org = ledger.Run(RevokeCredits{{}, "d"});
  ASSERT_TRUE(org.ok()) << org.status();
  EXPECT_EQ(org->purchases_size(), 0);
  UsageAnswer usage = ledger.Usage();
  EXPECT_THAT(usage.usage, Shows(120, 0, 0));
  EXPECT_EQ(usage.allotment_by_source.additional, Credits(0));
  EXPECT_THAT(ledger.Run(Ask("b", 1)), Decides(Decision::kCreditsExhausted));
  ledger.Restart();
  ledger.Advance(hours(24));
  EXPECT_EQ(ledger.Usage().usage.allotment, Credits(100));
}

TEST(RevokeTest, APackGivesNothingMoreButWhatItHoldsMayBeCharged) {
  LedgerHarness ledger;
  ledger.BuyPack("p", 50);
  ASSERT_TRUE(ledger.Run(Ask("a", 130)).ok());
  ASSERT_TRUE(ledger.Run(RevokeCredits{{}, "p"}).ok());
  EXPECT_THAT(ledger.Usage().usage, Shows(0, 130, 0));
  const auto committed = ledger.Commit("a", 140);
  EXPECT_EQ(committed->charged, Credits(130));
  EXPECT_EQ(committed->overage, Credits(10));
  EXPECT_EQ(ledger.Usage().used_by_source.packs, Credits(30));
  ledger.Restart();
  ledger.Advance(hours(24));
  EXPECT_EQ(ledger.Usage().usage.allotment, Credits(100));
}

TEST(RevokeTest, TwiceIsOnceAndTheIdStaysTaken) {
  LedgerHarness ledger;
  ledger.BuyPack("p", 50);
  const auto first = ledger.Run(RevokeCredits{{}, "p"});
  ASSERT_TRUE(first.ok());
  const auto second = ledger.Run(RevokeCredits{{}, "p"});
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->revision(), first->revision());
  const auto again = ledger.Run(PurchaseCredits{{}, "p", true, Credits(50), {}, {}});
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(again->purchase().has_revoked_on()) << "a retry of the purchase buys nothing";
  EXPECT_EQ(ledger.Usage().usage.allotment, Credits(100));
  EXPECT_THAT(ledger.Run(RevokeCredits{{}, "q"}),
              FailsWith(kNotFound, "purchase_id: acme has no purchase q"));
}

TEST(RevokeTest, RetryGetsTheFirstAnswer) {
  LedgerHarness ledger;
  ledger.BuyPack("p", 50);
  const RevokeCredits revoke{{"one", 7, 2}, "p"};
  const auto first = ledger.Run(revoke);
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_TRUE(ledger.Run(SetAgents{{}, 4, {}}).ok());
  EXPECT_EQ(ledger.Run(revoke)->SerializeAsString(), first->SerializeAsString());
}

}  // namespace
}  // namespace quota::ledger
