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

void Merge(const char* text, quota::v1::Catalog& source) {
  ASSERT_TRUE(google::protobuf::TextFormat::MergeFromString(text, &source)) << text;
}

TEST(CatalogTest, EveryMistakeIsNamed) {
  struct Case {
    // Added to a catalog that is right.
    const char* added;
    const char* message;
  };
  const Case cases[] = {
      {"revision: 0", "revision: 0; it must be 1 to"},
      {"revision: 1000000001", "revision: 1000000001"},
      {"max_ttl { seconds: 86401 }", "max_ttl: it is required, from 1 s to 24 h"},
      {"default_ttl { seconds: 0 }", "default_ttl: it is required"},
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
      {"pools { name: 'main' }", "pool \"main\""},
      {"pools { name: 'heavy' }", "pool \"heavy\": not a name, or used twice"},
      {"pools { name: 'x' concurrency_limit: -1 }", "pool x: concurrency_limit: -1"},
      {"price_lists { unpriced_credits: -1 }", "unpriced_credits: -1"},
      {"price_lists { unpriced_credits: 1000000000001 }", "unpriced_credits"},
      {"price_lists { effective_from { seconds: 9223372036854775807 } }", "effective_from"},
      {"price_lists {}", "effective_from: two price lists begin at the same instant"},
      {"price_lists { effective_from { seconds: 5 } prices { flat: 1 } }", "method is empty"},
      {"price_lists { effective_from { seconds: 5 } prices { method: 'm' } }",
       "price of m: one of flat, per_unit, steps is required"},
      {"price_lists { effective_from { seconds: 5 } prices { method: 'm' flat: 1 }"
       " prices { method: 'm' flat: 2 } }",
       "price of m: given twice"},
      {"price_lists { effective_from { seconds: 5 } prices { method: 'm*' flat: 1 }"
       " prices { method: 'm*' flat: 2 } }",
       "price of m*: given twice"},
      {"price_lists { effective_from { seconds: 5 } prices { method: 'm*n' flat: 1 } }",
       "price of m*n: '*' may only be the last"},
      {"price_lists { effective_from { seconds: 5 } prices { method: 'm' flat: 1 pool: 'x' } }",
       "price of m: no pool \"x\""},
  };
  for (const Case& c : cases) {
    auto source = test::TestCatalogSource();
    Merge(c.added, source);
    EXPECT_THAT(Catalog::Build(source, test::LoadZone), FailsWith(kInvalid, c.message)) << c.added;
  }
}

TEST(CatalogTest, WhatMustBeThereIsAskedFor) {
  struct Case {
    std::function<void(quota::v1::Catalog&)> remove;
    const char* message;
  };
  const Case cases[] = {
      {[](auto& source) { source.clear_editions(); }, "editions: at least one"},
      {[](auto& source) { source.clear_data_centers(); }, "data_centers: at least one"},
      {[](auto& source) { source.clear_max_ttl(); }, "max_ttl: it is required"},
      {[](auto& source) { source.clear_default_ttl(); }, "default_ttl: it is required"},
  };
  for (const Case& c : cases) {
    auto source = test::TestCatalogSource();
    c.remove(source);
    EXPECT_THAT(Catalog::Build(source, test::LoadZone), FailsWith(kInvalid, c.message));
  }
  auto source = test::TestCatalogSource();
  for (int i = 0; i < 16; ++i) source.add_pools()->set_name("pool-" + std::to_string(i));
  EXPECT_THAT(Catalog::Build(source, test::LoadZone), FailsWith(kInvalid, "pools: at most 16"));
}

TEST(CatalogTest, EditionsAreFoundByNameAndByAlias) {
  const auto catalog = test::TestCatalog();
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
  const auto catalog = test::TestCatalog();
  EXPECT_EQ(catalog->FindDataCenter("")->name.text(), "utc");
  EXPECT_EQ(catalog->FindDataCenter("eu")->zone.text(), "Europe/Amsterdam");
  EXPECT_EQ(catalog->FindDataCenter("moon"), nullptr);
}

// ---- Prices by method ----

std::shared_ptr<const Catalog> WithPrices(const char* lists) {
  auto source = test::TestCatalogSource();
  source.clear_price_lists();
  Merge(lists, source);
  return test::BuildCatalog(source);
}

TEST(CatalogPriceTest, ExactNameBeforeTheLongestWildcard) {
  const auto catalog = WithPrices(R"pb(
    price_lists {
      prices { method: "*" flat: 1 }
      prices { method: "tickets.*" flat: 2 }
      prices { method: "tickets.list*" flat: 3 pool: "heavy" }
      prices { method: "tickets.list" flat: 4 }
    })pb");
  const auto price = [&catalog](std::string_view method) {
    return catalog->Price({method, {}}, test::kNoon)->credits.value();
  };
  EXPECT_EQ(price("tickets.list"), 4);
  EXPECT_EQ(price("tickets.list.all"), 3);
  EXPECT_EQ(price("tickets."), 2);
  EXPECT_EQ(price("tickets"), 1);
  EXPECT_EQ(price(""), 1);
  EXPECT_EQ(catalog->Price({"tickets.listing", {}}, test::kNoon)->second_pool.text(), "heavy");
  EXPECT_TRUE(catalog->Price({"tickets.list", {}}, test::kNoon)->second_pool.empty());
}

TEST(CatalogPriceTest, MethodWithoutAPriceIsAnErrorUnlessTheListSaysWhatItCosts) {
  EXPECT_THAT(test::TestCatalog()->Price({"fly", {}}, test::kNoon),
              FailsWith(kInvalid, "method: the catalog has no price for \"fly\""));
  const auto catalog = WithPrices("price_lists { unpriced_credits: 7 }");
  EXPECT_EQ(catalog->Price({"fly", {}}, test::kNoon)->credits, Credits(7));
}

TEST(CatalogPriceTest, LatestListWhoseInstantHasPassedIsInForce) {
  const auto catalog = WithPrices(R"pb(
    price_lists {
      effective_from { seconds: 200 }
      prices { method: "m" flat: 2 }
    }
    price_lists {
      effective_from { seconds: 100 }
      prices { method: "m" flat: 1 }
    }
    price_lists {
      effective_from { seconds: 300 nanos: 1000 }
      prices { method: "m" flat: 3 }
    }
  )pb");
  const auto price = [&catalog](Duration at) { return catalog->Price({"m", {}}, Instant(at)); };
  EXPECT_THAT(price(seconds(100) - Duration(1)), FailsWith(kInvalid, "no price list in force"));
  EXPECT_EQ(price(seconds(100))->credits, Credits(1));
  EXPECT_EQ(price(seconds(200) - Duration(1))->credits, Credits(1));
  EXPECT_EQ(price(seconds(200))->credits, Credits(2));
  EXPECT_EQ(price(seconds(300))->credits, Credits(2));
  EXPECT_EQ(price(seconds(300) + Duration(1))->credits, Credits(3));
}

TEST(CatalogPriceTest, ListWithoutAnInstantCountsFromTheBeginning) {
  const auto catalog = WithPrices("price_lists { prices { method: 'm' flat: 9 } }");
  EXPECT_EQ(catalog->Price({"m", {}}, Instant())->credits, Credits(9));
}

}  // namespace
}  // namespace quota::ledger
