// What each edition of the catalog that is shipped allots: edition x agents x purchases x model x
// date. Expected figures are written by hand from the edition table.

#include "ledger/allotment.h"

#include <google/protobuf/text_format.h>

#include <fstream>
#include <sstream>

#include "ledger/calendar.h"
#include "tests/fakes/simulated_clock.h"
#include "tests/fakes/test_catalog.h"
#include "tests/ledger/matchers.h"

namespace quota::ledger {
namespace {

using absl::CivilDay;

std::shared_ptr<const Catalog> ShippedCatalog() {
  std::ifstream file(QUOTA_DEFAULT_CATALOG);
  std::stringstream text;
  text << file.rdbuf();
  quota::v1::Catalog source;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text.str(), &source));
  auto catalog = Catalog::Build(source, test::LoadZone);
  EXPECT_TRUE(catalog.ok()) << catalog.status();
  return *std::move(catalog);
}

const CivilDay kBefore(2025, 10, 5);
const CivilDay kLive(2025, 10, 7);
const CivilDay kLater(2026, 3, 1);

struct Case {
  const char* edition;
  int32_t agents;
  int32_t light_agents;
  // Bought for each day of March 2026.
  int64_t additional;
  CivilDay signup;
  bool paid;
  std::optional<int64_t> legacy_limit;
  CivilDay date;
  // Expected: the model, and credits by source.
  Model model;
  int64_t base;
  int64_t variable;
  int64_t grandfathered;
  int64_t bought;
  const char* reason;
};

constexpr Model kCredits = Model::kApiCredits;
constexpr Model kLimits = Model::kApiLimits;
const CivilDay kOld(2020, 1, 1);
const CivilDay kNew(2025, 11, 1);

const Case kCases[] = {
    // Every row of the edition table: base, and variable by agents; light agents add nothing.
    {"free",
     0,
     0,
     0,
     kNew,
     false,
     {},
     kLater,
     kCredits,
     5'000,
     0,
     0,
     0,
     "5,000 credits: 5,000 of edition free + 0 for 0 agents"},
    {"trial", 3, 9, 0, kNew, false, {}, kLater, kCredits, 5'000, 0, 0, 0, "edition free"},
    {"express", 0, 5, 0, kNew, true, {}, kLater, kCredits, 25'000, 0, 0, 0, "25,000 credits"},
    {"express", 10, 5, 0, kNew, true, {}, kLater, kCredits, 25'000, 1'000, 0, 0, "26,000 credits"},
    {"standard",
     10,
     0,
     0,
     kNew,
     true,
     {},
     kLater,
     kCredits,
     50'000,
     2'500,
     0,
     0,
     "52,500 credits: 50,000 of edition standard + 2,500 for 10 agents"},
    {"professional",
     25,
     7,
     0,
     kNew,
     true,
     {},
     kLater,
     kCredits,
     75'000,
     12'500,
     0,
     0,
     "87,500 credits"},
    {"enterprise",
     40,
     0,
     0,
     kNew,
     true,
     {},
     kLater,
     kCredits,
     100'000,
     40'000,
     0,
     0,
     "140,000 credits"},
    {"bundle", 1, 0, 0, kNew, true, {}, kLater, kCredits, 100'000, 1'000, 0, 0, "edition bundle"},
    {"zoho-one", 2, 0, 0, kNew, true, {}, kLater, kCredits, 100'000, 2'000, 0, 0, "edition bundle"},
    {"crm-plus", 3, 0, 0, kNew, true, {}, kLater, kCredits, 100'000, 3'000, 0, 0, "edition bundle"},
    {"service-plus",
     4,
     0,
     0,
     kNew,
     true,
     {},
     kLater,
     kCredits,
     100'000,
     4'000,
     0,
     0,
     "edition bundle"},
    // Purchases: within their validity, on top.
    {"express", 10, 0, 7'000, kNew, true, {}, kLater, kCredits, 25'000, 1'000, 0, 7'000, "26,000"},
    {"express",
     10,
     0,
     7'000,
     kNew,
     true,
     {},
     CivilDay(2026, 2, 28),
     kCredits,
     25'000,
     1'000,
     0,
     0,
     "26,000"},
    {"express",
     10,
     0,
     7'000,
     kNew,
     true,
     {},
     CivilDay(2026, 4, 1),
     kCredits,
     25'000,
     1'000,
     0,
     0,
     "26,000"},
    // Limits until the data center (eu) goes live; then credits, the paid with the higher of both.
    {"professional", 25, 0, 0, kOld, true, 120'000, kBefore, kLimits, 120'000, 0, 0, 0,
     "API limits: 120,000 calls a day; credits go live in eu on 2025-10-07"},
    {"professional",
     25,
     0,
     0,
     kOld,
     true,
     {},
     kBefore,
     kLimits,
     0,
     0,
     0,
     0,
     "API limits: no legacy limit is set; credits go live in eu on 2025-10-07"},
    {"professional", 25, 0, 0, kOld, true, 120'000, kLive, kCredits, 75'000, 12'500, 32'500, 0,
     "grandfathered: 120,000 limits > 87,500 credits"},
    {"professional", 25, 0, 500, kOld, true, 120'000, kLater, kCredits, 75'000, 12'500, 32'500, 500,
     "grandfathered: 120,000 limits > 87,500 credits"},
    // Re-evaluated with agents and edition.
    {"professional", 90, 0, 0, kOld, true, 120'000, kLive, kCredits, 75'000, 45'000, 0, 0,
     "120,000 credits >= 120,000 limits"},
    {"enterprise", 25, 0, 0, kOld, true, 120'000, kLive, kCredits, 100'000, 25'000, 0, 0,
     "125,000 credits >= 120,000 limits"},
    // Not grandfathered: who does not pay, who signed up on credits.
    {"free", 0, 0, 0, kOld, false, 9'000, kBefore, kLimits, 9'000, 0, 0, 0, "API limits: 9,000"},
    {"free", 0, 0, 0, kOld, false, 9'000, kLive, kCredits, 5'000, 0, 0, 0,
     "the limit of 9,000 does not count: it does not pay"},
    {"express", 0, 0, 0, kLive, true, 90'000, kLive, kCredits, 25'000, 0, 0, 0,
     "the limit of 90,000 does not count: it signed up on credits"},
    {"express", 0, 0, 0, kNew, true, 90'000, kLater, kCredits, 25'000, 0, 0, 0,
     "it signed up on credits"},
};

TEST(AllotmentTest, FollowsFromEditionAgentsPurchasesModelAndDate) {
  const auto catalog = ShippedCatalog();
  for (const Case& c : kCases) {
    Account account;
    const CatalogRevision& in_force = catalog->At(test::kNoon);
    const Edition* edition = in_force.FindEdition(c.edition);
    ASSERT_NE(edition, nullptr) << c.edition;
    account.plan.edition = edition->name;
    account.plan.data_center = Name("eu");
    account.plan.agents = c.agents;
    account.plan.light_agents = c.light_agents;
    account.plan.signup_day = DaysSinceEpoch(c.signup);
    account.plan.paid = c.paid;
    account.plan.extras.Edit().legacy_limit = c.legacy_limit;
    if (c.additional != 0) {
      Purchase& bought = account.purchases.emplace_back();
      bought.credits = Credits(c.additional);
      bought.first_day = DaysSinceEpoch(CivilDay(2026, 3, 1));
      bought.last_day = DaysSinceEpoch(CivilDay(2026, 3, 31));
    }
    const Allotment allotment = Allot(account, in_force, DaysSinceEpoch(c.date));
    const std::string where = std::string(c.edition) + " on " + absl::FormatCivilTime(c.date);
    EXPECT_EQ(allotment.model, c.model) << where;
    EXPECT_EQ(allotment.credits.base, Credits(c.base)) << where;
    EXPECT_EQ(allotment.credits.variable, Credits(c.variable)) << where;
    EXPECT_EQ(allotment.credits.grandfathered, Credits(c.grandfathered)) << where;
    EXPECT_EQ(allotment.credits.additional, Credits(c.bought)) << where;
    EXPECT_NE(allotment.reason.find(c.reason), std::string::npos) << where << allotment.reason;
  }
}

TEST(AllotmentTest, GrandfatheringEndsAfterItsLastDay) {
  const auto catalog = ShippedCatalog();
  const CatalogRevision& in_force = catalog->At(test::kNoon);
  Account account;
  account.plan.edition = Name("express");
  account.plan.data_center = Name("us");
  account.plan.signup_day = DaysSinceEpoch(kOld);
  account.plan.paid = true;
  account.plan.extras.Edit().legacy_limit = 30'000;
  account.plan.extras.Edit().grandfathered_until = DaysSinceEpoch(CivilDay(2026, 6, 30));
  const auto grandfathered = [&](CivilDay date) {
    return Allot(account, in_force, DaysSinceEpoch(date)).credits.grandfathered.value();
  };
  EXPECT_EQ(grandfathered(CivilDay(2026, 6, 30)), 5'000);
  EXPECT_EQ(grandfathered(CivilDay(2026, 7, 1)), 0);
}

TEST(AllotmentTest, EveryDataCenterIsLiveBeforeAllSignUpsStartOnCredits) {
  const auto catalog = ShippedCatalog();
  const CatalogRevision& in_force = catalog->At(test::kNoon);
  EXPECT_EQ(in_force.sign_ups_on_credits_from(), DaysSinceEpoch(CivilDay(2025, 10, 30)));
  for (const DataCenter& center : in_force.data_centers()) {
    ASSERT_TRUE(center.credits_live_on.has_value()) << center.name.text();
    EXPECT_GE(*center.credits_live_on, DaysSinceEpoch(CivilDay(2025, 10, 6)));
    EXPECT_LE(*center.credits_live_on, DaysSinceEpoch(CivilDay(2025, 10, 8)));
  }
}

TEST(AllotmentTest, SignUpsStartOnCreditsEvenWhereTheDataCenterIsNotLive) {
  auto source = test::TestCatalogSource();
  source.mutable_data_centers(0)->set_credits_live_on("2026-01-01");
  source.set_sign_ups_on_credits_from("2025-10-30");
  const auto catalog = test::BuildCatalog(source);
  const CatalogRevision& in_force = catalog->At(test::kNoon);
  Plan plan;
  plan.edition = Name("express");
  plan.data_center = Name("utc");
  const int32_t date = DaysSinceEpoch(CivilDay(2025, 11, 3));
  plan.signup_day = DaysSinceEpoch(CivilDay(2025, 10, 29));
  EXPECT_EQ(ModelOn(plan, in_force, date), kLimits);
  EXPECT_TRUE(SignedUpOnLimits(plan, in_force));
  plan.signup_day = DaysSinceEpoch(CivilDay(2025, 10, 30));
  EXPECT_EQ(ModelOn(plan, in_force, date), kCredits);
  EXPECT_FALSE(SignedUpOnLimits(plan, in_force));
}

}  // namespace
}  // namespace quota::ledger
