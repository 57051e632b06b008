#include "client/quotactl/quotactl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/client/fake_quota_server.h"
#include "tests/client/quotactl_run.h"

namespace quota::client {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

class QuotactlTest : public testing::Test {
 protected:
  QuotactlTest() { server_.AddOrg("acme", 100'000); }

  RunResult Run(std::vector<std::string> args) { return RunTool(server_, std::move(args)); }

  // The same with --output json, whose answer must parse.
  json RunJson(std::vector<std::string> args, ExitCode expected = ExitCode::kOk) {
    args.insert(args.end(), {"--output", "json"});
    const RunResult result = Run(std::move(args));
    EXPECT_EQ(result.code, expected) << result.err;
    return json::parse(result.out);
  }

  FakeQuotaServer server_;
};

TEST_F(QuotactlTest, OrgCreateSendsEveryOption) {
  const RunResult result =
      Run({"org", "create", "globex", "--edition", "enterprise", "--agents", "12", "--light-agents",
           "3", "--data-center", "eu", "--time-zone", "Europe/Berlin", "--signup-day", "2025-11-01",
           "--paid", "--request-id", "r1"});
  ASSERT_EQ(result.code, ExitCode::kOk) << result.err;
  const v1::CreateOrgRequest request = server_.last_create();
  EXPECT_EQ(request.ShortDebugString(),
            "request_id: \"r1\" org_id: \"globex\" edition: \"enterprise\" agents: 12 "
            "light_agents: 3 data_center: \"eu\" time_zone: \"Europe/Berlin\" "
            "signup_day { year: 2025 month: 11 day: 1 } paid: true");
  EXPECT_THAT(
      result.out,
      AllOf(HasSubstr("organisation     globex\n"), HasSubstr("allotment today  112,000 credits\n"),
            HasSubstr("base 100,000\n"), HasSubstr("POOL  LIMIT  SET BY\nmain     25  catalog\n")));
  EXPECT_EQ(RunJson({"org", "create", "initech", "--edition", "free"})["org_id"], "initech");
  EXPECT_EQ(server_.last_create().request_id().size(), 36u);
}

TEST_F(QuotactlTest, OrgGetShowsThePlan) {
  EXPECT_THAT(Run({"org", "get", "acme"}).out, HasSubstr("edition          enterprise\n"));
  const json org = RunJson({"org", "get", "acme"});
  EXPECT_EQ(org["revision"], "1");
  // Fields that are empty are there, too.
  EXPECT_EQ(org["suspended"], false);
}

TEST_F(QuotactlTest, OrgListShowsOnePageOrAll) {
  server_.AddOrg("globex", 1000);
  server_.AddOrg("initech", 5000);
  const RunResult page = Run({"org", "list", "--page-size", "2"});
  EXPECT_THAT(page.out, AllOf(StartsWith("ORG     EDITION     AGENTS  ALLOTMENT"),
                              HasSubstr("acme"), HasSubstr("globex"), Not(HasSubstr("initech"))));
  EXPECT_THAT(page.err, HasSubstr("more: --page-token globex"));
  EXPECT_THAT(Run({"org", "list", "--page-token", "globex"}).out, HasSubstr("initech"));
  EXPECT_EQ(RunJson({"org", "list", "--page-size", "1", "--all"})["orgs"].size(), 3u);
  EXPECT_EQ(Run({"org", "list", "--page-token", "globex", "--all"}).code, ExitCode::kUsage);
}

TEST_F(QuotactlTest, PlanChangesSendWhatWasAsked) {
  EXPECT_THAT(Run({"set-edition", "acme", "professional", "--expected-revision", "4"}).out,
              HasSubstr("professional"));
  EXPECT_THAT(server_.Calls("SetEdition").at(0), HasSubstr("expected_revision: 4"));
  EXPECT_EQ(RunJson({"set-edition", "acme", "free"})["edition"], "free");

  EXPECT_THAT(Run({"set-agents", "acme", "1200"}).out, HasSubstr("1,200, light agents 0"));
  EXPECT_THAT(server_.Calls("SetAgents").at(0), Not(HasSubstr("light_agents")));
  EXPECT_EQ(RunJson({"set-agents", "acme", "5", "--light-agents", "2"})["light_agents"], "2");
}

TEST_F(QuotactlTest, SetConcurrencyLimitTakesANumberOrTheCatalogs) {
  EXPECT_EQ(Run({"set-concurrency-limit", "acme", "--limit", "50"}).code, ExitCode::kOk);
  EXPECT_EQ(server_.last_limit().limit(), 50);
  EXPECT_EQ(server_.last_limit().pool(), "main");
  RunJson({"set-concurrency-limit", "acme", "--pool", "heavy", "--catalog"});
  EXPECT_FALSE(server_.last_limit().has_limit());
  EXPECT_EQ(server_.last_limit().pool(), "heavy");
  EXPECT_EQ(Run({"set-concurrency-limit", "acme"}).code, ExitCode::kUsage);
  EXPECT_EQ(Run({"set-concurrency-limit", "acme", "--limit", "5", "--catalog"}).code,
            ExitCode::kUsage);
}

TEST_F(QuotactlTest, PurchaseTakesAPackOrADailyAmount) {
  const RunResult pack =
      Run({"purchase", "acme", "--id", "P1", "--pack", "5000", "--last-day", "2026-12-31"});
  ASSERT_EQ(pack.code, ExitCode::kOk) << pack.err;
  EXPECT_EQ(server_.last_purchase().pack_credits(), 5000);
  EXPECT_EQ(server_.last_purchase().purchase_id(), "P1");
  EXPECT_FALSE(server_.last_purchase().has_first_day());
  EXPECT_EQ(server_.last_purchase().last_day().ShortDebugString(), "year: 2026 month: 12 day: 31");
  EXPECT_THAT(pack.out, AllOf(HasSubstr("PURCHASE  KIND  CREDITS"), HasSubstr("5,000")));

  const json daily =
      RunJson({"purchase", "acme", "--id", "P2", "--per-day", "1000", "--first-day", "2026-02-01"});
  EXPECT_EQ(server_.last_purchase().credits_per_day(), 1000);
  EXPECT_EQ(server_.last_purchase().first_day().month(), 2);
  EXPECT_EQ(daily["purchase"]["purchase_id"], "P2");

  EXPECT_EQ(Run({"purchase", "acme", "--id", "P3"}).code, ExitCode::kUsage);
  EXPECT_EQ(Run({"purchase", "acme", "--id", "P3", "--pack", "1", "--per-day", "1"}).code,
            ExitCode::kUsage);
  EXPECT_THAT(Run({"purchase", "acme", "--id", "P3", "--pack", "1", "--last-day", "31.12."}).err,
              HasSubstr("'31.12.' is no day: write YYYY-MM-DD"));
}

TEST_F(QuotactlTest, ReservePrintsTheIdAloneAndCommitTakesIt) {
  const RunResult reserve = Run({"reserve", "acme", "--credits", "3"});
  ASSERT_EQ(reserve.code, ExitCode::kOk) << reserve.err;
  ASSERT_EQ(reserve.out.size(), 37u);
  EXPECT_THAT(reserve.err, AllOf(HasSubstr("held        3 credits\n"),
                                 HasSubstr("99,997 of 100,000 credits (used 0, held 3)")));
  EXPECT_EQ(server_.held("acme"), 3);

  const std::string id = reserve.out.substr(0, 36);
  const RunResult commit = Run({"commit", "acme", id, "--credits", "2"});
  ASSERT_EQ(commit.code, ExitCode::kOk) << commit.err;
  EXPECT_THAT(commit.out, AllOf(HasSubstr("charged    2 credits\n"),
                                HasSubstr("resets at  2026-01-02 00:00:00 UTC (in 3 h 12 min)\n")));
  EXPECT_EQ(server_.used("acme"), 2);
}

TEST_F(QuotactlTest, ReserveSendsEveryOption) {
  const json answer = RunJson({"reserve", "acme", "--method", "tickets.list", "--attribute",
                               "from=100", "--attribute", "limit=50", "--id", "mine", "--slots",
                               "2", "--ttl", "60s", "--best-effort", "--commit-on-expiry"});
  EXPECT_EQ(answer["reservation_id"], "mine");
  EXPECT_EQ(answer["decision"], "DECISION_GRANTED");
  const v1::ReserveRequest request = server_.reserves().at(0);
  EXPECT_EQ(request.method().attributes().size(), 2u);
  EXPECT_EQ(request.method().attributes().at("limit"), 50);
  EXPECT_EQ(request.slots(), 2u);
  EXPECT_EQ(request.ttl().seconds(), 60);
  EXPECT_EQ(request.mode(), v1::RESERVE_MODE_BEST_EFFORT);
  EXPECT_EQ(request.on_expiry(), v1::EXPIRY_ACTION_COMMIT);
}

TEST_F(QuotactlTest, ARefusalIsExitCode1AndNoId) {
  const RunResult refused = Run({"reserve", "acme", "--credits", "100001"});
  EXPECT_EQ(refused.code, ExitCode::kRefused);
  EXPECT_THAT(refused.out, IsEmpty());
  EXPECT_THAT(refused.err, HasSubstr("refused: credits exhausted\n"));
  const json answer = RunJson({"reserve", "acme", "--credits", "100001"}, ExitCode::kRefused);
  EXPECT_EQ(answer["decision"], "DECISION_CREDITS_EXHAUSTED");
  EXPECT_EQ(Run({"charge", "acme", "--credits", "100001"}).code, ExitCode::kRefused);
  EXPECT_EQ(Run({"reserve", "nobody", "--credits", "1"}).code, ExitCode::kRefused);
}

TEST_F(QuotactlTest, CheckOnlyHoldsNothing) {
  const RunResult granted = Run({"reserve", "acme", "--credits", "3", "--check-only"});
  EXPECT_EQ(granted.code, ExitCode::kOk);
  EXPECT_THAT(granted.out, HasSubstr("would be granted  3 credits\n"));
  EXPECT_EQ(server_.held("acme"), 0);
  EXPECT_EQ(RunJson({"reserve", "acme", "--credits", "3", "--check-only"})["credits"], "3");
  EXPECT_EQ(Run({"reserve", "acme", "--credits", "100001", "--check-only"}).code,
            ExitCode::kRefused);
}

TEST_F(QuotactlTest, ReleaseAndExtend) {
  Run({"reserve", "acme", "--credits", "3", "--id", "r1"});
  EXPECT_THAT(Run({"extend", "acme", "r1", "--ttl", "120s"}).out,
              HasSubstr("2026-01-02 00:02:00 UTC"));
  EXPECT_EQ(RunJson({"extend", "acme", "r1", "--ttl", "60s"})["expires_at"],
            "2026-01-02T00:01:00Z");
  EXPECT_THAT(Run({"release", "acme", "r1"}).out, HasSubstr("state      released\n"));
  Run({"reserve", "acme", "--credits", "3", "--id", "r2"});
  EXPECT_EQ(RunJson({"release", "acme", "r2"})["state"], "HOLD_STATE_RELEASED");
  Run({"reserve", "acme", "--credits", "3", "--id", "r3"});
  EXPECT_EQ(RunJson({"commit", "acme", "r3"})["charged"], "3");
}

TEST_F(QuotactlTest, Charge) {
  EXPECT_THAT(Run({"charge", "acme", "--credits", "3"}).out, HasSubstr("charged    3 credits\n"));
  const json answer = RunJson({"charge", "acme", "--credits", "4", "--id", "c1"});
  EXPECT_EQ(answer["charged"], "4");
  EXPECT_EQ(answer["reservation_id"], "c1");
  EXPECT_EQ(server_.used("acme"), 7);
}

TEST_F(QuotactlTest, NumbersAreDecimalAndNegativeOnesAreTheServersToJudge) {
  EXPECT_EQ(RunJson({"charge", "acme", "--credits", "010"})["charged"], "10");
  Run({"charge", "acme", "--credits", "-1"});
  EXPECT_THAT(server_.Calls("Charge").at(1), HasSubstr("credits: -1"));
}

TEST_F(QuotactlTest, UsageShowsSourcesAndPools) {
  Run({"charge", "acme", "--credits", "12500"});
  const RunResult usage = Run({"usage", "acme"});
  ASSERT_EQ(usage.code, ExitCode::kOk) << usage.err;
  EXPECT_THAT(usage.out, AllOf(HasSubstr("model         API credits: signed up under credits\n"),
                               HasSubstr("used          12,500 of 100,000 credits, 12.50 %\n"),
                               HasSubstr("SOURCE         ALLOTMENT    USED\n"),
                               HasSubstr("base             100,000  12,500\n"),
                               HasSubstr("POOL  LIMIT  IN FLIGHT\nmain     10          0\n")));
  EXPECT_EQ(RunJson({"usage", "acme"})["usage"]["used"], "12500");
}

TEST_F(QuotactlTest, HealthIs0OnlyWhenServing) {
  const RunResult serving = Run({"health"});
  EXPECT_EQ(serving.code, ExitCode::kOk);
  EXPECT_EQ(serving.out, "SERVING\n");
  server_.SetServing(false);
  const RunResult stopped = Run({"health"});
  EXPECT_EQ(stopped.code, ExitCode::kUnavailable);
  EXPECT_EQ(stopped.out, "NOT_SERVING\n");
  EXPECT_EQ(RunJson({"health"}, ExitCode::kUnavailable)["status"], "NOT_SERVING");
  EXPECT_EQ(Run({"health", "--service", "no.such.Service"}).code, ExitCode::kServerError);
}

TEST_F(QuotactlTest, TheServersErrorsAreExitCode3WithTheNextStep) {
  const RunResult missing = Run({"org", "get", "nobody"});
  EXPECT_EQ(missing.code, ExitCode::kServerError);
  EXPECT_THAT(missing.out, IsEmpty());
  EXPECT_THAT(missing.err, AllOf(HasSubstr("NOT_FOUND"), HasSubstr("'quotactl org list'")));
  server_.FailNext("SetAgents", grpc::Status(grpc::StatusCode::ABORTED, "revision is 5"));
  const RunResult aborted = Run({"set-agents", "acme", "3", "--expected-revision", "4"});
  EXPECT_EQ(aborted.code, ExitCode::kServerError);
  EXPECT_THAT(aborted.err, HasSubstr("read the present revision"));
  EXPECT_EQ(Run({"commit", "acme", "no-such-id"}).code, ExitCode::kServerError);
}

TEST_F(QuotactlTest, AnUnknownOutcomeTellsHowToRepeat) {
  for (int i = 0; i < 100; ++i) {
    server_.FailNext("Charge", StatusWithReason(grpc::StatusCode::UNAVAILABLE, "OUTCOME_UNKNOWN"));
  }
  const RunResult result =
      Run({"charge", "acme", "--credits", "3", "--id", "c1", "--timeout", "50ms"});
  EXPECT_EQ(result.code, ExitCode::kUnavailable);
  EXPECT_THAT(result.err, HasSubstr("repeat the command with --id c1"));
}

TEST_F(QuotactlTest, AnOverloadedServerIsExitCode4) {
  server_.FailNext("GetUsage", grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "queue full"));
  EXPECT_EQ(Run({"usage", "acme"}).code, ExitCode::kUnavailable);
}

// Of every command: what a server that nobody runs comes to.
TEST(QuotactlWithoutServerTest, EveryCommandIsExitCode4AndNamesTheServer) {
  // Nobody listens on port 1.
  const std::vector<std::vector<std::string>> commands = {
      {"org", "create", "acme", "--edition", "free"},
      {"org", "get", "acme"},
      {"org", "list"},
      {"set-edition", "acme", "free"},
      {"set-agents", "acme", "1"},
      {"set-concurrency-limit", "acme", "--catalog"},
      {"purchase", "acme", "--id", "P1", "--pack", "1"},
      {"reserve", "acme", "--credits", "1"},
      {"reserve", "acme", "--credits", "1", "--check-only"},
      {"commit", "acme", "id"},
      {"release", "acme", "id"},
      {"extend", "acme", "id", "--ttl", "5s"},
      {"charge", "acme", "--credits", "1"},
      {"usage", "acme"},
      {"health"},
  };
  for (std::vector<std::string> args : commands) {
    args.insert(args.end(), {"--server", "127.0.0.1:1", "--timeout", "20ms"});
    const RunResult result = RunTool(args);
    EXPECT_EQ(result.code, ExitCode::kUnavailable) << args[0] << result.err;
    EXPECT_THAT(result.err, HasSubstr("no answer from 127.0.0.1:1"));
    EXPECT_THAT(result.out, IsEmpty());
  }
}

TEST(QuotactlArgumentsTest, UsageErrorsAreExitCode2AndNothingIsSent) {
  const std::vector<std::vector<std::string>> cases = {
      {},
      {"no-such-command"},
      {"org"},
      {"usage"},
      {"usage", "acme", "too", "many"},
      {"usage", "acme", "--output", "xml"},
      {"usage", "acme", "--timeout", "1h"},
      {"usage", "acme", "--timeout", "0s"},
      {"reserve", "acme"},
      {"reserve", "acme", "--credits", "1", "--method", "m"},
      {"reserve", "acme", "--credits", "many"},
      {"reserve", "acme", "--credits", "99999999999999999999"},
      {"reserve", "acme", "--credits", "0x10"},
      {"reserve", "acme", "--credits", "1.5"},
      {"reserve", "acme", "--credits", "1", "--slots", "-1"},
      {"org", "list", "--page-size", "99999999999"},
      {"reserve", "acme", "--credits", "1", "--attribute", "a=1"},
      {"reserve", "acme", "--method", "m", "--attribute", "a"},
      {"reserve", "acme", "--credits", "1", "--ttl", "60"},
      {"reserve", "acme", "--credits", "1", "--ttl", "inf"},
      {"reserve", "acme", "--credits", "1", "--best-effort", "--check-only"},
      {"extend", "acme", "id"},
      {"set-agents", "acme"},
      {"org", "create", "acme"},
      {"charge", "", "--credits", "1"},
      {"charge", "acme", "--best-effort", "", "--credits", "1"},
  };
  for (const std::vector<std::string>& args : cases) {
    const RunResult result = RunTool(args);
    EXPECT_EQ(result.code, ExitCode::kUsage) << (args.empty() ? "" : args[0]) << result.out;
    EXPECT_THAT(result.err, Not(IsEmpty()));
    EXPECT_THAT(result.out, IsEmpty());
  }
  EXPECT_THAT(RunTool({"reserve", "acme", "--credits", "1", "--ttl", "60"}).err,
              HasSubstr("'60' is no duration: write 500ms, 60s or 1m30s"));
  EXPECT_THAT(RunTool({"charge", "", "--credits", "1"}).err,
              HasSubstr("word 2: is empty: was a variable not set?"));
}

TEST(QuotactlArgumentsTest, EveryHelpHasExamplesAndTheFirstTheExitCodes) {
  EXPECT_THAT(RunTool({"--help"}).out,
              AllOf(HasSubstr("Exit codes:"), HasSubstr("Examples:"), HasSubstr("--server")));
  const std::vector<std::vector<std::string>> commands = {
      {"org"},         {"org", "create"}, {"org", "get"}, {"org", "list"},
      {"set-edition"}, {"set-agents"},    {"purchase"},   {"set-concurrency-limit"},
      {"reserve"},     {"commit"},        {"release"},    {"extend"},
      {"charge"},      {"usage"},         {"health"},     {"replay"}};
  for (std::vector<std::string> args : commands) {
    args.push_back("--help");
    const RunResult result = RunTool(args);
    EXPECT_EQ(result.code, ExitCode::kOk);
    EXPECT_THAT(result.out, HasSubstr("Examples:\n  ")) << args[0];
  }
}

TEST(QuotactlArgumentsTest, TheServerMayComeFromTheEnvironment) {
  FakeQuotaServer server;
  ASSERT_EQ(setenv("QUOTACTL_SERVER", server.target().c_str(), 1), 0);
  const RunResult result = RunTool({"health"});
  ASSERT_EQ(unsetenv("QUOTACTL_SERVER"), 0);
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
}

}  // namespace
}  // namespace quota::client
