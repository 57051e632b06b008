// Administration: what is remembered, what a stale change gets, and what purchases allow.

#include "tests/ledger/ledger_harness.h"
#include "tests/ledger/matchers.h"

namespace quota::ledger {
namespace {

using absl::CivilDay;
using std::chrono::hours;
using std::chrono::seconds;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kExists = absl::StatusCode::kAlreadyExists;

SetAgents Agents(int64_t agents, std::string_view request_id, uint64_t fingerprint = 1) {
  return {{request_id, fingerprint, std::nullopt}, agents, std::nullopt};
}

PurchaseCredits Daily(std::string_view id, int64_t credits, std::optional<CivilDay> first = {},
                      std::optional<CivilDay> last = {}) {
  return {{}, id, false, Credits(credits), first, last};
}

PurchaseCredits Pack(std::string_view id, int64_t credits, std::optional<CivilDay> first = {},
                     std::optional<CivilDay> last = {}) {
  return {{}, id, true, Credits(credits), first, last};
}

TEST(CreateOrgTest, ShowsEveryFigure) {
  LedgerHarness ledger;
  CreateOrg command;
  command.edition = "crmplus";
  command.agents = 7;
  command.light_agents = 9;
  command.data_center = "eu";
  command.own_zone = "Asia/Tokyo";
  command.signup_day = CivilDay(2025, 10, 30);
  command.paid = true;
  const auto org = ledger.Run(command, "new");
  ASSERT_TRUE(org.ok()) << org.status();
  EXPECT_EQ(org->org_id(), "new");
  EXPECT_EQ(org->edition(), "enterprise") << "never an alias";
  EXPECT_EQ(org->agents(), 7);
  EXPECT_EQ(org->light_agents(), 9);
  EXPECT_EQ(org->data_center(), "eu");
  EXPECT_EQ(org->time_zone(), "Asia/Tokyo");
  EXPECT_EQ(org->signup_day().day(), 30);
  EXPECT_TRUE(org->paid());
  EXPECT_FALSE(org->suspended());
  EXPECT_EQ(org->revision(), 1);
  EXPECT_EQ(org->allotment_by_source().base(), 100'000);
  EXPECT_EQ(org->allotment_by_source().variable(), 7'000) << "light agents do not count";
  EXPECT_EQ(org->model(), quota::v1::MODEL_API_CREDITS);
  EXPECT_EQ(org->pools(0).limit(), 25);
  EXPECT_EQ(org->created_at().seconds(), 1'762'171'200);
  EXPECT_EQ(ledger.Org("new").SerializeAsString(), org->SerializeAsString());
  // Noon in UTC is nine in the evening in Tokyo.
  EXPECT_EQ(ledger.Usage("new").usage.resets_at, test::kNoon + hours(3));
}

TEST(CreateOrgTest, MistakesAreNamed) {
  LedgerHarness ledger;
  CreateOrg good;
  good.edition = "tiny";
  CreateOrg bad = good;
  bad.edition = "gold";
  EXPECT_THAT(ledger.Run(bad, "new"), FailsWith(kInvalid, "edition: the catalog has no \"gold\""));
  bad = good;
  bad.data_center = "moon";
  EXPECT_THAT(ledger.Run(bad, "new"), FailsWith(kInvalid, "data_center: the catalog has no"));
  bad = good;
  bad.own_zone = "Moon/Base";
  EXPECT_THAT(ledger.Run(bad, "new"), FailsWith(kInvalid, "time_zone: "));
  bad = good;
  bad.signup_day = CivilDay(2025, 11, 4);
  EXPECT_THAT(ledger.Run(bad, "new"), FailsWith(kInvalid, "signup_day: "));
  EXPECT_THAT(ledger.Run(good, kOrg), FailsWith(kExists, "org_id: acme exists already"));
  EXPECT_EQ(ledger.shard().account_count(), 1u);
}

TEST(CreateOrgTest, RetryGetsTheSameAnswer) {
  LedgerHarness ledger;
  CreateOrg command;
  command.request = {"create-new", 5, std::nullopt};
  command.edition = "tiny";
  const auto first = ledger.Run(command, "new");
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(ledger.Run(Agents(3, "change"), "new").ok());
  EXPECT_EQ(ledger.Run(command, "new")->SerializeAsString(), first->SerializeAsString());
  command.request.fingerprint = 6;
  EXPECT_THAT(ledger.Run(command, "new"), FailsWith(kExists, "request_id: create-new"));
}

TEST(AdminTest, ChangesTakeEffectAtOnceAndKeepWhatIsUsed) {
  LedgerHarness ledger;
  ASSERT_TRUE(ledger.Run(AskCharge("a", 60)).ok());
  const auto org = ledger.Run(Agents(5, "more"));
  ASSERT_TRUE(org.ok());
  EXPECT_EQ(org->revision(), 2);
  EXPECT_EQ(org->allotment_by_source().variable(), 50);
  EXPECT_THAT(ledger.Usage().usage, Shows(60, 0, 90));
  SetAgents light{{}, 5, 100};
  EXPECT_EQ(ledger.Run(light)->light_agents(), 100);
  EXPECT_THAT(ledger.Usage().usage, Shows(60, 0, 90));
  ledger.SetEditionTo("enterprise");
  EXPECT_THAT(ledger.Usage().usage, Shows(60, 0, 104'940));
  EXPECT_EQ(ledger.Usage().edition, "enterprise");
}

TEST(AdminTest, RetryGetsTheFirstAnswerForTwentyFourHoursAndChangesNothing) {
  LedgerHarness ledger;
  const auto first = ledger.Run(Agents(5, "one"));
  ASSERT_TRUE(ledger.Run(Agents(6, "two")).ok());
  ledger.Restart();
  ledger.Advance(hours(24) - Duration(1));
  ledger.Usage();
  ledger.TakeEvents();
  const auto again = ledger.Run(Agents(5, "one"));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  EXPECT_TRUE(ledger.TakeEvents().empty());
  EXPECT_EQ(ledger.Org().agents(), 6);
  EXPECT_THAT(ledger.Run(Agents(7, "one", 2)), FailsWith(kExists, "request_id: one was used"));
  EXPECT_THAT(ledger.Run(SetEdition{{"one", 3, {}}, "small", {}}), FailsWith(kExists, "one"));
  // Later than that it is forgotten with the next change.
  ledger.Advance(Duration(1));
  ASSERT_TRUE(ledger.Run(Agents(8, "three")).ok());
  EXPECT_EQ(ledger.Run(Agents(5, "one"))->revision(), 5);
}

TEST(AdminTest, StaleRevisionIsAbortedAndChangesNothing) {
  LedgerHarness ledger;
  SetAgents command = Agents(5, "one");
  command.request.expected_revision = 1;
  ASSERT_TRUE(ledger.Run(command).ok());
  EXPECT_TRUE(ledger.Run(command).ok()) << "a retry, though the revision has moved on";
  ledger.Usage();
  ledger.TakeEvents();
  for (const int64_t stale : {0, 1, 3}) {
    const std::optional<int64_t> expected = stale;
    constexpr auto kAborted = absl::StatusCode::kAborted;
    EXPECT_THAT(ledger.Run(SetAgents{{"x", 1, expected}, 6, {}}),
                FailsWith(kAborted, "expected_revision: "));
    EXPECT_THAT(ledger.Run(SetEdition{{"x", 1, expected}, "small", {}}),
                FailsWith(kAborted, "acme is at revision 2"));
    EXPECT_THAT(ledger.Run(SetConcurrencyLimit{{"x", 1, expected}, "main", 1}),
                FailsWith(kAborted, "expected_revision"));
    PurchaseCredits purchase = Pack("p", 1);
    purchase.request = {"x", 1, expected};
    EXPECT_THAT(ledger.Run(purchase), FailsWith(kAborted, "expected_revision"));
  }
  EXPECT_TRUE(ledger.TakeEvents().empty());
}

TEST(AdminTest, TooManyChangesInADayAreRefusedRatherThanForgotten) {
  LedgerHarness ledger;
  // The creation is one of them.
  for (size_t i = 1; i < kMaxAdminRequests; ++i) {
    ASSERT_TRUE(ledger.Run(SetAgents{{}, static_cast<int64_t>(i), {}}).ok());
  }
  EXPECT_THAT(ledger.Run(SetAgents{{}, 1, {}}),
              FailsWith(absl::StatusCode::kResourceExhausted, "changes within 24 hours"));
  EXPECT_THAT(ledger.Run(Pack("p", 1)),
              FailsWith(absl::StatusCode::kResourceExhausted, "changes within 24 hours"));
  ledger.Advance(hours(24));
  EXPECT_TRUE(ledger.Run(SetAgents{{}, 1, {}}).ok());
  EXPECT_EQ(ledger.account().admin_requests->size(), 1u);
}

TEST(AdminTest, LimitIsOverriddenByPoolAndGoesBackToTheCatalogs) {
  LedgerHarness ledger;
  auto org = ledger.Run(SetConcurrencyLimit{{}, "main", 1});
  ASSERT_TRUE(org.ok());
  EXPECT_EQ(org->pools(0).limit(), 1);
  EXPECT_TRUE(org->pools(0).overridden());
  EXPECT_FALSE(org->pools(1).overridden());
  ledger.SetEditionTo("enterprise");
  EXPECT_EQ(ledger.Org().pools(0).limit(), 1) << "an override outlives a change of edition";
  org = ledger.Run(SetConcurrencyLimit{{}, "heavy", 0});
  EXPECT_EQ(org->pools(1).limit(), 0);
  EXPECT_THAT(ledger.Run(AskMethod("a", "reports.run")), Decides(Decision::kConcurrencyExhausted));
  org = ledger.Run(SetConcurrencyLimit{{}, "main", std::nullopt});
  EXPECT_EQ(org->pools(0).limit(), 25);
  EXPECT_FALSE(org->pools(0).overridden());
  EXPECT_THAT(ledger.Run(SetConcurrencyLimit{{}, "lukewarm", 1}),
              FailsWith(kInvalid, "pool: there is no \"lukewarm\"; there is main, heavy"));
}

// ---- Purchases ----

TEST(PurchaseTest, IsRememberedByItsOwnIdWhateverTheRequest) {
  LedgerHarness ledger;
  const auto first = ledger.Run(Pack("p", 30));
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->purchase().pack().credits(), 30);
  EXPECT_EQ(first->org().revision(), 2);
  ASSERT_TRUE(ledger.Run(AskCharge("a", 110)).ok());
  ledger.Advance(hours(30));
  ASSERT_TRUE(ledger.Run(Agents(0, "forget the purchase's request")).ok());
  PurchaseCredits again = Pack("p", 30);
  // Not even a stale revision makes it another purchase.
  again.request = {"another", 77, 1};
  const auto second = ledger.Run(again);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->purchase().pack().used(), 10) << "as things stand";
  EXPECT_EQ(second->org().revision(), 3);
  EXPECT_EQ(ledger.account().purchases.size(), 1u);
  for (const PurchaseCredits& other :
       {Pack("p", 31), Daily("p", 30), Pack("p", 30, CivilDay(2025, 11, 4)),
        Pack("p", 30, {}, CivilDay(2026, 11, 4))}) {
    EXPECT_THAT(ledger.Run(other), FailsWith(kExists, "purchase_id: p was used"));
  }
}

TEST(PurchaseTest, RetryOfTheSameRequestGetsTheFirstAnswerThoughThingsHaveChanged) {
  LedgerHarness ledger;
  PurchaseCredits command = Pack("p", 30);
  command.request = {"buy", 1, 1};
  const auto first = ledger.Run(command);
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(ledger.Run(AskCharge("a", 110)).ok());
  ASSERT_TRUE(ledger.Run(Agents(2, "more")).ok());
  EXPECT_EQ(ledger.Run(command)->SerializeAsString(), first->SerializeAsString());
  command.request.fingerprint = 2;
  EXPECT_THAT(ledger.Run(command), FailsWith(kExists, "request_id: buy"));
}

TEST(PurchaseTest, DaysMustMakeSense) {
  LedgerHarness ledger;
  const CivilDay today(2025, 11, 3);
  EXPECT_THAT(ledger.Run(Pack("p", 1, today - 1)), FailsWith(kInvalid, "first_day: "));
  EXPECT_THAT(ledger.Run(Pack("p", 1, today + 1, today)), FailsWith(kInvalid, "last_day: "));
  EXPECT_THAT(ledger.Run(Pack("p", 1, {}, today - 1)), FailsWith(kInvalid, "last_day: "));
  EXPECT_TRUE(ledger.Run(Pack("p", 1, today, today)).ok());
  EXPECT_TRUE(ledger.Run(Daily("d", 1, today + 5, today + 5)).ok());
}

TEST(PurchaseTest, DailyCreditsCountFromTheirFirstDayToTheirLast) {
  LedgerHarness ledger;
  const CivilDay today(2025, 11, 3);
  ledger.BuyDaily("later", 20, today + 1, today + 2);
  EXPECT_EQ(ledger.Usage().usage.allotment, Credits(100));
  const int expected[] = {120, 120, 100};
  for (const int allotment : expected) {
    ledger.Advance(hours(24));
    EXPECT_EQ(ledger.Usage().usage.allotment, Credits(allotment));
  }
  ledger.BuyDaily("now", 5);
  EXPECT_EQ(ledger.Usage().usage.allotment, Credits(105)) << "at once";
  EXPECT_EQ(ledger.Usage().allotment_by_source.additional, Credits(5));
}

TEST(PurchaseTest, CeilingOfTheEditionHoldsOnEachDayAndNotOnTheirSum) {
  LedgerHarness ledger;
  const CivilDay today(2025, 11, 3);
  EXPECT_THAT(ledger.Run(Daily("a", 51)),
              FailsWith(absl::StatusCode::kFailedPrecondition, "edition tiny allows 50"));
  // Two that never meet, and one that meets both.
  ledger.BuyDaily("first", 30, today, today + 9);
  ledger.BuyDaily("second", 30, today + 10, today + 19);
  EXPECT_THAT(ledger.Run(Daily("a", 21, today + 5, today + 15)),
              FailsWith(absl::StatusCode::kFailedPrecondition, "51 additional credits a day"));
  EXPECT_TRUE(ledger.Run(Daily("a", 20, today + 5, today + 15)).ok());
  EXPECT_THAT(ledger.Run(Daily("b", 1, today, today + 5)),
              FailsWith(absl::StatusCode::kFailedPrecondition, "51 additional"));
  EXPECT_TRUE(ledger.Run(Daily("b", 1, today, today + 4)).ok());
  EXPECT_TRUE(ledger.Run(Pack("pack", 1'000)).ok()) << "packs have no ceiling";
  ledger.SetEditionTo("small");
  EXPECT_TRUE(ledger.Run(Daily("c", 1'000)).ok()) << "small has no ceiling";
}

TEST(AdminTest, NamesThatNobodyHasAreNotKept) {
  // Interned names are never freed: only what exists may become one.
  LedgerHarness ledger;
  const size_t before = Name::count();
  CreateOrg create;
  create.edition = "tiny";
  create.own_zone = "Junk/Zone";
  EXPECT_FALSE(ledger.Run(create, "new").ok());
  create.own_zone = "";
  create.data_center = "junk-center";
  EXPECT_FALSE(ledger.Run(create, "new").ok());
  EXPECT_FALSE(ledger.Run(SetConcurrencyLimit{{}, "junk-pool", 1}).ok());
  EXPECT_FALSE(ledger.Run(SetEdition{{}, "junk-edition", {}}).ok());
  EXPECT_EQ(Name::count(), before);
}

TEST(PurchaseTest, HistoryIsBoundedAndEndedPurchasesLeaveIt) {
  LedgerHarness ledger("enterprise");
  const CivilDay today(2025, 11, 3);
  for (size_t i = 0; i < kMaxPurchases; ++i) {
    // Not more changes a day than are remembered.
    if (i % (kMaxAdminRequests / 2) == 0) ledger.Advance(hours(25));
    ledger.BuyPack("p" + std::to_string(i), 1, {}, today + 10);
  }
  ledger.Advance(hours(25));
  EXPECT_THAT(ledger.Run(Pack("more", 1)),
              FailsWith(absl::StatusCode::kFailedPrecondition, "200 purchases"));
  ledger.Advance(hours(24) * (kPurchaseHistoryDays + 10));
  ledger.Usage();
  ledger.Advance(hours(24));
  ledger.Usage();
  EXPECT_TRUE(ledger.account().purchases.empty());
  EXPECT_TRUE(ledger.Run(Pack("more", 1)).ok());
  EXPECT_EQ(ledger.account().purchases[0].number, kMaxPurchases + 1) << "never reused";
  ledger.Restart();
}

TEST(ListOrgsTest, ListsEachOnceInPages) {
  LedgerHarness ledger;
  for (int i = 0; i < 4; ++i) ledger.Create("org-" + std::to_string(i), "tiny");
  std::vector<std::string> names;
  uint32_t next = 0;
  int pages = 0;
  do {
    const auto page = ledger.ListOrgs(next, 2);
    for (const auto& org : page.orgs) names.push_back(org.org_id());
    next = page.next_account;
    ++pages;
  } while (next != 0);
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(names, (std::vector<std::string>{"acme", "org-0", "org-1", "org-2", "org-3"}));
  EXPECT_TRUE(ledger.ListOrgs(6, 2).orgs.empty());
}

}  // namespace
}  // namespace quota::ledger
