// A real log of an API, charged by the real quotactl through the real quotad.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/crash/child_process.h"
#include "tests/crash/quotad_process.h"
#include "tests/integration/zone_at_noon.h"
#include "tests/storage/temp_folder.h"

namespace quota::test {
namespace {

using nlohmann::json;

// ---- An independent reading of the log: by searching for words, without regular expressions
// ------

struct OrgCount {
  int64_t calls = 0;
  int64_t credits = 0;
  bool operator==(const OrgCount&) const = default;
};

struct LogCount {
  int64_t lines = 0;
  int64_t requests = 0;
  std::map<std::string, OrgCount> orgs;
};

// The words of "[req-... USER PROJECT - - -]", of which the third is the project's id.
std::string ProjectOf(const std::string& line) {
  const size_t begin = line.find("[req-");
  if (begin == std::string::npos) return "metadata";
  std::istringstream words(line.substr(begin, line.find(']', begin) - begin));
  std::string request;
  std::string user;
  std::string project;
  words >> request >> user >> project;
  return project == "-" ? "metadata" : project;
}

// The price list of client/quotactl/examples, as code.
int64_t PriceOf(const std::string& method, const std::string& path) {
  const bool of_servers = path.find("/servers") != std::string::npos;
  if (method == "POST" && of_servers) return 10;
  if (method == "DELETE" && of_servers) return 6;
  return path.find("/servers/detail") != std::string::npos ? 3 : 1;
}

LogCount Count(std::istream& log) {
  LogCount count;
  for (std::string line; std::getline(log, line); ++count.lines) {
    const size_t end = line.find(" HTTP/1.1\" status: ");
    if (end == std::string::npos) continue;
    ++count.requests;
    const size_t begin = line.rfind('"', end) + 1;
    const size_t blank = line.find(' ', begin);
    OrgCount& org = count.orgs[ProjectOf(line)];
    ++org.calls;
    org.credits +=
        PriceOf(line.substr(begin, blank - begin), line.substr(blank + 1, end - blank - 1));
  }
  return count;
}

// ---- The programs
// ---------------------------------------------------------------------------------

class ReplayTest : public testing::Test {
 protected:
  void SetUp() override {
    std::ifstream log(kLog);
    if (!log) GTEST_SKIP() << "the log is not on this machine: " << kLog;
    expected_ = Count(log);
    WriteCatalog();
  }

  // The built-in one, in a zone where the day does not end while the test runs.
  void WriteCatalog() {
    std::ifstream in(QUOTA_SOURCE_DIR "/deploy/catalog/default.textproto");
    std::stringstream text;
    text << in.rdbuf();
    std::string catalog = text.str();
    constexpr std::string_view kZone = "America/Los_Angeles";
    const size_t at = catalog.find(kZone);
    ASSERT_NE(at, std::string::npos) << "the default data center has another zone";
    std::ofstream(folder_ / "catalog") << catalog.replace(at, kZone.size(), ZoneAtNoon());
  }

  QuotadProcess StartQuotad() {
    return QuotadProcess({.data_folder = folder_ / "data", .catalog = folder_ / "catalog"});
  }

  // What quotactl prints as JSON.
  json Run(const QuotadProcess& quotad, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), QUOTACTL_PROGRAM);
    arguments.insert(arguments.end(), {"--server", quotad.target(), "--output", "json"});
    ChildProcess quotactl(arguments);
    EXPECT_EQ(quotactl.WaitForEnd(kPatience), ProcessEnd{}) << quotactl.err();
    json out = json::parse(quotactl.out(), nullptr, /*allow_exceptions=*/false);
    EXPECT_FALSE(out.is_discarded()) << quotactl.out();
    return out;
  }

  json Replay(const QuotadProcess& quotad) {
    const std::string examples = QUOTA_SOURCE_DIR "/client/quotactl/examples/";
    return Run(quotad, {"replay", "--regex-file", examples + "openstack.regex", "--prices",
                        examples + "openstack.prices", "--default-org", "metadata", "--create-orgs",
                        "enterprise", "--speed", "max", kLog});
  }

  // The usage of every organisation that the server lists.
  std::map<std::string, json> Usage(const QuotadProcess& quotad) {
    std::map<std::string, json> usage;
    const json list = Run(quotad, {"org", "list", "--all"});
    for (const json& org : list["orgs"]) {
      const std::string id = org["org_id"];
      usage[id] = Run(quotad, {"usage", id});
    }
    return usage;
  }

  static constexpr const char* kLog = QUOTA_SOURCE_DIR "/../shared/data/openstack_nova_2k.log";
  storage::TempFolder folder_;
  LogCount expected_;
};

// Amounts of protobuf JSON are strings.
int64_t Amount(const json& value) { return std::stoll(value.get<std::string>()); }

void ExpectReport(const json& report, const LogCount& expected) {
  EXPECT_EQ(report["lines"]["total"], expected.lines);
  EXPECT_EQ(report["lines"]["requests"], expected.requests);
  EXPECT_EQ(report["lines"]["not_requests"], expected.lines - expected.requests);
  for (const char* none : {"unreadable", "too_long", "without_org"}) {
    EXPECT_EQ(report["lines"][none], 0) << none;
  }
  EXPECT_EQ(report["total"]["granted"], expected.requests);
  EXPECT_EQ(report["total"]["failed"], 0);
  EXPECT_EQ(report["complete"], true);
  EXPECT_EQ(report["orgs_created"], expected.orgs.size());
  std::map<std::string, OrgCount> reported;
  for (const json& org : report["orgs"]) {
    EXPECT_EQ(org["calls"], org["granted"]);
    reported[org["org_id"]] = {org["granted"], org["credits"]};
  }
  EXPECT_EQ(reported, expected.orgs);
}

TEST_F(ReplayTest, ARealLogIsChargedInFullAndItsUsageOutlivesTheServer) {
  // As the log's description has them: a guard against a reading that is wrong twice.
  EXPECT_EQ(expected_.requests, 1'017);
  EXPECT_EQ(expected_.orgs["metadata"].calls, 1'017 - 809);
  std::map<std::string, json> usage;
  {
    QuotadProcess quotad = StartQuotad();
    ASSERT_TRUE(quotad.WaitUntilServing());
    const json report = Replay(quotad);
    ExpectReport(report, expected_);
    usage = Usage(quotad);
    int64_t used = 0;
    for (const auto& [org, answer] : usage) {
      EXPECT_EQ(Amount(answer["usage"]["used"]), expected_.orgs[org].credits) << org;
      EXPECT_EQ(Amount(answer["usage"]["held"]), 0) << org;
      EXPECT_EQ(Amount(answer["open_reservations"]), 0) << org;
      used += Amount(answer["usage"]["used"]);
    }
    EXPECT_EQ(report["total"]["credits"], used);
    EXPECT_EQ(quotad.Stop(), ProcessEnd{}) << quotad.process().err();
  }
  QuotadProcess quotad = StartQuotad();
  ASSERT_TRUE(quotad.WaitUntilServing());
  EXPECT_EQ(Usage(quotad), usage);
}

}  // namespace
}  // namespace quota::test
