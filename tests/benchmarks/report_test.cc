#include "benchmarks/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

namespace quota::bench {
namespace {

using testing::HasSubstr;

RunResult TwoSecondsOfPairs() {
  RunResult result;
  result.seconds = 2;
  for (const Op op : {Op::kReserve, Op::kCommit}) {
    OpFigures& figures = result.figures[static_cast<size_t>(op)];
    figures.count = 128'000;
    for (int i = 1; i <= 2'000; ++i) figures.latency.Record(std::chrono::microseconds(i));
  }
  return result;
}

TEST(ReportTest, JsonHasRatesAndPercentilesOfEachOperation) {
  std::ostringstream out;
  RunResult result = TwoSecondsOfPairs();
  result.server = ServerCounters{.calls = 256'000, .groups = 1'000, .syncs = 500};
  PrintJson(RunOptions(), result, out);
  const auto json = nlohmann::json::parse(out.str());
  EXPECT_EQ(json["operations"], 256'000);
  EXPECT_EQ(json["operations_per_second"], 128'000.0);
  EXPECT_EQ(json["by_operation"]["commit"]["per_second"], 64'000.0);
  const int64_t p99 = json["by_operation"]["reserve"]["latency"]["p99_us"];
  EXPECT_GE(p99, 1'980);
  EXPECT_LE(p99, 1'980 + 1'980 / 64);
  EXPECT_EQ(json["server"]["calls_a_group"], 256.0);
  EXPECT_FALSE(json["by_operation"].contains("charge"));
}

TEST(ReportTest, TextTellsWhatWasMeasuredAndThatItIsVerified) {
  std::ostringstream out;
  PrintText(RunOptions(), TwoSecondsOfPairs(), out);
  EXPECT_THAT(out.str(), HasSubstr("Session, batches of 64"));
  EXPECT_THAT(out.str(), HasSubstr("128,000"));
  EXPECT_THAT(out.str(), HasSubstr("Verified"));
}

TEST(ReportTest, TheHistogramCountsEveryFigureOnce) {
  client::LatencyHistogram latency;
  latency.Record(Duration(0));
  for (int i = 0; i < 3; ++i) latency.Record(Duration(100));
  for (int i = 0; i < 6; ++i) latency.Record(Duration(5'000));
  std::ostringstream out;
  PrintHistogram(latency, out);
  EXPECT_THAT(out.str(), HasSubstr("below     1 us            1  #########\n"));
  EXPECT_THAT(out.str(), HasSubstr("below   128 us            3  #########################\n"));
  EXPECT_THAT(out.str(), HasSubstr("            6  " + std::string(50, '#') + "\n"));
}

}  // namespace
}  // namespace quota::bench
