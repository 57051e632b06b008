// A real log of an API, planned by the real quotactl, against counts by grep and awk.
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "tests/crash/child_process.h"

namespace quota::test {
namespace {

using nlohmann::json;

constexpr const char* kLog = QUOTA_SOURCE_DIR "/../shared/data/openstack_nova_2k.log";
constexpr std::chrono::seconds kPatience{60};

// What a shell prints for `command`, in which $LOG is the log.
std::string Shell(const std::string& command) {
  const std::string line = "LOG='" + std::string(kLog) + "'; export LC_ALL=C; " + command;
  std::string out;
  FILE* pipe = popen(line.c_str(), "r");
  if (pipe == nullptr) return out;
  std::array<char, 4096> buffer;
  for (size_t n = 0; (n = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    out.append(buffer.data(), n);
  }
  EXPECT_EQ(pclose(pipe), 0) << command;
  return out;
}

int64_t Number(const std::string& command) { return std::stoll("0" + Shell(command)); }

// Lines "KEY NUMBER".
std::map<std::string, int64_t> Numbers(const std::string& command) {
  std::map<std::string, int64_t> numbers;
  std::istringstream out(Shell(command));
  std::string key;
  for (int64_t number = 0; out >> key >> number;) numbers[key] = number;
  return numbers;
}

// The organisation of a line: the third word of "[req-... USER PROJECT - - -]".
constexpr char kOrg[] = R"(function org() { return $7 == "[-]" || $9 == "-" ? "metadata" : $9 } )";
// Its price by client/quotactl/examples/openstack.prices.
constexpr char kPrice[] =
    R"(function price() {
         if (/"POST [^ ]*\/servers /) return 10
         if (/"DELETE [^ ]*\/servers\//) return 6
         if (/"GET [^ ]*\/servers\/detail[ ?]/) return 3
         return 1
       } )";
constexpr char kRequests[] = R"(grep 'HTTP/1.1" status: ' "$LOG" | )";

std::string Awk(const std::string& program) {
  return std::string(kRequests) + "awk '" + kOrg + kPrice + program + "'";
}

// The most calls of each organisation at once: +1 at each start, -1 at each end, ends first.
std::string AwkPeaks() {
  return Awk(R"({ split($3, t, ":"); start = (t[1] * 60 + t[2]) * 60000000 + t[3] * 1000000
                  printf "%s %.0f 1\n%s %.0f -1\n", org(), start, org(), start + $NF * 1000000 })") +
         R"( | sort -k1,1 -k2,2n -k3,3n | awk '
               { n[$1] += $3; if (n[$1] > most[$1]) most[$1] = n[$1] }
               END { for (o in most) print o, most[o] }')";
}

class PlanTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kLog)) {
      GTEST_SKIP() << "the log is not on this machine: " << kLog;
    }
  }

  json Plan(const std::vector<std::string>& options) {
    const std::string examples = QUOTA_SOURCE_DIR "/client/quotactl/examples/";
    std::vector<std::string> arguments = {QUOTACTL_PROGRAM, "plan",
                                          "--output",       "json",
                                          "--regex-file",   examples + "openstack.regex",
                                          "--prices",       examples + "openstack.prices",
                                          "--default-org",  "metadata"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    arguments.emplace_back(kLog);
    ChildProcess quotactl(arguments);
    EXPECT_EQ(quotactl.WaitForEnd(kPatience), ProcessEnd{}) << quotactl.err();
    json out = json::parse(quotactl.out(), nullptr, /*allow_exceptions=*/false);
    EXPECT_FALSE(out.is_discarded()) << quotactl.out();
    return out;
  }
};

TEST_F(PlanTest, TotalsOfARealLogEqualACountWithGrepAndAwk) {
  const json plan = Plan({"--time-zone", "UTC"});
  EXPECT_EQ(plan["lines"]["total"], Number(R"(grep -c '' "$LOG")"));
  EXPECT_EQ(plan["lines"]["requests"], Number(R"(grep -c 'HTTP/1.1" status: ' "$LOG")"));
  EXPECT_EQ(plan["total"]["calls"], Number(Awk("END { print NR }")));
  EXPECT_EQ(plan["total"]["credits"], Number(Awk("{ n += price() } END { print n }")));
  // As the log's description has it: a guard against a reading that is wrong twice.
  EXPECT_EQ(plan["total"]["calls"], 1'017);

  const auto calls = Numbers(Awk("{ n[org()]++ } END { for (o in n) print o, n[o] }"));
  const auto credits = Numbers(Awk("{ n[org()] += price() } END { for (o in n) print o, n[o] }"));
  const auto peaks = Numbers(AwkPeaks());
  const auto details = Numbers(Awk(
      R"(/"GET [^ ]*\/servers\/detail[ ?]/ { n[org()]++ } END { for (o in n) print o, n[o] })"));
  EXPECT_EQ(plan["orgs"].size(), calls.size());
  for (const json& org : plan["orgs"]) {
    const std::string id = org["org_id"];
    ASSERT_EQ(org["days"].size(), 1u) << id;
    const json& day = org["days"][0];
    EXPECT_EQ(day["day"], "2017-05-16");
    EXPECT_EQ(day["calls"], calls.at(id)) << id;
    EXPECT_EQ(day["credits"], credits.at(id)) << id;
    EXPECT_EQ(day["peak_concurrency"]["main"], peaks.at(id)) << id;
    for (const json& method : day["methods"]) {
      if (method["method"] == "GET /v2/*/servers/detail") {
        EXPECT_EQ(method["calls"], details.at(id)) << id;
        EXPECT_EQ(method["credits"], 3 * details.at(id)) << id;
      }
    }
  }
}

TEST_F(PlanTest, RefusalsOfARealLogEqualAWalkWithAwk) {
  // 500 calls are too few for the busiest; the 5,000 credits of free are enough.
  const json plan = Plan({"--time-zone", "UTC", "--edition", "free", "--legacy-limit", "500"});
  const auto refused =
      Numbers(Awk("{ if (n[org()]++ >= 500) r[org()]++ } END { for (o in n) print o, r[o] + 0 }"));
  int64_t sum = 0;
  for (const json& org : plan["orgs"]) {
    const std::string id = org["org_id"];
    EXPECT_EQ(org["days"][0]["refused"]["limits"]["credits"], refused.at(id)) << id;
    EXPECT_EQ(org["days"][0]["refused"]["credits"]["credits"], 0) << id;
    EXPECT_EQ(org["smallest_edition"], "free") << id;
    sum += refused.at(id);
  }
  EXPECT_GT(sum, 0);
  EXPECT_EQ(plan["total"]["refused"]["limits"]["credits"], sum);
}

}  // namespace
}  // namespace quota::test
