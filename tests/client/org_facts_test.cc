#include "client/quotactl/org_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <sstream>
#include <string>

#include "catalog/catalog_loader.h"

namespace quota::client {
namespace {

using testing::HasSubstr;

class OrgTableTest : public testing::Test {
 protected:
  OrgTableTest() : catalog_(*catalog::LoadDefaultCatalog()) {
    defaults_.plan.agents = 7;
    defaults_.plan.data_center = ledger::Name("us");
  }

  absl::StatusOr<OrgTable> Read(const std::string& text) const {
    std::istringstream in(text);
    return OrgTable::Read(in, "orgs", *catalog_->revisions().front(), defaults_);
  }
  std::string Error(const std::string& text) const {
    return std::string(Read(text).status().message());
  }

  std::shared_ptr<const ledger::Catalog> catalog_;
  OrgFacts defaults_;
};

TEST_F(OrgTableTest, ColumnsComeInAnyOrderAndEmptyCellsAreTheDefaults) {
  const auto table = Read(
      "\xef\xbb\xbf"
      "agents,org,edition,legacy_limit,paid,data_center,time_zone,signup_day,grandfathered_until,"
      "additional,light_agents\r\n"
      "12,acme,zoho-one,30000,yes,eu,Europe/Berlin,2024-02-29,2027-01-31,500,3\r\n"
      "\r\n"
      ",\"a \"\"b\"\", c\",,,,,,,,,\n");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->size(), 2u);
  const OrgFacts& acme = table->Of("acme");
  EXPECT_EQ(acme.plan.edition.text(), "bundle");
  EXPECT_EQ(acme.plan.agents, 12);
  EXPECT_EQ(acme.plan.light_agents, 3);
  EXPECT_EQ(acme.plan.extras->legacy_limit, 30'000);
  EXPECT_TRUE(acme.plan.paid);
  EXPECT_EQ(acme.plan.data_center.text(), "eu");
  EXPECT_EQ(acme.plan.own_zone.text(), "Europe/Berlin");
  EXPECT_EQ(acme.plan.signup_day, 19'782);
  EXPECT_EQ(acme.plan.extras->grandfathered_until, 20'849);
  EXPECT_EQ(acme.additional, Credits(500));
  EXPECT_TRUE(table->Has("a \"b\", c"));
  EXPECT_EQ(table->Of("a \"b\", c").plan.agents, 7);
  EXPECT_EQ(table->Of("anyone").plan.agents, 7);
  EXPECT_FALSE(table->Has("anyone"));
}

TEST_F(OrgTableTest, EveryMistakeIsReportedWithItsLine) {
  const std::string error = Error(
      "org,edition,agents,paid,time_zone,signup_day\n"
      "a,gold,-1,maybe,Mars/Olympus,2025-02-30\n"
      "b,free\n"
      "c,free,1,yes,UTC,2025-01-01\n"
      "c,free,10000001,no,,\n"
      ",,,,,\n"
      "d,\"free,1,no,,\n");
  for (const char* expected :
       {"orgs:2: edition: 'gold'; it must be one of bundle, crm-plus,",
        "orgs:2: agents: '-1'; it must be 0 to 10000000\n",
        "orgs:2: paid: 'maybe'; it must be yes or no\n",
        "orgs:2: time_zone: 'Mars/Olympus'; it must be an IANA zone",
        "orgs:2: signup_day: '2025-02-30'; it must be a day, such as",
        "orgs:3: 2 cells; the header has 6\n",
        "orgs:5: agents: '10000001'; it must be 0 to 10000000\n",
        "orgs:5: org: 'c' is there twice\n", "orgs:6: org: 0 bytes; it must have 1 to 64\n",
        "orgs:7: a quote does not end before the comma or the line's end"}) {
    EXPECT_THAT(error, HasSubstr(expected));
  }
}

TEST_F(OrgTableTest, TheHeaderMustNameTheOrganisationAndOnlyKnownColumnsOnce) {
  EXPECT_THAT(Error(""), HasSubstr("orgs:1: no header: its columns are org, edition, agents,"));
  EXPECT_EQ(Error("edition\nfree\n"), "orgs:1: the column 'org' is missing");
  EXPECT_THAT(Error("org,colour\na,red\n"), HasSubstr("orgs:1: unknown column 'colour'; the"));
  EXPECT_EQ(Error("org,paid,paid\na,yes,no\n"), "orgs:1: the column 'paid' is there twice");
}

}  // namespace
}  // namespace quota::client
