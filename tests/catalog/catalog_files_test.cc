// The catalogs of deploy/catalog against what is published: every edition, price and date.
#include <gtest/gtest.h>

#include <filesystem>
#include <span>
#include <string>

#include "absl/time/civil_time.h"
#include "catalog/catalog_loader.h"
#include "ledger/calendar.h"

namespace quota::catalog {
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

// Any instant of today's figures.
constexpr Instant kToday{std::chrono::hours(480'000)};

TEST(DefaultCatalog, HasTheEditionTable) {
  const auto catalog = LoadDefaultCatalog();
  ASSERT_TRUE(catalog.ok()) << catalog.status();
  for (const EditionRow& row : kEditions) {
    const ledger::Edition* edition = (*catalog)->At(kToday).FindEdition(row.name);
    ASSERT_NE(edition, nullptr) << row.name;
    EXPECT_EQ(edition->base, Credits(row.base)) << row.name;
    EXPECT_EQ(edition->per_agent, Credits(row.per_agent)) << row.name;
    EXPECT_EQ(edition->concurrency_limit, row.concurrency) << row.name;
  }
}

TEST(DefaultCatalog, HasDataCentersWithZonesAndNoPoolBesidesMain) {
  const auto catalog = LoadDefaultCatalog();
  ASSERT_TRUE(catalog.ok()) << catalog.status();
  EXPECT_EQ((*catalog)->At(kToday).FindDataCenter("")->name.text(), "us");
  for (const char* name : {"us", "eu", "in", "au", "jp", "ca", "uk", "sa", "cn"}) {
    const ledger::DataCenter* center = (*catalog)->At(kToday).FindDataCenter(name);
    ASSERT_NE(center, nullptr) << name;
    ASSERT_TRUE(center->credits_live_on.has_value()) << name;
    EXPECT_GE(ledger::DateOf(*center->credits_live_on), absl::CivilDay(2025, 10, 6)) << name;
    EXPECT_LE(ledger::DateOf(*center->credits_live_on), absl::CivilDay(2025, 10, 8)) << name;
  }
  EXPECT_TRUE((*catalog)->At(kToday).pools().empty());
  EXPECT_EQ(ledger::DateOf(*(*catalog)->At(kToday).sign_ups_on_credits_from()),
            absl::CivilDay(2025, 10, 30));
}

struct PriceRow {
  const char* method;
  const char* attribute;
  int64_t value;
  int64_t credits;
};

constexpr PriceRow kPrices[] = {
    {"tickets.get", "", 0, 1},
    {"tickets.create", "", 0, 1},
    {"a.method.that.is.not.listed", "", 0, 1},
    {"bulk.write", "records", 0, 0},
    {"bulk.write", "records", 1, 1},
    {"bulk.write", "records", 2, 1},
    {"bulk.write", "records", 3, 2},
    {"bulk.write", "records", 5, 3},
    {"bulk.write", "records", 100, 50},
    {"bulk.delete", "records", 1, 6},
    {"bulk.delete", "records", 7, 42},
    {"bulk.restore", "records", 2, 12},
    {"tasks.count", "", 0, 50},
    {"tickets.update_many", "", 0, 25},
};

void ExpectPrices(const ledger::CatalogRevision& revision, std::span<const PriceRow> rows) {
  for (const PriceRow& row : rows) {
    ledger::MethodCall call{row.method, {}};
    if (*row.attribute != '\0') call.attributes.emplace_back(row.attribute, row.value);
    const auto price = revision.Price(call);
    ASSERT_TRUE(price.ok()) << row.method << price.status();
    EXPECT_EQ(price->credits, Credits(row.credits)) << row.method << " " << row.value;
  }
}

TEST(DefaultCatalog, HasThePrices) {
  const auto catalog = LoadDefaultCatalog();
  ASSERT_TRUE(catalog.ok()) << catalog.status();
  ExpectPrices((*catalog)->At(kToday), kPrices);
}

// How deep each of them reads counts.
constexpr const char* kListings[] = {
    "tickets.list",    "tickets.search",  "contacts.list",   "contacts.search",  "accounts.list",
    "accounts.search", "tasks.list",      "tasks.search",    "products.list",    "products.search",
    "articles.list",   "articles.search", "tickets.threads", "tickets.comments", "tickets.history",
};

TEST(DefaultCatalog, PricesEveryListingByItsDepth) {
  const auto catalog = LoadDefaultCatalog();
  ASSERT_TRUE(catalog.ok()) << catalog.status();
  for (const char* method : kListings) {
    const PriceRow rows[] = {
        {method, "", 0, 3},
        {method, "from", 0, 3},
        {method, "from", 2'000, 3},
        {method, "from", 2'001, 5},
        {method, "from", 10'000, 5},
        {method, "from", 10'001, 10},
        {method, "from", 50'000, 10},
        {method, "from", 50'001, 50},
        {method, "from", 100'000, 50},
        {method, "from", 100'001, 100},
    };
    ExpectPrices((*catalog)->At(kToday), rows);
  }
}

// ---- The second vendor ----

constexpr PriceRow kCrmPrices[] = {
    {"records.insert", "records", 1, 1},
    {"records.insert", "records", 10, 1},
    {"records.insert", "records", 11, 2},
    {"records.upsert", "records", 100, 10},
    {"records.update", "records", 101, 11},
    {"coql.query", "limit", 1, 1},
    {"coql.query", "limit", 200, 1},
    {"coql.query", "limit", 201, 2},
    {"coql.query", "limit", 1'000, 2},
    {"coql.query", "limit", 1'001, 3},
    {"coql.query", "limit", 2'000, 3},
    {"coql.query", "", 0, 1},
    {"leads.convert", "", 0, 5},
    {"records.get", "", 0, 1},
};

TEST(CrmCatalog, HasThePublishedExamplesInEveryRevision) {
  const auto catalog = LoadCatalogFile(CATALOG_FOLDER "/crm.textproto");
  ASSERT_TRUE(catalog.ok()) << catalog.status();
  for (const auto& revision : (*catalog)->revisions()) ExpectPrices(*revision, kCrmPrices);
  EXPECT_FALSE((*catalog)->At(kToday).Price({"coql.query", {{"limit", 2'001}}}).ok());
}

TEST(CrmCatalog, HeavyCallsHaveASecondPoolOfTenSlots) {
  const auto catalog = LoadCatalogFile(CATALOG_FOLDER "/crm.textproto");
  ASSERT_TRUE(catalog.ok()) << catalog.status();
  const ledger::CatalogRevision& revision = (*catalog)->At(kToday);
  ASSERT_EQ(revision.pools().size(), 1u);
  EXPECT_EQ(revision.pools()[0].name.text(), "heavy");
  EXPECT_EQ(revision.pools()[0].concurrency_limit, 10);
  EXPECT_EQ(revision.Price({"coql.query", {}})->second_pool.text(), "heavy");
  EXPECT_TRUE(revision.Price({"records.get", {}})->second_pool.empty());
}

TEST(CrmCatalog, ItsFiguresChangeTwice) {
  const auto catalog = LoadCatalogFile(CATALOG_FOLDER "/crm.textproto");
  ASSERT_TRUE(catalog.ok()) << catalog.status();
  ASSERT_EQ((*catalog)->revisions().size(), 3u);
  const auto base = [&catalog](int revision) {
    return (*catalog)->revisions()[revision]->FindEdition("zoho-one")->base;
  };
  EXPECT_EQ(base(0), Credits(15'000));
  EXPECT_EQ(base(1), Credits(50'000));
  EXPECT_EQ((*catalog)->At(kToday).number(), 3);
}

TEST(CatalogFiles, AllOfTheFolderPassTheCheck) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(CATALOG_FOLDER)) {
    const auto text = ReadCatalogFile(entry.path().string());
    ASSERT_TRUE(text.ok()) << text.status();
    const CheckedCatalog checked = CheckCatalog(*text);
    EXPECT_NE(checked.catalog, nullptr) << checked.ToStatus(entry.path().string());
    EXPECT_EQ(checked.found, 0u);
    ++files;
  }
  EXPECT_GE(files, 2);
}

}  // namespace
}  // namespace quota::catalog
