// quotactl plan on a real log: its totals are those of a count with grep and awk.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdio.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "tests/crash/child_process.h"

namespace quota::test {
namespace {

using nlohmann::json;

constexpr const char* kLog = QUOTA_SOURCE_DIR "/../shared/data/openstack_nova_2k.log";
constexpr std::chrono::seconds kPatience{60};

struct Count {
  int64_t calls = 0;
  int64_t credits = 0;
  friend bool operator==(const Count&, const Count&) = default;
};

// What a shell command prints.
std::string Shell(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string out;
  char buffer[4096];
  for (size_t read = 0; (read = fread(buffer, 1, sizeof(buffer), pipe.get())) > 0;) {
    out.append(buffer, read);
  }
  return out;
}

// The requests of each organisation and their price, counted without any of our code. The prices
// are those of client/quotactl/examples/openstack.prices.
std::map<std::string, Count> CountWithAwk() {
  std::istringstream lines(Shell(std::string(R"awk(awk -F'[][]' '
    /HTTP\/[0-9.]+" status:/ {
      split($2, words, " ")
      credits = 1
      if ($0 ~ /"GET [^ ]*\/servers\/detail[? ]/) credits = 3
      else if ($0 ~ /"POST \/v2\/[^ \/]+\/servers /) credits = 10
      else if ($0 ~ /"DELETE /) credits = 6
      calls[words[3]]++
      sum[words[3]] += credits
    }
    END { for (org in calls) print (org == "" ? "-" : org), calls[org], sum[org] }' )awk") +
                                 kLog));
  std::map<std::string, Count> counts;
  std::string org;
  Count count;
  while (lines >> org >> count.calls >> count.credits) counts[org] = count;
  return counts;
}

json Plan(const std::vector<std::string>& options) {
  const std::string examples = QUOTA_SOURCE_DIR "/client/quotactl/examples/";
  std::vector<std::string> arguments = {QUOTACTL_PROGRAM,
                                        "plan",
                                        "--regex-file",
                                        examples + "openstack.regex",
                                        "--prices",
                                        examples + "openstack.prices",
                                        "--output",
                                        "json"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  arguments.emplace_back(kLog);
  ChildProcess quotactl(arguments);
  EXPECT_EQ(quotactl.WaitForEnd(kPatience), ProcessEnd{}) << quotactl.err();
  json out = json::parse(quotactl.out(), nullptr, /*allow_exceptions=*/false);
  EXPECT_FALSE(out.is_discarded()) << quotactl.out();
  return out;
}

TEST(PlanTest, TotalsOfARealLogAreThoseOfGrepAndAwk) {
  if (!std::filesystem::exists(kLog)) GTEST_SKIP() << kLog << " is not there";
  std::map<std::string, Count> expected = CountWithAwk();
  const int64_t requests = std::stoll(
      Shell(std::string("grep -c '\"[A-Z]* [^ ]* HTTP/[0-9.]*\" status:' ") + kLog));
  ASSERT_EQ(requests, 1'017) << "as the log's description has it";

  const json plan = Plan({"--edition", "free"});
  EXPECT_EQ(plan["lines"]["requests"], requests);
  EXPECT_EQ(plan["lines"]["without_org"], expected["-"].calls);
  expected.erase("-");
  std::map<std::string, Count> counts;
  for (const json& org : plan["orgs"]) {
    Count& count = counts[org["org_id"]];
    int64_t of_methods = 0;
    for (const json& day : org["days"]) {
      count.calls += day["calls"].get<int64_t>();
      count.credits += day["credits"].get<int64_t>();
      EXPECT_GT(day["peak_concurrency"]["main"], 0);
    }
    for (const json& method : org["methods"]) of_methods += method["credits"].get<int64_t>();
    EXPECT_EQ(of_methods, count.credits);
    EXPECT_EQ(org["smallest_edition"], "free");
  }
  EXPECT_EQ(counts, expected);
}

TEST(PlanTest, WhoIsRefusedUnderLimitsIsWhatIsAboveThem) {
  if (!std::filesystem::exists(kLog)) GTEST_SKIP() << kLog << " is not there";
  const std::map<std::string, Count> expected = CountWithAwk();
  const json plan = Plan({"--edition", "free", "--legacy-limit", "300", "--paid", "yes"});
  for (const json& org : plan["orgs"]) {
    ASSERT_EQ(org["days"].size(), 1u);
    const json& refused = org["days"][0]["refused"];
    const int64_t calls = expected.at(org["org_id"]).calls;
    EXPECT_EQ(refused["limits"]["credits"], std::max<int64_t>(0, calls - 300));
    EXPECT_EQ(refused["credits"]["credits"], 0) << "5,000 credits are enough for all";
    EXPECT_EQ(refused["grandfathered"]["credits"], 0);
  }
}

}  // namespace
}  // namespace quota::test
