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

absl::StatusOr<std::shared_ptr<const Catalog>> Build(const quota::v1::CatalogRevision& revision) {
  quota::v1::Catalog source;
  *source.add_revisions() = revision;
  return Catalog::Build(source, test::LoadZone);
}

void Merge(const char* text, quota::v1::CatalogRevision& source) {
  ASSERT_TRUE(google::protobuf::TextFormat::MergeFromString(text, &source)) << text;
}

TEST(CatalogTest, EveryMistakeIsNamed) {
  struct Case {
    // Added to a catalog that is right.
    const char* added;
    const char* message;
  };
  const Case cases[] = {
      {"number: 0", "revisions[0].number: 0; it must be 1 to 1000000000"},
      {"number: 1000000001", "revisions[0].number: 1000000001"},
      {"max_ttl { seconds: 86401 }", "revisions[0].max_ttl: it must be from 1 s to 24 h"},
      {"default_ttl { seconds: 0 }", "revisions[0].default_ttl: it must be from 1 s to 24 h"},
      {"default_ttl { nanos: -1 }", "revisions[0].default_ttl: it must be from"},
      {"default_ttl { nanos: 2000000000 }", "revisions[0].default_ttl: it must be from"},
      {"default_ttl { seconds: 3601 }", "default_ttl: it must not be above max_ttl"},
      {"max_ttl { seconds: 9223372036854775807 }", "revisions[0].max_ttl: "},
      {"max_ttl { seconds: -9223372036854775807 }", "revisions[0].max_ttl: "},
      {"effective_from: '2025-10-06'", "effective_from: \"2025-10-06\" is no instant"},
      {"effective_from: 'infinite-future'", "effective_from: \"infinite-future\" is no instant"},
      {"effective_from: '1969-12-31T23:59:59Z'", "is no instant"},
      {"sign_ups_on_credits_from: '2025-02-30'", "sign_ups_on_credits_from: \"2025-02-30\""},
      {"sign_ups_on_credits_from: '1969-12-31'", "is no date"},
      {"sign_ups_on_credits_from: '-999-12-31'", "is no date"},
      {"editions { name: '' }", "editions[8].name: \"\" is no name"},
      {"editions { name: 'Gold' }", "editions[8].name: \"Gold\" is no name"},
      {"editions { name: '\\033[2J' }", "editions[8].name: \"\\x1b[2J\" is no name"},
      {"editions { name: 'gold' aliases: 'Au!' }", "editions[8].aliases[0]: \"Au!\" is no name"},
      {"editions { name: 'tiny' }",
       "editions[8].name: \"tiny\" is used twice (see revisions[0].editions[5].name)"},
      {"editions { name: 'gold' aliases: 'tiny' }", "editions[8].aliases[0]: \"tiny\" is used"},
      {"editions { name: 'gold' aliases: 'gold' }", "editions[8].aliases[0]: \"gold\" is used"},
      {"editions { name: 'gold' base_credits: -1 }", "editions[8].base_credits: -1; it must be 0"},
      {"editions { name: 'gold' base_credits: 1000000000001 }", "base_credits: 1000000000001;"},
      {"editions { name: 'gold' credits_per_agent: -1 }", "editions[8].credits_per_agent: -1;"},
      {"editions { name: 'gold' additional_credits_ceiling: -1 }",
       "additional_credits_ceiling: -1"},
      {"editions { name: 'gold' concurrency_limit: -1 }", "editions[8].concurrency_limit: -1"},
      {"editions { name: 'gold' concurrency_limit: 1000001 }", "concurrency_limit: 1000001"},
      {"data_centers { name: 'X' time_zone: 'UTC' }", "data_centers[5].name: \"X\" is no name"},
      {"data_centers { name: 'us' time_zone: 'UTC' }",
       "data_centers[5].name: \"us\" is used twice"},
      {"data_centers { name: 'x' time_zone: 'Moon/Base' }",
       "data_centers[5].time_zone: there is no IANA zone \"Moon/Base\""},
      {"data_centers { name: 'x' }", "data_centers[5].time_zone: "},
      {"data_centers { name: 'x' time_zone: 'UTC' credits_live_on: 'soon' }",
       "data_centers[5].credits_live_on: \"soon\" is no date"},
      {"pools { name: 'main' }", "pools[1].name: every organisation has the pool \"main\""},
      {"pools { name: 'heavy' }", "pools[1].name: \"heavy\" is used twice"},
      {"pools { name: '' }", "pools[1].name: \"\" is no name"},
      {"pools { name: 'x' concurrency_limit: -1 }", "pools[1].concurrency_limit: -1"},
      {"unpriced_credits: -1", "revisions[0].unpriced_credits: -1; it must be 0 to 1000000000000"},
      {"unpriced_credits: 1000000000001", "revisions[0].unpriced_credits: 1000000000001"},
      {"prices { flat: 1 }", "prices[6].methods: at least one is required"},
      {"prices { methods: '' flat: 1 }", "prices[6].methods[0]: it is empty"},
      {"prices { methods: 'm' }", "prices[6]: one of flat, per_unit and steps is required"},
      {"prices { methods: [ 'm', 'm' ] flat: 1 }",
       "prices[6].methods[1]: \"m\" has two prices (see revisions[0].prices[6].methods[0])"},
      {"prices { methods: 'm*' flat: 1 } prices { methods: 'm*' flat: 2 }",
       "prices[7].methods[0]: \"m*\" has two prices"},
      {"prices { methods: 'm*n' flat: 1 }", "methods[0]: \"m*n\": '*' may only be the last"},
      {"prices { methods: 'm' flat: 1 pool: 'x' }", "prices[6].pool: there is no pool \"x\""},
      {"alert_thresholds { percent: [ 50, 50 ] }", "alert_thresholds.percent[1]: 50; it must be"},
      {"alert_thresholds { percent: 0 }", "alert_thresholds.percent[0]: 0; it must be 1 to 100"},
      {"alert_thresholds { percent: 101 }", "alert_thresholds.percent[0]: 101"},
      {"unknown_organizations { per_minute: 1 total: 1 }",
       "unknown_organizations.edition: it is required"},
      {"unknown_organizations { edition: 'gold' per_minute: 1 total: 1 }",
       "unknown_organizations.edition: there is no edition \"gold\""},
      {"unknown_organizations { edition: 'tiny' data_center: 'x' per_minute: 1 total: 1 }",
       "unknown_organizations.data_center: there is no data center \"x\""},
      {"unknown_organizations { edition: 'tiny' total: 1 }", "per_minute: 0; it must be 1 to"},
      {"unknown_organizations { edition: 'tiny' per_minute: 1 }", "total: 0; it must be 1 to"},
  };
  for (const Case& c : cases) {
    auto source = test::TestCatalogSource();
    Merge(c.added, source);
    EXPECT_THAT(Build(source), FailsWith(kInvalid, c.message)) << c.added;
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
      {[](auto& source) { source.clear_number(); }, "number: 0"},
  };
  for (const Case& c : cases) {
    auto source = test::TestCatalogSource();
    c.remove(source);
    EXPECT_THAT(Build(source), FailsWith(kInvalid, c.message));
  }
}

TEST(CatalogTest, EveryListHasALimit) {
  struct Case {
    const char* message;
    std::function<void(quota::v1::CatalogRevision&)> add;
    int times;
  };
  const Case cases[] = {
      {"pools: 17 entries; at most 16", [](auto& source) { source.add_pools(); }, 16},
      {"editions: 1001 entries; at most 1000", [](auto& source) { source.add_editions(); }, 993},
      {"editions[0].aliases: 101 entries; at most 100",
       [](auto& source) { source.mutable_editions(0)->add_aliases("x"); }, 101},
      {"data_centers: 1001 entries; at most 1000", [](auto& source) { source.add_data_centers(); },
       996},
      {"prices: 10006 methods; at most 10000",
       [](auto& source) { source.mutable_prices(0)->add_methods("x"); }, 10'000},
      {"prices: 1001 methods end in '*'; at most 1000",
       [](auto& source) {
         auto& methods = *source.mutable_prices(0)->mutable_methods();
         methods.Add(std::to_string(methods.size()) + "*");
       },
       1'000},
      {"percent: 9 entries; at most 8",
       [](auto& source) { source.mutable_alert_thresholds()->add_percent(1); }, 9},
      {"has 129 bytes; at most 128",
       [](auto& source) { source.mutable_prices(0)->add_methods(std::string(129, 'm')); }, 1},
  };
  for (const Case& c : cases) {
    auto source = test::TestCatalogSource();
    for (int i = 0; i < c.times; ++i) c.add(source);
    EXPECT_THAT(Build(source), FailsWith(kInvalid, c.message));
  }
  quota::v1::Catalog source;
  for (int i = 0; i < 101; ++i) source.add_revisions();
  EXPECT_THAT(Catalog::Build(source, test::LoadZone), FailsWith(kInvalid, "101 revisions"));
}

TEST(CatalogTest, AllMistakesAreFoundInOneRunAndOneMistakeIsReportedOnce) {
  auto revision = test::TestCatalogSource();
  revision.mutable_editions(0)->set_base_credits(-1);
  revision.mutable_editions(1)->set_concurrency_limit(-1);
  revision.mutable_data_centers(0)->set_time_zone("Moon/Base");
  revision.mutable_pools(0)->set_concurrency_limit(-1);
  revision.mutable_prices(0)->set_flat(-1);
  Merge("unknown_organizations { edition: 'free' per_minute: 1 total: 1 }", revision);
  quota::v1::Catalog source;
  *source.add_revisions() = revision;
  *source.add_revisions() = revision;
  CatalogMistakes mistakes;
  EXPECT_EQ(Catalog::Build(source, test::LoadZone, mistakes), nullptr);
  std::vector<std::string> paths;
  for (const CatalogMistake& mistake : mistakes.kept()) paths.push_back(mistake.path);
  EXPECT_THAT(
      paths,
      testing::ElementsAre(
          "revisions[0].editions[0].base_credits", "revisions[0].editions[1].concurrency_limit",
          "revisions[0].data_centers[0].time_zone", "revisions[0].pools[0].concurrency_limit",
          "revisions[0].prices[0].flat", "revisions[1].editions[0].base_credits",
          "revisions[1].editions[1].concurrency_limit", "revisions[1].data_centers[0].time_zone",
          "revisions[1].pools[0].concurrency_limit", "revisions[1].prices[0].flat",
          "revisions[1].number", "revisions[1].effective_from"));
}

TEST(CatalogTest, UnknownOrganizationsAreNamedByTheEditionNotItsAlias) {
  auto source = test::TestCatalogSource();
  Merge("unknown_organizations { edition: 'zoho-one' per_minute: 2 total: 3 }", source);
  const auto catalog = test::BuildCatalog(source);
  const auto& unknown = catalog->At(test::kNoon).unknown_organizations();
  ASSERT_TRUE(unknown.has_value());
  EXPECT_EQ(unknown->edition.text(), "enterprise");
  EXPECT_EQ(unknown->data_center.text(), "utc");
  EXPECT_EQ(unknown->per_minute, 2);
  EXPECT_EQ(unknown->total, 3);
}

TEST(CatalogTest, EditionsAreFoundByNameAndByAlias) {
  const auto catalog = test::TestCatalog();
  const Edition* enterprise = catalog->At(test::kNoon).FindEdition("enterprise");
  ASSERT_NE(enterprise, nullptr);
  EXPECT_EQ(catalog->At(test::kNoon).FindEdition("zoho-one"), enterprise);
  EXPECT_EQ(catalog->At(test::kNoon).FindEdition("crmplus"), enterprise);
  EXPECT_EQ(enterprise->name.text(), "enterprise");
  EXPECT_EQ(enterprise->base, Credits(100'000));
  EXPECT_EQ(enterprise->per_agent, Credits(1'000));
  EXPECT_EQ(enterprise->additional_ceiling, std::nullopt);
  EXPECT_EQ(catalog->At(test::kNoon).FindEdition("tiny")->additional_ceiling, Credits(50));
  EXPECT_EQ(catalog->At(test::kNoon).FindEdition("gold"), nullptr);
  EXPECT_EQ(catalog->At(test::kNoon).FindEdition(""), nullptr);
}

TEST(CatalogTest, FirstDataCenterIsTheDefault) {
  const auto catalog = test::TestCatalog();
  EXPECT_EQ(catalog->At(test::kNoon).FindDataCenter("")->name.text(), "utc");
  EXPECT_EQ(catalog->At(test::kNoon).FindDataCenter("eu")->zone.text(), "Europe/Amsterdam");
  EXPECT_EQ(catalog->At(test::kNoon).FindDataCenter("moon"), nullptr);
}

// ---- Prices by method ----

std::shared_ptr<const Catalog> WithPrices(const char* prices) {
  auto source = test::TestCatalogSource();
  source.clear_prices();
  Merge(prices, source);
  return test::BuildCatalog(source);
}

TEST(CatalogPriceTest, ExactNameBeforeTheLongestWildcard) {
  const auto catalog = WithPrices(R"pb(
    prices { methods: "*" flat: 1 }
    prices { methods: "tickets.*" flat: 2 }
    prices { methods: "tickets.list*" flat: 3 pool: "heavy" }
    prices { methods: "tickets.list" flat: 4 }
  )pb");
  const CatalogRevision& revision = catalog->At(test::kNoon);
  const auto price = [&revision](std::string_view method) {
    return revision.Price({method, {}})->credits.value();
  };
  EXPECT_EQ(price("tickets.list"), 4);
  EXPECT_EQ(price("tickets.list.all"), 3);
  EXPECT_EQ(price("tickets."), 2);
  EXPECT_EQ(price("tickets"), 1);
  EXPECT_EQ(price(""), 1);
  EXPECT_EQ(revision.Price({"tickets.listing", {}})->second_pool.text(), "heavy");
  EXPECT_TRUE(revision.Price({"tickets.list", {}})->second_pool.empty());
}

TEST(CatalogPriceTest, MethodWithoutAPriceIsAnErrorUnlessTheRevisionSaysWhatItCosts) {
  EXPECT_THAT(test::TestCatalog()->At(test::kNoon).Price({"fly", {}}),
              FailsWith(kInvalid, "method: the catalog has no price for \"fly\""));
  const auto catalog = WithPrices("unpriced_credits: 7");
  EXPECT_EQ(catalog->At(test::kNoon).Price({"fly", {}})->credits, Credits(7));
}

// ---- Revisions ----

quota::v1::Catalog Revisions(std::initializer_list<std::pair<int64_t, const char*>> revisions) {
  quota::v1::Catalog source;
  for (const auto& [number, effective_from] : revisions) {
    auto& revision = *source.add_revisions();
    revision = test::TestCatalogSource();
    revision.set_number(number);
    revision.set_effective_from(effective_from);
  }
  return source;
}

TEST(CatalogRevisionTest, LastWhoseInstantHasPassedIsInForce) {
  const auto catalog = Catalog::Build(
      Revisions({{1, ""}, {5, "1970-01-01T00:01:40Z"}, {6, "1970-01-01T01:05:00.000001+01:00"}}),
      test::LoadZone);
  ASSERT_TRUE(catalog.ok()) << catalog.status();
  const auto number = [&catalog](Duration at) { return (*catalog)->At(Instant(at)).number(); };
  EXPECT_EQ(number(-seconds(5)), 1) << "the first is in force from the beginning";
  EXPECT_EQ(number(Duration(0)), 1);
  EXPECT_EQ(number(seconds(100) - Duration(1)), 1);
  EXPECT_EQ(number(seconds(100)), 5);
  EXPECT_EQ(number(seconds(300)), 5);
  EXPECT_EQ(number(seconds(300) + Duration(1)), 6);
}

TEST(CatalogRevisionTest, NumbersAndInstantsRise) {
  const auto build = [](auto... revisions) {
    return Catalog::Build(Revisions({revisions...}), test::LoadZone);
  };
  using Revision = std::pair<int64_t, const char*>;
  EXPECT_THAT(build(), FailsWith(kInvalid, "revisions: at least one"));
  EXPECT_THAT(build(Revision{1, ""}, Revision{2, ""}), FailsWith(kInvalid, "effective_from"));
  EXPECT_THAT(build(Revision{1, "2025-10-06T00:00:00Z"}, Revision{2, "2025-10-06T02:00:00+02:00"}),
              FailsWith(kInvalid, "effective_from"));
  EXPECT_THAT(build(Revision{2, ""}, Revision{2, "2025-10-06T00:00:00Z"}),
              FailsWith(kInvalid, "revisions[1].number: 2; it must be above 2"));
}

TEST(CatalogRevisionTest, NamesThatAnOrganisationMayHaveStay) {
  struct Case {
    std::function<void(quota::v1::CatalogRevision&)> change;
    const char* message;
  };
  const Case cases[] = {
      {[](auto& revision) { revision.mutable_editions(5)->set_name("big"); },
       "revisions[1].editions: it lacks the edition \"tiny\" of the revision before (see "
       "revisions[0].editions[5])"},
      {[](auto& revision) { revision.mutable_data_centers(1)->set_name("usa"); },
       "revisions[1].data_centers: it lacks the data center \"us\" of the revision before (see "
       "revisions[0].data_centers[1])"},
      {[](auto& revision) {
         revision.clear_prices();
         revision.clear_pools();
       },
       "revisions[1].pools: it lacks the pool \"heavy\" of the revision before"},
  };
  for (const Case& c : cases) {
    auto source = Revisions({{1, ""}, {2, "2025-10-06T00:00:00Z"}});
    c.change(*source.mutable_revisions(1));
    EXPECT_THAT(Catalog::Build(source, test::LoadZone), FailsWith(kInvalid, c.message));
  }
  auto alias = Revisions({{1, ""}, {2, "2025-10-06T00:00:00Z"}});
  auto& edition = *alias.mutable_revisions(1)->mutable_editions(5);
  edition.set_name("big");
  edition.add_aliases("tiny");
  EXPECT_TRUE(Catalog::Build(alias, test::LoadZone).ok()) << "an alias keeps the name";
}

}  // namespace
}  // namespace quota::ledger
