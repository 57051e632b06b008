// quotactl plan, which needs no server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/client/quotactl_run.h"
#include "tests/storage/temp_folder.h"

namespace quota::client {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// Small figures; credits go live on a day that has passed.
constexpr char kCatalog[] = R"(revisions {
  number: 1
  editions { name: "bronze" base_credits: 10 credits_per_agent: 1 concurrency_limit: 2 }
  editions { name: "silver" base_credits: 30 credits_per_agent: 2 concurrency_limit: 3
             additional_credits_ceiling: 5 }
  data_centers { name: "us" time_zone: "UTC" credits_live_on: "2025-10-08" }
  data_centers { name: "jp" time_zone: "Asia/Tokyo" credits_live_on: "2025-10-08" }
  data_centers { name: "new" time_zone: "UTC" }
  pools { name: "heavy" concurrency_limit: 1 }
  prices { methods: "tickets.list" pool: "heavy"
           steps { attribute: "from" default_value: 0 steps { up_to: 100 credits: 3 }
                   steps { credits: 7 } } }
  prices { methods: "bulk.write" per_unit { attribute: "records" credits: 1 units: 2 } }
  unpriced_credits: 1
}
revisions {
  number: 2
  effective_from: "2030-01-01T00:00:00Z"
  editions { name: "bronze" base_credits: 1000 concurrency_limit: 2 }
  editions { name: "silver" base_credits: 2000 concurrency_limit: 3 }
  data_centers { name: "us" time_zone: "UTC" credits_live_on: "2025-10-08" }
  data_centers { name: "jp" time_zone: "Asia/Tokyo" credits_live_on: "2025-10-08" }
  data_centers { name: "new" time_zone: "UTC" }
  pools { name: "heavy" concurrency_limit: 1 }
}
)";

constexpr char kPrices[] =
    "GET  /tickets    tickets.list from=?from\n"
    "POST /bulk       bulk.write records=?n\n"
    "GET  /tickets/*  1\n"
    "PUT  /five       5\n";

// A line of Combined Log Format with a duration, on 2025-11-03.
std::string Line(const std::string& org, const std::string& time, const std::string& request,
                 const std::string& duration = "0.5") {
  return "192.0.2.7 - " + org + " [03/Nov/2025:" + time + " +0000] \"" + request +
         " HTTP/1.1\" 200 17 \"-\" \"-\" " + duration + "\n";
}

class PlanTest : public testing::Test {
 protected:
  PlanTest() {
    catalog_ = File("catalog", kCatalog);
    prices_ = File("prices", kPrices);
  }

  std::string File(const std::string& name, const std::string& text) {
    return folder_.Write(name, text);
  }

  RunResult Run(std::vector<std::string> args, const std::string& input = "") {
    args.insert(args.begin(),
                {"plan", "--format", "combined", "--catalog", catalog_, "--prices", prices_});
    return RunTool(std::move(args), input);
  }

  json RunJson(std::vector<std::string> args, const std::string& input = "") {
    args.insert(args.end(), {"--output", "json"});
    const RunResult result = Run(std::move(args), input);
    EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
    return json::parse(result.out, nullptr, /*allow_exceptions=*/false);
  }

  storage::TempFolder folder_;
  std::string catalog_;
  std::string prices_;
};

TEST_F(PlanTest, CountsCallsCreditsAndMethodsByOrganisationAndDay) {
  const json report = RunJson({"-"}, Line("globex", "10:00:00", "GET /tickets/1") +
                                         Line("acme", "10:00:01", "GET /tickets?from=50") +
                                         Line("acme", "10:00:02", "GET /tickets?from=101") +
                                         Line("acme", "10:00:03", "POST /bulk?n=5") + "noise\n" +
                                         Line("acme", "10:00:04", "GET /other"));
  EXPECT_EQ(report["lines"]["total"], 6);
  EXPECT_EQ(report["lines"]["requests"], 5);
  EXPECT_EQ(report["catalog_revision"], 1);
  ASSERT_EQ(report["orgs"].size(), 2u);
  const json& acme = report["orgs"][0];
  EXPECT_EQ(acme["org_id"], "acme");
  ASSERT_EQ(acme["days"].size(), 1u);
  const json& day = acme["days"][0];
  EXPECT_EQ(day["day"], "2025-11-03");
  EXPECT_EQ(day["calls"], 4);
  EXPECT_EQ(day["credits"], 14);
  EXPECT_EQ(day["methods"], json::parse(R"j([
      {"method": "tickets.list", "calls": 2, "credits": 10},
      {"method": "bulk.write", "calls": 1, "credits": 3},
      {"method": "(no rule)", "calls": 1, "credits": 1
}])j"));
  EXPECT_EQ(acme["methods"], day["methods"]);
  EXPECT_EQ(report["orgs"][1]["methods"][0]["method"], "GET /tickets/*");
  EXPECT_EQ(report["total"]["calls"], 5);
  EXPECT_EQ(report["total"]["credits"], 15);
}

TEST_F(PlanTest, DaysEndAtMidnightOfTheOrganisationsZone) {
  const std::string orgs =
      File("orgs", "org,data_center,time_zone\nacme,jp,\nglobex,,America/Lima\n");
  const std::string log = Line("acme", "14:59:59", "GET /x") +
                          Line("globex", "04:59:59", "GET /x") +
                          Line("globex", "05:00:00", "GET /x") + Line("acme", "15:00:00", "GET /x");
  const json report = RunJson({"--orgs", orgs, "-"}, log);
  EXPECT_EQ(report["orgs"][0]["days"][0]["day"], "2025-11-03");
  EXPECT_EQ(report["orgs"][0]["days"][1]["day"], "2025-11-04");
  EXPECT_EQ(report["orgs"][1]["days"][0]["day"], "2025-11-02");
  EXPECT_EQ(report["orgs"][1]["days"][1]["day"], "2025-11-03");
  EXPECT_EQ(report["orgs"][1]["time_zone"], "America/Lima");
}

TEST_F(PlanTest, RefusalsAreCountedInTimeOrderUnderLimitsUnderCreditsAndGrandfathered) {
  // 5, 5 and 5 credits, in another order than their times; then one call of 1 credit, for which the
  // third leaves no room under credits either.
  const std::string log =
      Line("acme", "10:00:20", "PUT /five") + Line("acme", "10:00:30", "GET /tickets/9") +
      Line("acme", "10:00:10", "PUT /five") + Line("acme", "10:00:00", "PUT /five");
  const json report =
      RunJson({"--edition", "bronze", "--legacy-limit", "12", "--paid", "yes", "-"}, log);
  const json& org = report["orgs"][0];
  EXPECT_EQ(org["allowances"]["limits"]["per_day"], 12);
  EXPECT_EQ(org["allowances"]["credits"]["per_day"], 10);
  EXPECT_EQ(org["allowances"]["grandfathered"]["per_day"], 12);
  EXPECT_EQ(org["allowances"]["grandfathered"]["reason"], "grandfathered: 12 limits > 10 credits");
  const json& refused = org["days"][0]["refused"];
  EXPECT_EQ(refused["limits"]["credits"], 0);
  EXPECT_EQ(refused["credits"]["credits"], 2);
  // The cheap call fits behind the refused dear one.
  EXPECT_EQ(refused["grandfathered"]["credits"], 1);
  EXPECT_EQ(report["total"]["refused"]["credits"]["orgs_refused"], 1);
  EXPECT_EQ(report["total"]["refused"]["limits"]["orgs_refused"], 0);
}

TEST_F(PlanTest, UnderLimitsACallCountsOneWhateverItDoes) {
  std::string log;
  for (int i = 0; i < 5; ++i) log += Line("acme", "10:00:0" + std::to_string(i), "PUT /five");
  const json report = RunJson({"--edition", "silver", "--legacy-limit", "3", "-"}, log);
  EXPECT_EQ(report["orgs"][0]["days"][0]["refused"]["limits"]["credits"], 2);
  EXPECT_EQ(report["orgs"][0]["days"][0]["refused"]["credits"]["credits"], 0);
}

TEST_F(PlanTest, WhoDoesNotPayOrSignedUpOnCreditsKeepsNoLimit) {
  const std::string orgs = File("orgs",
                                "org,paid,signup_day,data_center\n"
                                "a,no,,\nb,yes,2025-10-08,\nc,yes,2025-10-07,\nd,yes,,new\n");
  std::string log;
  for (const char* org : {"a", "b", "c", "d"}) log += Line(org, "10:00:00", "GET /x");
  const json report =
      RunJson({"--orgs", orgs, "--edition", "bronze", "--legacy-limit", "99", "-"}, log);
  const auto kept = [&report](int org) {
    return report["orgs"][org]["allowances"]["grandfathered"]["per_day"].get<int>();
  };
  EXPECT_EQ(kept(0), 10);
  EXPECT_EQ(kept(1), 10);
  EXPECT_EQ(kept(2), 99);
  EXPECT_EQ(kept(3), 10);
  // Who signed up on credits, or where credits always were, was never on limits.
  EXPECT_TRUE(report["orgs"][1]["allowances"]["limits"].is_null());
  EXPECT_TRUE(report["orgs"][3]["allowances"]["limits"].is_null());
}

TEST_F(PlanTest, PeaksComeFromStartsAndDurationsByPool) {
  const std::string log =
      Line("acme", "10:00:00", "GET /tickets", "10") +
      Line("acme", "10:00:01", "GET /tickets", "1") + Line("acme", "10:00:02", "GET /x", "3") +
      Line("acme", "10:00:03", "GET /x", "3") + Line("acme", "10:00:04", "GET /x", "3");
  const json report = RunJson({"--edition", "silver", "-"}, log);
  const json& org = report["orgs"][0];
  EXPECT_EQ(org["days"][0]["peak_concurrency"], json::parse(R"({"main": 4, "heavy": 2})"));
  // The second list finds the heavy pool full; then three slots are enough.
  EXPECT_EQ(org["days"][0]["refused"]["credits"],
            json::parse(R"({"credits": 0, "concurrency": 2})"));
  EXPECT_EQ(org["advice"], "nothing fits: 4 calls at once, and no edition allows more than 3");
  EXPECT_EQ(org["editions"][1]["fits_concurrency"], false);
  EXPECT_EQ(org["editions"][1]["fits_credits"], true);
}

TEST_F(PlanTest, WithoutDurationsPeaksAreNotKnownAndThePlanSaysSo) {
  const std::string log =
      Line("acme", "10:00:00", "GET /x", "-") + Line("acme", "10:00:00", "GET /x", "-");
  const json report = RunJson({"-"}, log);
  EXPECT_EQ(report["durations_known"], false);
  EXPECT_TRUE(report["orgs"][0]["days"][0]["peak_concurrency"].is_null());
  EXPECT_TRUE(report["orgs"][0]["editions"][0]["fits_concurrency"].is_null());
  EXPECT_EQ(report["orgs"][0]["editions"][0]["fits"], true);
  EXPECT_THAT(Run({"-"}, log).out, HasSubstr("No line has a duration"));
}

TEST_F(PlanTest, AdviceKnowsAgentsBoughtCreditsAndTheCeiling) {
  std::string log;
  for (int i = 0; i < 9; ++i) log += Line("acme", "10:00:0" + std::to_string(i), "PUT /five");
  const auto org = [&](std::vector<std::string> args) {
    args.push_back("-");
    return RunJson(std::move(args), log)["orgs"][0];
  };
  EXPECT_EQ(org({})["purchase"]["edition"], "bronze");
  EXPECT_EQ(org({"--agents", "8"})["smallest_edition"], "silver");
  EXPECT_EQ(org({"--agents", "35"})["smallest_edition"], "bronze");
  // 45 credits; silver with 5 agents and 3 bought ones has 43, and may buy 2 more.
  const json bought = org({"--edition", "silver", "--agents", "5", "--additional", "3"});
  EXPECT_EQ(bought["purchase"]["credits_per_day"], 2);
  const json above = org({"--edition", "silver", "--agents", "4", "--additional", "4"});
  EXPECT_TRUE(above["purchase"]["credits_per_day"].is_null());
  EXPECT_EQ(above["purchase"]["pack"], 3);
}

TEST_F(PlanTest, TheRevisionIsTheOneInForceOrTheOneAskedFor) {
  const std::string log = Line("acme", "10:00:00", "GET /x");
  EXPECT_EQ(RunJson({"-"}, log)["orgs"][0]["editions"][0]["credits"], 10);
  const json later = RunJson({"--revision", "2", "-"}, log);
  EXPECT_EQ(later["orgs"][0]["editions"][0]["credits"], 1'000);
  EXPECT_EQ(later["orgs"][0]["planned_day"], "2030-01-01");
  EXPECT_THAT(Run({"--revision", "3", "-"}, log).err,
              HasSubstr("--revision: 3; the catalog has 1, 2"));
}

TEST_F(PlanTest, LogsAreMergedByTimeWhateverTheirOrder) {
  const std::string first = File(
      "first", Line("acme", "10:00:00", "PUT /five") + Line("acme", "10:00:02", "GET /tickets/2"));
  const std::string second = File("second", Line("acme", "10:00:01", "PUT /five"));
  const std::vector<std::string> options = {"--edition", "bronze"};
  std::vector<std::string> forward = {"--edition", "bronze", first, second};
  std::vector<std::string> backward = {"--edition", "bronze", second, first};
  const json report = RunJson(forward);
  EXPECT_EQ(report["orgs"][0]["days"][0]["refused"]["credits"]["credits"], 1);
  EXPECT_EQ(report["lines"]["total"], 3);
  EXPECT_EQ(report, RunJson(backward));
}

TEST_F(PlanTest, RequestsThatTheServerWouldNotPriceAreLeftOutAndCounted) {
  const std::string log =
      Line("acme", "10:00:00", "POST /bulk") + Line("acme", "10:00:01", "GET /x");
  const json report = RunJson({"-"}, log);
  EXPECT_EQ(report["lines"]["unpriced"], 1);
  EXPECT_EQ(report["total"]["calls"], 1);
  EXPECT_THAT(Run({"-"}, log).out,
              HasSubstr("1 requests have no price and are left out; the first: method: bulk.write "
                        "is priced by the attribute \"records\", which is missing"));
}

TEST_F(PlanTest, TheTablesAreAligned) {
  const std::string orgs =
      File("orgs", "org,edition,legacy_limit,paid\nacme,bronze,12,yes\nidle,bronze,,\n");
  std::string log = "noise\n";
  for (int i = 0; i < 4; ++i) log += Line("acme", "10:00:0" + std::to_string(i), "PUT /five");
  log += Line("globex", "10:00:05", "GET /tickets", "9");
  EXPECT_EQ(
      Run({"--orgs", orgs, "-"}, log).out,
      "ORG     DAY         CALLS  CREDITS  PEAK  HEAVY  REFUSED BY LIMITS  BY CREDITS  "
      "GRANDFATHERED  SMALLEST EDITION  OR BUY A DAY\n"
      "acme    2025-11-03      4       20     1      0                  0           2  "
      "            2  silver                      10\n"
      "globex  2025-11-03      1        3     1      1                  -           -  "
      "            -  bronze                       -\n"
      "total                   5       23                               0           2  "
      "            2\n"
      "\n"
      "USED OF  DAY             BRONZE   SILVER\n"
      "acme     2025-11-03  ! 200.00 %  66.67 %\n"
      "globex   2025-11-03     30.00 %  10.00 %\n"
      "\n"
      "ORG     METHOD        CALLS  CREDITS     SHARE\n"
      "acme    PUT /five         4       20  100.00 %\n"
      "globex  tickets.list      1        3  100.00 %\n"
      "\n"
      "ORG     EDITION  ADVICE\n"
      "acme    bronze   move to silver, or buy 10 credits a day (or a pack of 10) on bronze\n"
      "globex  -        bronze fits\n"
      "\n"
      "6 lines: 5 requests, 1 not requests\n"
      "5 calls, 23 credits, 2 organisations, 2 days; priced by catalog revision 1\n"
      "Refused under limits: 0 calls of 0 of 1 organisations (0 for credits, 0 for concurrency)\n"
      "Refused under credits: 2 calls of 1 of 1 organisations (2 for credits, 0 for concurrency)\n"
      "Refused grandfathered: 2 calls of 1 of 1 organisations (2 for credits, 0 for concurrency)\n"
      "1 organisations of --orgs made no call.\n");
}

TEST_F(PlanTest, BadInputNamesTheOptionOrTheLine) {
  const auto error = [this](std::vector<std::string> args) {
    const RunResult result = Run(std::move(args));
    EXPECT_EQ(result.code, ExitCode::kUsage);
    EXPECT_THAT(result.out, IsEmpty());
    return result.err;
  };
  EXPECT_THAT(error({"--edition", "gold", "-"}),
              HasSubstr("quotactl plan: --edition: 'gold'; it must be one of bronze, silver"));
  EXPECT_THAT(error({"--legacy-limit", "many", "-"}),
              HasSubstr("--legacy-limit: 'many'; it must be 0 to 1000000000000"));
  EXPECT_THAT(error({"--orgs", File("orgs", "org,agents\na,x\nb,y\n"), "-"}),
              AllOf(HasSubstr("orgs:2: agents: 'x'"), HasSubstr("orgs:3: agents: 'y'")));
  EXPECT_THAT(error({"--orgs", "no-such-file", "-"}), HasSubstr("can't read no-such-file"));
  EXPECT_THAT(error({"no-such-log"}), HasSubstr("can't read no-such-log"));
  const RunResult timeless =
      RunTool({"plan", "--regex", "(?P<method>[A-Z]+) (?P<path>\\S+)", "--default-org", "a", "-"});
  EXPECT_EQ(timeless.code, ExitCode::kUsage);
  EXPECT_THAT(timeless.err, HasSubstr("give the regex a group (?P<time>...)"));
  EXPECT_THAT(RunTool({"plan", "--catalog", File("bad", "revisions {"), "-"}).err,
              HasSubstr("bad:1: "));
}

TEST_F(PlanTest, AnEmptyLogIsAPlanOfNothing) {
  const RunResult result = Run({"-"});
  EXPECT_EQ(result.code, ExitCode::kOk);
  EXPECT_THAT(result.out, AllOf(HasSubstr("0 calls, 0 credits, 0 organisations, 0 days"),
                                Not(HasSubstr("ADVICE"))));
  EXPECT_EQ(RunJson({"-"})["orgs"], json::array());
}

}  // namespace
}  // namespace quota::client
