// The catalog of a server that runs: shown, and reloaded all or nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/integration/test_server.h"

namespace quota::test {
namespace {

using testing::HasSubstr;

using Admin = v1::QuotaAdmin::Stub;

constexpr char kRest[] = R"pb(
  editions { name: "free" base_credits: 100 concurrency_limit: 5 }
  editions { name: "unused" base_credits: 7 concurrency_limit: 5 }
  data_centers { name: "utc" time_zone: "UTC" }
  pools { name: "heavy" concurrency_limit: 2 }
)pb";

std::string Revision(int number, int price, const std::string& rest = kRest) {
  return "revisions { number: " + std::to_string(number) +
         " prices { methods: 'm' flat: " + std::to_string(price) +
         " } prices { methods: 'big' flat: 1 pool: 'heavy' } " + rest + " }";
}

class CatalogTest : public testing::Test {
 protected:
  CatalogTest() : server_(Options()) { EXPECT_TRUE(calls().CreateOrg("acme", "free").ok()); }

  TestServer::Options Options() {
    TestServer::Options options;
    options.executors = 2;
    options.catalog = [this] { return catalog::ParseCatalog("catalog x", text_); };
    return options;
  }

  QuotaCalls& calls() { return server_.calls(); }

  Reply<v1::ReloadCatalogResponse> Reload(const std::string& text) {
    text_ = text;
    v1::ReloadCatalogRequest request;
    request.set_request_id("reload");
    return Once(calls().admin(), &Admin::ReloadCatalog, request);
  }

  int64_t Price() {
    auto request = MakeCharge("acme", "c" + std::to_string(++charges_), 1);
    request.mutable_method()->set_name("m");
    return calls().Charge(request)->charged();
  }

  int charges_ = 0;
  std::string text_ = Revision(3, 2);
  TestServer server_;
};

TEST_F(CatalogTest, AReloadIsInTheAuditLog) {
  ASSERT_TRUE(Reload(Revision(4, 3)).ok());
  ASSERT_TRUE(Reload(Revision(4, 3)).ok()) << "nothing has changed";
  const auto log = Once(calls().admin(), &Admin::ListAuditLog, v1::ListAuditLogRequest());
  ASSERT_TRUE(log.ok()) << log.message();
  int reloads = 0;
  for (const v1::AuditEntry& entry : log->entries()) {
    if (entry.action() != "ReloadCatalog") continue;
    ++reloads;
    EXPECT_EQ(entry.detail(), "revision 4 is in force");
    EXPECT_EQ(entry.request_id(), "reload");
    EXPECT_THAT(entry.peer(), HasSubstr("127.0.0.1"));
    EXPECT_EQ(entry.org_id(), "");
    EXPECT_FALSE(entry.has_before() || entry.has_after());
  }
  EXPECT_EQ(reloads, 1);
}

TEST_F(CatalogTest, AnUnknownOrganisationIsCreatedOnceTheCatalogSaysSo) {
  EXPECT_EQ(calls().Charge(MakeCharge("new", "c1", 1))->decision(), v1::DECISION_ORG_UNKNOWN);
  const std::string rule = "unknown_organizations { edition: 'free' per_minute: 2 total: 3 }";
  ASSERT_TRUE(Reload(Revision(4, 2, kRest + rule)).ok());
  EXPECT_EQ(calls().Charge(MakeCharge("new", "c1", 1))->decision(), v1::DECISION_GRANTED);
  EXPECT_EQ(calls().Charge(MakeCharge("newer", "c1", 1))->decision(), v1::DECISION_GRANTED);
  EXPECT_EQ(calls().Charge(MakeCharge("newest", "c1", 1))->decision(), v1::DECISION_ORG_UNKNOWN);
  server_.clock().Advance(std::chrono::seconds(60));
  EXPECT_EQ(calls().Charge(MakeCharge("newest", "c1", 1))->decision(), v1::DECISION_GRANTED);
  server_.clock().Advance(std::chrono::seconds(60));
  EXPECT_EQ(calls().Charge(MakeCharge("last", "c1", 1))->decision(), v1::DECISION_ORG_UNKNOWN)
      << "three were created so: the total";
  const auto status = server_.server().engine().status();
  EXPECT_EQ(status.orgs_created_by_calls, 3);
  EXPECT_EQ(status.orgs_refused, 2);
}

TEST_F(CatalogTest, IsShownWithTheRevisionInForce) {
  const auto shown = Once(calls().admin(), &Admin::GetCatalog, v1::GetCatalogRequest());
  ASSERT_TRUE(shown.ok()) << shown.message();
  EXPECT_EQ(shown->revision_in_force(), 3);
  EXPECT_EQ(shown->catalog().revisions(0).editions(0).name(), "free");
}

TEST_F(CatalogTest, NewPricesApplyFromTheNextCallAndNewFiguresFromTheNextDay) {
  EXPECT_EQ(Price(), 2);
  std::string rest = kRest;
  rest.replace(rest.find("100"), 3, "900");
  const auto reloaded = Reload(Revision(4, 5, rest));
  ASSERT_TRUE(reloaded.ok()) << reloaded.message();
  EXPECT_EQ(reloaded->revision(), 4);
  EXPECT_TRUE(reloaded->changed());
  EXPECT_EQ(Price(), 5);
  auto usage = calls().GetUsage("acme");
  EXPECT_EQ(usage->usage().catalog_revision(), 4);
  EXPECT_EQ(usage->usage().allotment(), 100);
  server_.clock().Advance(std::chrono::hours(24));
  server_.server().engine().AcceptClock();
  usage = calls().GetUsage("acme");
  EXPECT_EQ(usage->usage().allotment(), 900);
  EXPECT_FALSE(Reload(text_)->changed()) << "the same again";
}

TEST_F(CatalogTest, ABadFileChangesNothingAndSaysWhy) {
  const auto refused = Reload(Revision(4, -5));
  EXPECT_EQ(refused.code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(refused.message(), HasSubstr("prices[0].flat: -5"));
  EXPECT_THAT(Reload("nonsense").message(), HasSubstr("catalog x:1: "));
  EXPECT_EQ(Price(), 2);
}

TEST_F(CatalogTest, WhatIsInUseMustStayAndWhatIsNotMayGo) {
  std::string rest = kRest;
  rest.replace(rest.find("\"free\""), 6, "\"none\"");
  EXPECT_THAT(Reload(Revision(4, 5, rest)).message(),
              HasSubstr("the catalog has no edition \"free\", which acme uses"));
  rest = kRest;
  rest.replace(rest.find("\"utc\""), 5, "\"etc\"");
  EXPECT_THAT(Reload(Revision(4, 5, rest)).message(),
              HasSubstr("the catalog has no data center \"utc\", which acme uses"));
  auto big = MakeReserve("acme", "big", 1);
  big.mutable_method()->set_name("big");
  ASSERT_TRUE(calls().Reserve(big).ok());
  const std::string without_pool =
      "revisions { number: 4 editions { name: 'free' } data_centers { name: 'utc' time_zone: 'UTC' "
      "} "
      "prices { methods: 'm' flat: 5 } }";
  EXPECT_THAT(Reload(without_pool).message(),
              HasSubstr("the catalog has no pool \"heavy\", which acme uses"));
  EXPECT_EQ(Price(), 2);
  ASSERT_TRUE(calls().Release(MakeRelease("acme", "big")).ok());
  const auto reloaded = Reload(without_pool);
  EXPECT_TRUE(reloaded.ok()) << reloaded.message();
  EXPECT_EQ(Price(), 5);
}

TEST_F(CatalogTest, TheRevisionInForceNeitherGoesBackNorChanges) {
  EXPECT_THAT(Reload(Revision(2, 5)).message(),
              HasSubstr("it must not be below 3, which is in force now"));
  EXPECT_THAT(Reload(Revision(3, 5)).message(),
              HasSubstr("revision 3 is in force with other figures"));
  EXPECT_EQ(Price(), 2);
}

TEST(BuiltInCatalogTest, CannotBeReloaded) {
  TestServer server;
  v1::ReloadCatalogRequest request;
  request.set_request_id("r");
  EXPECT_THAT(Once(server.calls().admin(), &Admin::ReloadCatalog, request).message(),
              HasSubstr("start it with --catalog FILE"));
}

}  // namespace
}  // namespace quota::test
