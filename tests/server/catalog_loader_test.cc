#include "server/catalog_loader.h"

#include <gtest/gtest.h>

#include <string>

#include "server/default_catalog.h"

namespace quota::server {
namespace {

struct EditionRow {
  const char* name;
  int64_t base;
  int64_t per_agent;
  int64_t concurrency;
};

// The table of published figures.
constexpr EditionRow kEditions[] = {
    {"free", 5'000, 0, 5},
    {"trial", 5'000, 0, 5},
    {"express", 25'000, 100, 10},
    {"standard", 50'000, 250, 10},
    {"professional", 75'000, 500, 15},
    {"enterprise", 100'000, 1'000, 25},
    {"bundle", 100'000, 1'000, 25},
    {"zoho-one", 100'000, 1'000, 25},
    {"crm-plus", 100'000, 1'000, 25},
    {"service-plus", 100'000, 1'000, 25},
};

const ledger::CatalogRevision& InForce(const ledger::Catalog& catalog) {
  return catalog.At(Instant(std::chrono::hours(24 * 20'500)));
}

TEST(DefaultCatalog, HasTheEditionTable) {
  const auto catalog = LoadDefaultCatalog();
  ASSERT_TRUE(catalog.ok()) << catalog.status();
  const ledger::CatalogRevision& in_force = InForce(**catalog);
  for (const EditionRow& row : kEditions) {
    const ledger::Edition* edition = in_force.FindEdition(row.name);
    ASSERT_NE(edition, nullptr) << row.name;
    EXPECT_EQ(edition->base, Credits(row.base)) << row.name;
    EXPECT_EQ(edition->per_agent, Credits(row.per_agent)) << row.name;
    EXPECT_EQ(edition->concurrency_limit, row.concurrency) << row.name;
  }
}

TEST(DefaultCatalog, HasDataCentersWithZonesAndNoPoolBesidesMain) {
  const auto catalog = LoadDefaultCatalog();
  ASSERT_TRUE(catalog.ok()) << catalog.status();
  const ledger::CatalogRevision& in_force = InForce(**catalog);
  EXPECT_EQ(in_force.FindDataCenter("")->name.text(), "us");
  for (const char* name : {"us", "eu", "in", "au", "jp", "ca", "uk", "sa", "cn"}) {
    EXPECT_NE(in_force.FindDataCenter(name), nullptr) << name;
  }
  EXPECT_TRUE(in_force.pools().empty());
}

struct PriceRow {
  const char* method;
  const char* attribute;
  int64_t value;
  int64_t credits;
};

constexpr PriceRow kPrices[] = {
    {"tickets.get", "", 0, 1},
    {"a.method.that.is.not.listed", "", 0, 1},
    {"tickets.list", "", 0, 3},
    {"tickets.list", "from", 2'000, 3},
    {"tickets.list", "from", 2'001, 5},
    {"contacts.search", "from", 10'000, 5},
    {"contacts.search", "from", 10'001, 10},
    {"tickets.threads", "from", 50'001, 50},
    {"tickets.history", "from", 100'000, 50},
    {"tickets.comments", "from", 100'001, 100},
    {"bulk.write", "records", 1, 1},
    {"bulk.write", "records", 5, 3},
    {"bulk.delete", "records", 7, 42},
    {"bulk.restore", "records", 2, 12},
    {"tasks.count", "", 0, 50},
    {"tickets.update_many", "", 0, 25},
};

TEST(DefaultCatalog, HasThePrices) {
  const auto catalog = LoadDefaultCatalog();
  ASSERT_TRUE(catalog.ok()) << catalog.status();
  const ledger::CatalogRevision& in_force = InForce(**catalog);
  for (const PriceRow& row : kPrices) {
    ledger::MethodCall call{row.method, {}};
    if (*row.attribute != '\0') call.attributes.emplace_back(row.attribute, row.value);
    const auto price = in_force.Price(call);
    ASSERT_TRUE(price.ok()) << row.method << price.status();
    EXPECT_EQ(price->credits, Credits(row.credits)) << row.method << " " << row.value;
  }
}

TEST(CatalogLoader, NamesTheLineOfAMistake) {
  const auto catalog = ParseCatalog("catalog x", "revisions { number: 1\nnumbr: 2 }\n");
  EXPECT_EQ(catalog.status().message(),
            "catalog x: line 2:6: Message type \"quota.v1.CatalogRevision\" has no field named "
            "\"numbr\".");
}

TEST(CatalogLoader, NamesTheFieldOfAMistake) {
  const auto catalog = ParseCatalog("catalog x", "revisions { number: 0 }");
  EXPECT_EQ(catalog.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(std::string(catalog.status().message()).starts_with("catalog x: number: 0"));
}

TEST(CatalogLoader, AMissingFileIsNotFound) {
  const auto catalog = LoadCatalogFile(::testing::TempDir() + "/no-such-catalog");
  EXPECT_EQ(catalog.status().code(), absl::StatusCode::kNotFound);
}

TEST(LoadZone, KnowsOnlyNamesOfTzdata) {
  EXPECT_TRUE(LoadZone("Europe/Amsterdam").has_value());
  EXPECT_TRUE(LoadZone("America/Argentina/Buenos_Aires").has_value());
  EXPECT_TRUE(LoadZone("UTC").has_value());
  for (const char* name : {"", "localtime", "/etc/localtime", "../zoneinfo/UTC", "Europe", "Moon",
                           "Fixed/UTC+01:00:00", "libc:localtime", "zone.tab"}) {
    EXPECT_FALSE(LoadZone(name).has_value()) << name;
  }
}

}  // namespace
}  // namespace quota::server
