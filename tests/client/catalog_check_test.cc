// quotactl catalog check, which needs no server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/client/quotactl_run.h"

namespace quota::client {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kGood[] = R"(revisions {
  number: 1
  editions { name: "free" }
  data_centers { name: "us" time_zone: "UTC" }
  prices { methods: [ "a", "b" ] flat: 1 }
}
revisions {
  number: 7
  effective_from: "2025-10-06T00:00:00Z"
  editions { name: "free" }
  editions { name: "gold" }
  data_centers { name: "us" time_zone: "UTC" }
}
revisions {
  number: 8
  effective_from: "2030-01-01T00:00:00Z"
  editions { name: "free" }
  editions { name: "gold" }
  data_centers { name: "us" time_zone: "UTC" }
  pools { name: "heavy" }
}
)";

constexpr char kBad[] = R"(revisions {
  number: 0
  editions { name: "Free" }
  data_centers { name: "us" time_zone: "UTC" }
}
)";

TEST(CatalogCheckTest, AGoodFileIsOkAndItsRevisionsAreShown) {
  const RunResult result = RunTool({"catalog", "check", "-"}, kGood);
  EXPECT_EQ(result.code, ExitCode::kOk) << result.err;
  EXPECT_EQ(result.out,
            "-: OK\n"
            "REVISION  EFFECTIVE FROM        EDITIONS  DATA CENTERS  POOLS  METHODS  NOW\n"
            "       1  the beginning                1             1      0        2\n"
            "       7  2025-10-06T00:00:00Z         2             1      0        0  in force\n"
            "       8  2030-01-01T00:00:00Z         2             1      1        0\n");
  EXPECT_THAT(result.err, IsEmpty());
}

TEST(CatalogCheckTest, EveryMistakeIsALineAndTheExitCodeTells) {
  const RunResult result = RunTool({"catalog", "check", "-"}, kBad);
  EXPECT_EQ(result.code, ExitCode::kUsage);
  EXPECT_EQ(result.out,
            "-:2: revisions[0].number: 0; it must be 1 to 1000000000\n"
            "-:3: revisions[0].editions[0].name: \"Free\" is no name: it needs 1 to 64 lower case "
            "letters, digits and '-'\n"
            "-: 2 mistakes\n");
}

TEST(CatalogCheckTest, JsonHasTheMistakesOrTheRevisions) {
  const RunResult bad = RunTool({"catalog", "check", "-", "--output", "json"}, kBad);
  EXPECT_EQ(bad.code, ExitCode::kUsage);
  const json mistakes = json::parse(bad.out);
  EXPECT_EQ(mistakes["ok"], false);
  EXPECT_EQ(mistakes["found"], 2);
  EXPECT_EQ(mistakes["mistakes"][1]["line"], 3);
  const RunResult good = RunTool({"catalog", "check", "-", "--output", "json"}, kGood);
  EXPECT_EQ(good.code, ExitCode::kOk);
  const json revisions = json::parse(good.out);
  EXPECT_EQ(revisions["ok"], true);
  EXPECT_EQ(revisions["revisions"].size(), 3u);
  EXPECT_EQ(revisions["revisions"][0]["effective_from"], "");
  EXPECT_EQ(revisions["revisions"][1]["in_force"], true);
  EXPECT_EQ(revisions["revisions"][0]["methods"], 2);
}

TEST(CatalogCheckTest, AFileThatCannotBeReadIsAUsageError) {
  const RunResult result = RunTool({"catalog", "check", testing::TempDir() + "/no-such-file"});
  EXPECT_EQ(result.code, ExitCode::kUsage);
  EXPECT_THAT(result.err, HasSubstr("no-such-file: can't be read"));
  EXPECT_EQ(RunTool({"catalog", "check"}).code, ExitCode::kUsage);
  EXPECT_EQ(RunTool({"catalog"}).code, ExitCode::kUsage);
}

}  // namespace
}  // namespace quota::client
