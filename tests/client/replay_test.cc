// quotactl replay against a fake service.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/client/fake_quota_server.h"
#include "tests/client/quotactl_run.h"
#include "tests/storage/temp_folder.h"

namespace quota::client {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

// A line of Common Log Format.
std::string Line(const std::string& user, const std::string& request, int second = 0) {
  const std::string digits = std::to_string(second);
  return "192.0.2.7 - " + user + " [10/Oct/2025:13:55:" + (digits.size() < 2 ? "0" : "") + digits +
         " +0000] \"" + request + " HTTP/1.1\" 200 17\n";
}

class ReplayTest : public testing::Test {
 protected:
  ReplayTest() { server_.AddOrg("acme", 100'000, /*limit=*/4); }

  std::string File(const std::string& name, const std::string& text) {
    return folder_.Write(name, text);
  }

  RunResult Run(std::vector<std::string> args, const std::string& input = "") {
    args.insert(args.begin(), "replay");
    return RunTool(server_, std::move(args), input);
  }

  json RunJson(std::vector<std::string> args, const std::string& input = "") {
    args.insert(args.end(), {"--output", "json"});
    const RunResult result = Run(std::move(args), input);
    EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
    return json::parse(result.out);
  }

  storage::TempFolder folder_;
  FakeQuotaServer server_;
};

TEST_F(ReplayTest, ChargesEveryRequestByItsPrice) {
  server_.AddOrg("globex", 100'000);
  const std::string prices = File("prices", "GET /tickets 3\nPOST /** 10\n");
  const json report = RunJson({"--prices", prices, "-"},
                              Line("acme", "GET /tickets?from=1") + Line("globex", "POST /a/b") +
                                  "not a request\n" + Line("acme", "GET /other"));
  EXPECT_EQ(report["lines"],
            json::parse(R"({"total": 4, "requests": 3, "not_requests": 1, "unreadable": 0,
                            "too_long": 0, "without_org": 0})"));
  ASSERT_EQ(report["orgs"].size(), 2u);
  EXPECT_EQ(report["orgs"][0]["org_id"], "acme");
  EXPECT_EQ(report["orgs"][0]["calls"], 2);
  EXPECT_EQ(report["orgs"][0]["credits"], 4);
  EXPECT_EQ(report["orgs"][1]["credits"], 10);
  EXPECT_EQ(report["total"]["granted"], 3);
  EXPECT_EQ(report["latency_us"]["reserve"]["count"], 3);
  EXPECT_EQ(report["complete"], true);
  EXPECT_EQ(server_.used("acme"), 4);
  EXPECT_EQ(server_.used("globex"), 10);
  EXPECT_EQ(server_.held("acme"), 0);
}

TEST_F(ReplayTest, KeepsAtMostTheConcurrencyLimitInFlight) {
  std::string log;
  for (int i = 0; i < 300; ++i) log += Line("acme", "GET /x");
  const json report = RunJson({"-"}, log);
  EXPECT_EQ(report["total"]["granted"], 300);
  EXPECT_TRUE(report["total"]["refused"].empty());
  EXPECT_LE(server_.most_in_flight("acme"), 4);
  EXPECT_EQ(server_.used("acme"), 300);
}

TEST_F(ReplayTest, InFlightMayBeTold) {
  std::string log;
  for (int i = 0; i < 100; ++i) log += Line("acme", "GET /x");
  RunJson({"--in-flight", "1", "-"}, log);
  EXPECT_EQ(server_.most_in_flight("acme"), 1);
}

TEST_F(ReplayTest, RefusalsAreCountedByReason) {
  server_.AddOrg("small", 5);
  std::string log;
  for (int i = 0; i < 8; ++i) log += Line("small", "GET /x");
  log += Line("nobody", "GET /x");
  const RunResult table = Run({"-"}, log);
  EXPECT_EQ(table.code, ExitCode::kOk) << table.err;
  EXPECT_THAT(table.out, AllOf(HasSubstr("ORG     CALLS  GRANTED  CREDITS EXHAUSTED  ORG UNKNOWN  "
                                         "CREDITS\n"),
                               HasSubstr("small       8        5                  3            0  "
                                         "      5\n"),
                               HasSubstr("nobody      1        0                  0            1  "
                                         "      0\n"),
                               HasSubstr("LATENCY"), HasSubstr("9 lines: 9 requests\n")));
}

TEST_F(ReplayTest, RequestsWithoutAnOrganisationGoToTheDefaultOrAreLeftOut) {
  const std::string log = Line("-", "GET /x") + Line("acme", "GET /x");
  EXPECT_EQ(RunJson({"-"}, log)["lines"]["without_org"], 1);
  EXPECT_EQ(server_.used("acme"), 1);
  EXPECT_EQ(RunJson({"--default-org", "acme", "-"}, log)["total"]["calls"], 2);
  EXPECT_EQ(server_.used("acme"), 3);
}

TEST_F(ReplayTest, UnknownOrganisationsAreCreatedWhereAsked) {
  const json report = RunJson({"--create-orgs", "enterprise", "--agents", "2", "-"},
                              Line("fresh", "GET /x") + Line("fresh", "GET /x"));
  EXPECT_EQ(report["orgs_created"], 1);
  EXPECT_EQ(report["total"]["granted"], 2);
  EXPECT_EQ(server_.last_create().edition(), "enterprise");
  EXPECT_EQ(server_.last_create().agents(), 2);
}

TEST_F(ReplayTest, SeveralFilesAreReadInTheirOrder) {
  const std::string first = File("first.log", Line("acme", "GET /x"));
  const std::string second = File("second.log", Line("acme", "GET /y"));
  EXPECT_EQ(RunJson({first, second})["lines"]["total"], 2);
  EXPECT_EQ(server_.used("acme"), 2);
}

TEST_F(ReplayTest, AWholeDayMayBeReplayedByItsTimesInAMoment) {
  std::string log;
  for (int i = 0; i < 20; ++i) log += "acme 10:00:0" + std::to_string(i % 10) + " GET /x 2.5\n";
  const json report = RunJson(
      {"--regex", R"((?P<org>\w+) (?P<time>\S+) (?P<method>\w+) (?P<path>\S+) (?P<duration>\S+))",
       "--time-format", "%H:%M:%S", "--speed", "100000", "--in-flight", "20", "-"},
      log);
  EXPECT_EQ(report["total"]["calls"], 20);
  EXPECT_EQ(server_.held("acme"), 0);
}

TEST_F(ReplayTest, LinesThatAreNotRequestsAreNeverFatal) {
  std::string log(100'000, 'x');
  log += "\n\n\xff\xfe garbage\n" + Line("acme", "GET /x") +
         "192.0.2.7 - acme [yesterday] \"GET /x HTTP/1.1\" 200 17\n" + std::string(3, '\0');
  const json report = RunJson({"-"}, log);
  EXPECT_EQ(report["lines"],
            json::parse(R"({"total": 6, "requests": 1, "not_requests": 3, "unreadable": 1,
                            "too_long": 1, "without_org": 0})"));
  EXPECT_EQ(server_.used("acme"), 1);
}

TEST_F(ReplayTest, AFailedCallIsCountedAndToldByTheExitCode) {
  server_.FailNext("Reserve", grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "credits"));
  const RunResult result = Run({"-"}, Line("acme", "GET /x") + Line("acme", "GET /x"));
  EXPECT_EQ(result.code, ExitCode::kServerError);
  EXPECT_THAT(result.out, HasSubstr("FAILED"));
  EXPECT_THAT(result.err, HasSubstr("some calls failed, such as\n"
                                    "quotactl: INVALID_ARGUMENT: organisation acme: credits\n"));
  EXPECT_EQ(server_.used("acme"), 1);
}

TEST_F(ReplayTest, StopsAfterTooManyFailures) {
  std::string log;
  for (int i = 0; i < 50; ++i) {
    server_.FailNext("Reserve", grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "credits"));
    log += Line("acme", "GET /x");
  }
  const RunResult result =
      Run({"--max-failures", "5", "--workers", "1", "--output", "json", "-"}, log);
  EXPECT_EQ(result.code, ExitCode::kServerError);
  EXPECT_THAT(result.err, HasSubstr("stopped: too many calls failed"));
  EXPECT_EQ(json::parse(result.out)["total"]["failed"], 5);
  EXPECT_EQ(json::parse(result.out)["complete"], false);
}

TEST_F(ReplayTest, WithoutAServerItStopsAtOnce) {
  std::string log;
  for (int i = 0; i < 50; ++i) log += Line("acme", "GET /x");
  const RunResult result =
      RunTool({"replay", "--server", "127.0.0.1:1", "--timeout", "20ms", "-"}, log);
  EXPECT_EQ(result.code, ExitCode::kUnavailable);
  EXPECT_THAT(result.err, HasSubstr("no answer from 127.0.0.1:1"));
}

TEST_F(ReplayTest, WhatCannotWorkIsAUsageErrorBeforeTheFirstCall) {
  const std::string log = File("access.log", Line("acme", "GET /x"));
  const std::string bad_prices = File("bad.prices", "GET /a\n");
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{}, "LOG is required"},
      {{"no-such-file"}, "can't read no-such-file"},
      {{log, folder_.path()}, "can't read " + folder_.path()},
      {{"--prices", "no-such-file", log}, "can't read no-such-file"},
      {{"--prices", bad_prices, log}, bad_prices + ":1: a rule is METHOD PATH PRICE"},
      {{"--regex", "(", log}, "does not compile"},
      {{"--regex-file", "no-such-file", log}, "can't read no-such-file"},
      {{"--regex", "(?P<method>a)(?P<path>b)", log}, "--default-org"},
      {{"--regex", "(?P<method>a)(?P<path>b)(?P<org>c)", "--speed", "1", log}, "(?P<time>"},
      {{"--speed", "fast", log}, "'fast' is neither"},
      {{"--speed", "nan", log}, "'nan' is neither"},
      {{"--in-flight", "0", log}, "--in-flight"},
      {{"--format", "json", log}, "--format"},
      {{"--format", "common", "--regex", "x", log}, "--regex"},
      {{"--org-group", "tenant", log}, "no group 'tenant'"},
  };
  for (const auto& [args, message] : cases) {
    const RunResult result = Run(args);
    EXPECT_EQ(result.code, ExitCode::kUsage) << message;
    EXPECT_THAT(result.err, HasSubstr(message));
    EXPECT_THAT(result.out, IsEmpty());
  }
  EXPECT_THAT(server_.Calls("Reserve"), IsEmpty());
}

TEST_F(ReplayTest, TheOpenStackExampleReadsLinesWithAndWithoutAProject) {
  const std::string log =
      "nova-api.log.1 2017-05-16 00:00:00.008 25746 INFO nova.osapi_compute.wsgi.server "
      "[req-38101a0b-2096-447d-96ea-a692162415ae 113d3a99c3da401fbd62cc2caa5b96d2 acme - - -] "
      "10.11.10.1 \"GET /v2/acme/servers/detail HTTP/1.1\" status: 200 len: 1893 time: 0.2477829\n"
      "nova-api.log.1 2017-05-16 00:00:16.795 25783 INFO nova.metadata.wsgi.server "
      "[req-b40b44ea-c721-4bc4-b1cd-bb238982ede4 - - - - -] 10.11.21.122,10.11.10.1 "
      "\"GET /openstack/2012-08-10/meta_data.json HTTP/1.1\" status: 200 len: 264 time: 0.245\n"
      "nova-api.log.1 2017-05-16 00:00:16.806 25783 INFO nova.metadata.wsgi.server [-] "
      "10.11.21.122 \"GET /openstack/2013-10-17 HTTP/1.1\" status: 200 len: 157 time: 0.0008\n"
      "nova-compute.log.1 2017-05-16 00:00:04.500 2931 INFO nova.compute.manager [req-3ea4 - - - "
      "- -] [instance: b9000564] VM Started (Lifecycle Event)\n";
  const std::string examples = QUOTACTL_EXAMPLES;
  const json report = RunJson(
      {"--regex-file", examples + "/openstack.regex", "--prices", examples + "/openstack.prices",
       "--default-org", "metadata", "--create-orgs", "enterprise", "-"},
      log);
  EXPECT_EQ(report["lines"]["requests"], 3);
  EXPECT_EQ(report["lines"]["not_requests"], 1);
  EXPECT_EQ(report["orgs"][0]["org_id"], "acme");
  EXPECT_EQ(report["orgs"][0]["credits"], 3);
  EXPECT_EQ(report["orgs"][1]["org_id"], "metadata");
  EXPECT_EQ(report["orgs"][1]["credits"], 2);
}

}  // namespace
}  // namespace quota::client
