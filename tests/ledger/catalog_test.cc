// The catalog: what it refuses, what it finds, and which price is in force.

#include "ledger/catalog.h"

#include <google/protobuf/text_format.h>

#include <functional>

#include "tests/fakes/simulated_clock.h"
#include "tests/fakes/test_catalog.h"
#include "tests/ledger/matchers.h"

namespace quota::ledger {
namespace {

using std::chrono::seconds;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

void Merge(const char* text, quota::v1::CatalogRevision& source) {
  ASSERT_TRUE(google::protobuf::TextFormat::MergeFromString(text, &source)) << text;
}

absl::StatusOr<std::shared_ptr<const Catalog>> Compile(const quota::v1::CatalogRevision& revision) {
  quota::v1::Catalog source;
  *source.add_revisions() = revision;
  return Catalog::Build(source, test::LoadZone);
}

TEST(CatalogTest, EveryMistakeIsNamed) {
  struct Case {
    // Added to a catalog that is right.
    const char* added;
    const char* message;
  };
  const Case cases[] = {
      {"number: 0", "number: 0; it must be 1 to"},
      {"number: 1000000001", "number: 1000000001"},
      {"effective_from: 'yesterday'", "effective_from: \"yesterday\" is no instant"},
      {"sign_ups_on_credits_from: '2025-13-01'", "\"2025-13-01\" is no date"},
      {"alert_thresholds { percent: 0 }", "alert_thresholds: 0; percentages must be 1 to 100"},
      {"alert_thresholds { percent: 101 }", "alert_thresholds: 101"},
      {"alert_thresholds { percent: [ 50, 50 ] }", "alert_thresholds: 50; percentages must"},
      {"alert_thresholds { percent: [ 1, 2, 3, 4, 5, 6, 7, 8, 9 ] }", "9 percentages; at most 8"},
      {"unknown_organizations { edition: 'gold' }", "edition: there is no \"gold\""},
      {"unknown_organizations { edition: 'free' data_center: 'x' }", "data_center: there is no"},
      {"unknown_organizations { edition: 'free' total: 5 }", "per_minute: 0; it must be"},
      {"unknown_organizations { edition: 'free' per_minute: 5 }", "total: 0; it must be"},
      {"max_ttl { seconds: 86401 }", "max_ttl: from 1 s to 24 h"},
      {"default_ttl { seconds: 0 }", "default_ttl: from 1 s"},
      {"default_ttl { seconds: 3601 }", "default_ttl: it must not be above max_ttl"},
      {"max_ttl { seconds: 9223372036854775807 }", "max_ttl: "},
      {"max_ttl { seconds: -9223372036854775807 }", "max_ttl: "},
      {"editions { name: '' }", "edition \"\": a name has 1 to 64"},
      {"editions { name: 'Gold' }", "edition \"Gold\""},
      {"editions { name: 'gold' aliases: 'Au!' }", "edition gold: alias \"Au!\""},
      {"editions { name: 'tiny' }", "edition tiny: the name tiny is used twice"},
      {"editions { name: 'gold' aliases: 'tiny' }", "edition gold: the name tiny is used twice"},
      {"editions { name: 'gold' aliases: 'gold' }", "edition gold: the name gold is used twice"},
      {"editions { name: 'gold' base_credits: -1 }", "edition gold: credits must be"},
      {"editions { name: 'gold' base_credits: 1000000000001 }", "edition gold: credits must be"},
      {"editions { name: 'gold' credits_per_agent: -1 }", "edition gold: credits must be"},
      {"editions { name: 'gold' additional_credits_ceiling: -1 }", "edition gold: credits must"},
      {"editions { name: 'gold' concurrency_limit: -1 }", "gold: concurrency_limit: -1"},
      {"editions { name: 'gold' concurrency_limit: 1000001 }", "concurrency_limit: 1000001"},
      {"data_centers { name: 'X' time_zone: 'UTC' }", "data center \"X\""},
      {"data_centers { name: 'us' time_zone: 'UTC' }", "data center us: the name is used twice"},
      {"data_centers { name: 'x' time_zone: 'Moon/Base' }", "x: time_zone: no IANA zone"},
      {"data_centers { name: 'x' }", "data center x: time_zone: "},
      {"data_centers { name: 'x' time_zone: 'UTC' credits_live_on: 'soon' }",
       "data center x: credits_live_on: \"soon\" is no date"},
      {"pools { name: 'main' }", "pool \"main\""},
      {"pools { name: 'heavy' }", "pool \"heavy\": not a name, or used twice"},
      {"pools { name: 'x' concurrency_limit: -1 }", "pool x: concurrency_limit: -1"},
      {"unpriced_credits: -1", "unpriced_credits: -1"},
      {"unpriced_credits: 1000000000001", "unpriced_credits"},
      {"prices { flat: 1 }", "methods: at least one is required"},
      {"prices { methods: '' flat: 1 }", "a method is empty"},
      {"prices { methods: 'm' }", "price of m: one of flat, per_unit, steps is required"},
      {"prices { methods: [ 'm', 'm' ] flat: 1 }", "price of m: given twice"},
      {"prices { methods: 'm*' flat: 1 } prices { methods: 'm*' flat: 2 }",
       "price of m*: given twice"},
      {"prices { methods: 'm*n' flat: 1 }", "price of m*n: '*' may only be the last"},
      {"prices { methods: 'm' flat: 1 pool: 'x' }", "price of m: no pool \"x\""},
  };
  for (const Case& c : cases) {
    auto source = test::TestCatalogSource();
    Merge(c.added, source);
    EXPECT_THAT(Compile(source), FailsWith(kInvalid, c.message)) << c.added;
  }
}

TEST(CatalogTest, WhatMustBeThereIsAskedFor) {
  struct Case {
    std::function<void(quota::v1::CatalogRevision&)> remove;
    const char* message;
  };
  const Case cases[] = {
      {[](auto& source) { source.clear_editions(); }, "editions: at least one"},
      {[](auto& source) { source.clear_data_centers(); }, "data_centers: at least one"},
  };
  for (const Case& c : cases) {
    auto source = test::TestCatalogSource();
    c.remove(source);
    EXPECT_THAT(Compile(source), FailsWith(kInvalid, c.message));
  }
  auto source = test::TestCatalogSource();
  for (int i = 0; i < 16; ++i) source.add_pools()->set_name("pool-" + std::to_string(i));
  EXPECT_THAT(Compile(source), FailsWith(kInvalid, "pools: at most 16"));
}

TEST(CatalogTest, EditionsAreFoundByNameAndByAlias) {
  const auto all = test::TestCatalog();
  const CatalogRevision* catalog = &all->At(test::kNoon);
  const Edition* enterprise = catalog->FindEdition("enterprise");
  ASSERT_NE(enterprise, nullptr);
  EXPECT_EQ(catalog->FindEdition("zoho-one"), enterprise);
  EXPECT_EQ(catalog->FindEdition("crmplus"), enterprise);
  EXPECT_EQ(enterprise->name.text(), "enterprise");
  EXPECT_EQ(enterprise->base, Credits(100'000));
  EXPECT_EQ(enterprise->per_agent, Credits(1'000));
  EXPECT_EQ(enterprise->additional_ceiling, std::nullopt);
  EXPECT_EQ(catalog->FindEdition("tiny")->additional_ceiling, Credits(50));
  EXPECT_EQ(catalog->FindEdition("gold"), nullptr);
  EXPECT_EQ(catalog->FindEdition(""), nullptr);
}

TEST(CatalogTest, FirstDataCenterIsTheDefault) {
  const auto all = test::TestCatalog();
  const CatalogRevision* catalog = &all->At(test::kNoon);
  EXPECT_EQ(catalog->FindDataCenter("")->name.text(), "utc");
  EXPECT_EQ(catalog->FindDataCenter("eu")->zone.text(), "Europe/Amsterdam");
  EXPECT_EQ(catalog->FindDataCenter("moon"), nullptr);
}

// ---- Prices by method ----

std::shared_ptr<const Catalog> WithPrices(const char* prices) {
  auto source = test::TestCatalogSource();
  source.clear_prices();
  Merge(prices, source);
  return test::BuildCatalog(source);
}

absl::StatusOr<PricedCall> PriceAt(const Catalog& catalog, std::string_view method,
                                   Instant now = test::kNoon) {
  return catalog.At(now).Price({method, {}});
}

TEST(CatalogPriceTest, ExactNameBeforeTheLongestWildcard) {
  const auto catalog = WithPrices(R"pb(
    prices { methods: "*" flat: 1 }
    prices { methods: "tickets.*" flat: 2 }
    prices { methods: "tickets.list*" flat: 3 pool: "heavy" }
    prices {
      methods: [ "tickets.list", "tickets.search" ]
      flat: 4
    }
  )pb");
  const auto price = [&catalog](std::string_view method) {
    return PriceAt(*catalog, method)->credits.value();
  };
  EXPECT_EQ(price("tickets.list"), 4);
  EXPECT_EQ(price("tickets.search"), 4);
  EXPECT_EQ(price("tickets.list.all"), 3);
  EXPECT_EQ(price("tickets."), 2);
  EXPECT_EQ(price("tickets"), 1);
  EXPECT_EQ(price(""), 1);
  EXPECT_EQ(PriceAt(*catalog, "tickets.listing")->second_pool.text(), "heavy");
  EXPECT_TRUE(PriceAt(*catalog, "tickets.list")->second_pool.empty());
}

TEST(CatalogPriceTest, MethodWithoutAPriceIsAnErrorUnlessTheCatalogSaysWhatItCosts) {
  EXPECT_THAT(PriceAt(*test::TestCatalog(), "fly"),
              FailsWith(kInvalid, "method: the catalog has no price for \"fly\""));
  EXPECT_EQ(PriceAt(*WithPrices("unpriced_credits: 7"), "fly")->credits, Credits(7));
}

// ---- Revisions ----

quota::v1::CatalogRevision Revision(int64_t number, const char* effective_from, int64_t price) {
  auto revision = test::TestCatalogSource();
  revision.set_number(number);
  revision.set_effective_from(effective_from);
  auto* added = revision.add_prices();
  added->add_methods("m");
  added->set_flat(price);
  return revision;
}

TEST(CatalogRevisionTest, LastWhoseInstantHasPassedIsInForce) {
  quota::v1::Catalog source;
  *source.add_revisions() = Revision(1, "", 1);
  *source.add_revisions() = Revision(2, "2025-10-06T00:00:00Z", 2);
  *source.add_revisions() = Revision(5, "2025-10-06T02:00:00.000001+02:00", 3);
  const auto catalog = Catalog::Build(source, test::LoadZone);
  ASSERT_TRUE(catalog.ok()) << catalog.status();
  const Instant second(seconds(1'759'708'800));
  const auto price = [&catalog](Instant at) {
    return PriceAt(**catalog, "m", at)->credits.value();
  };
  EXPECT_EQ(price(Instant()), 1);
  EXPECT_EQ(price(second - Duration(1)), 1);
  EXPECT_EQ(price(second), 2);
  EXPECT_EQ(price(second + Duration(1)), 3);
  EXPECT_EQ((*catalog)->At(second + Duration(1)).number(), 5);
}

TEST(CatalogRevisionTest, NumbersAndInstantsMustRise) {
  struct Case {
    int64_t number;
    const char* effective_from;
    const char* message;
  };
  for (const Case& c : {Case{1, "2025-10-07T00:00:00Z", "revision 1: number: it must be above 1"},
                        Case{2, "", "revision 2: effective_from: it must be after"},
                        Case{2, "2025-10-06T00:00:00Z", "revision 2: effective_from: it must"}}) {
    quota::v1::Catalog source;
    *source.add_revisions() = Revision(1, "2025-10-06T00:00:00Z", 1);
    *source.add_revisions() = Revision(c.number, c.effective_from, 2);
    EXPECT_THAT(Catalog::Build(source, test::LoadZone), FailsWith(kInvalid, c.message));
  }
}

TEST(CatalogRevisionTest, NamesThatAnOrganisationMayHaveStay) {
  struct Case {
    std::function<void(quota::v1::CatalogRevision&)> change;
    const char* message;
  };
  const Case cases[] = {
      {[](auto& r) { r.mutable_editions(5)->set_name("big"); },
       "revision 2: it lacks the edition tiny of the revision before"},
      {[](auto& r) { r.mutable_data_centers(1)->set_name("usa"); },
       "revision 2: it lacks the data center us of the revision before"},
      {[](auto& r) {
         r.clear_prices();
         r.clear_pools();
       },
       "revision 2: it lacks the pool heavy of the revision before"},
  };
  for (const Case& c : cases) {
    quota::v1::Catalog source;
    *source.add_revisions() = Revision(1, "", 1);
    *source.add_revisions() = Revision(2, "2025-10-06T00:00:00Z", 2);
    c.change(*source.mutable_revisions(1));
    EXPECT_THAT(Catalog::Build(source, test::LoadZone), FailsWith(kInvalid, c.message));
  }
}

}  // namespace
}  // namespace quota::ledger
