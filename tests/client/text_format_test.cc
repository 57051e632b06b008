#include "client/quotactl/text_format.h"

#include <gtest/gtest.h>

#include <sstream>

#include "client/quotactl/table.h"

namespace quota::client {
namespace {

TEST(TextFormatTest, AmountsHaveThousandsSeparators) {
  EXPECT_EQ(FormatAmount(0), "0");
  EXPECT_EQ(FormatAmount(999), "999");
  EXPECT_EQ(FormatAmount(1000), "1,000");
  EXPECT_EQ(FormatAmount(-100), "-100");
  EXPECT_EQ(FormatAmount(-1234567), "-1,234,567");
  EXPECT_EQ(FormatAmount(INT64_MIN), "-9,223,372,036,854,775,808");
}

TEST(TextFormatTest, SpansHaveTheirTwoLargestUnits) {
  using std::chrono::seconds;
  EXPECT_EQ(FormatSpan(seconds(-3)), "0 s");
  EXPECT_EQ(FormatSpan(seconds(59)), "59 s");
  EXPECT_EQ(FormatSpan(seconds(60)), "1 min");
  EXPECT_EQ(FormatSpan(seconds(3 * 3600 + 12 * 60 + 59)), "3 h 12 min");
  EXPECT_EQ(FormatSpan(seconds(2 * 86400 + 3600)), "2 d 1 h");
}

TEST(TextFormatTest, InstantsAreInUtcAndRelative) {
  google::protobuf::Timestamp timestamp;
  EXPECT_EQ(FormatInstant(timestamp, Instant()), "-");
  timestamp.set_seconds(INT64_MAX);
  EXPECT_EQ(FormatInstant(timestamp, Instant()), "no time (9223372036854775807 s)");
  timestamp.set_seconds(1767312000);
  const Instant midnight = Instant(std::chrono::seconds(1767312000));
  EXPECT_EQ(FormatInstant(timestamp, midnight - std::chrono::minutes(192)),
            "2026-01-02 00:00:00 UTC (in 3 h 12 min)");
  EXPECT_EQ(FormatInstant(timestamp, midnight + std::chrono::seconds(5)),
            "2026-01-02 00:00:00 UTC (5 s ago)");
}

TEST(TextFormatTest, LatenciesHaveAFittingUnit) {
  EXPECT_EQ(FormatLatency(Duration(870)), "870 us");
  EXPECT_EQ(FormatLatency(Duration(1240)), "1.24 ms");
  EXPECT_EQ(FormatLatency(Duration(2'300'000)), "2.30 s");
}

TEST(TextFormatTest, NamesAreWordsAndUnknownOnesNumbers) {
  EXPECT_EQ(FormatDecision(v1::DECISION_CREDITS_EXHAUSTED), "credits exhausted");
  EXPECT_EQ(FormatDecision(static_cast<v1::Decision>(99)), "unknown (99)");
  EXPECT_EQ(FormatHoldState(v1::HOLD_STATE_SESSION_LOST), "session lost");
  EXPECT_EQ(FormatModel(v1::MODEL_API_CREDITS), "API credits");
}

TEST(TableTest, AlignsColumnsAndLeavesNoBlanksAtTheEnd) {
  Table table({{"ORG"}, {"CREDITS", Table::Align::kRight}, {"STATE"}});
  table.AddRow({"acme", "1,000", "active"});
  table.AddRow({"g\xc3\xb6\xc3\xb6gle", "7"});
  std::ostringstream out;
  table.Print(out);
  EXPECT_EQ(out.str(),
            "ORG     CREDITS  STATE\n"
            "acme      1,000  active\n"
            "g\xc3\xb6\xc3\xb6gle        7\n");
}

TEST(TableTest, ACardHasNoHeadings) {
  Table card = Table::Card();
  EXPECT_TRUE(card.empty());
  card.AddRow({"name", "value"});
  std::ostringstream out;
  card.Print(out);
  EXPECT_EQ(out.str(), "name  value\n");
}

}  // namespace
}  // namespace quota::client
