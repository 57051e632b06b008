#include "client/access_log.h"

#include <gtest/gtest.h>

#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "client/line_reader.h"

namespace quota::client {
namespace {

using std::chrono::milliseconds;

constexpr char kCommonLine[] =
    R"(192.0.2.7 - acme [10/Oct/2000:13:55:36 -0700] "GET /tickets?from=1 HTTP/1.0" 200 2326)";
constexpr char kCombinedLine[] =
    R"(192.0.2.7 - acme [10/Oct/2000:13:55:36 -0700] "GET /tickets HTTP/1.0" 404 - )"
    R"re("http://example.com/a \"b\"" "curl/7.88 (x; y)")re";

AccessLogParser Parser(const AccessLogFormat& format) {
  absl::StatusOr<AccessLogParser> parser = AccessLogParser::Create(format);
  EXPECT_TRUE(parser.ok()) << parser.status();
  return *std::move(parser);
}

Instant Seconds(double seconds) { return Instant(Duration(static_cast<int64_t>(seconds * 1e6))); }

TEST(AccessLogTest, ReadsCommonLogFormat) {
  AccessLogRequest request;
  ASSERT_EQ(Parser(AccessLogFormat::Common()).Parse(kCommonLine, request), AccessLogLine::kRequest);
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.path, "/tickets?from=1");
  EXPECT_EQ(request.org, "acme");
  EXPECT_EQ(request.status, 200);
  EXPECT_EQ(request.duration, Duration(0));
  EXPECT_EQ(request.time, Seconds(971211336));
}

TEST(AccessLogTest, ReadsCombinedLogFormatWithAndWithoutADuration) {
  const AccessLogParser parser = Parser(AccessLogFormat::Combined());
  AccessLogRequest request;
  ASSERT_EQ(parser.Parse(kCombinedLine, request), AccessLogLine::kRequest);
  EXPECT_EQ(request.status, 404);
  EXPECT_EQ(request.duration, Duration(0));
  ASSERT_EQ(parser.Parse(std::string(kCombinedLine) + " 0.250", request), AccessLogLine::kRequest);
  EXPECT_EQ(request.duration, milliseconds(250));
  EXPECT_EQ(parser.Parse(kCommonLine, request), AccessLogLine::kOther);
}

TEST(AccessLogTest, ADashIsNoOrganisation) {
  AccessLogRequest request;
  ASSERT_EQ(
      Parser(AccessLogFormat::Common())
          .Parse(R"(192.0.2.7 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0" 200 1)", request),
      AccessLogLine::kRequest);
  EXPECT_EQ(request.org, "");
}

TEST(AccessLogTest, AnyGroupMayNameTheOrganisation) {
  AccessLogFormat format = AccessLogFormat::Common();
  format.org_group = "host";
  AccessLogRequest request;
  ASSERT_EQ(Parser(format).Parse(kCommonLine, request), AccessLogLine::kRequest);
  EXPECT_EQ(request.org, "192.0.2.7");
}

TEST(AccessLogTest, ReadsWhatARegexDescribesAnywhereInALine) {
  const AccessLogParser parser =
      Parser({.regex = R"((?P<org>\w*): (?P<method>\w+) (?P<path>\S+) (?P<duration>\S+)ms)",
              .duration_unit = milliseconds(1)});
  EXPECT_FALSE(parser.has_time());
  EXPECT_TRUE(parser.has_org());
  AccessLogRequest request;
  ASSERT_EQ(parser.Parse("x globex: PUT /a 12.5ms \xff", request), AccessLogLine::kRequest);
  EXPECT_EQ(request.org, "globex");
  EXPECT_EQ(request.method, "PUT");
  EXPECT_EQ(request.duration, std::chrono::microseconds(12'500));
  EXPECT_FALSE(request.time.has_value());
}

TEST(AccessLogTest, ReadsTheUsualTimes) {
  const AccessLogParser parser = Parser({.regex = "^(?P<time>.*)\\|(?P<method>G)(?P<path>/)"});
  const std::vector<std::pair<std::string, Instant>> cases = {
      {"10/Oct/2000:13:55:36 -0700", Seconds(971211336)},
      {"2000-10-10T20:55:36Z", Seconds(971211336)},
      {"2000-10-10T13:55:36.5-07:00", Seconds(971211336.5)},
      {"2000-10-10 20:55:36.25", Seconds(971211336.25)},
      {"2000-10-10 20:55:36,25", Seconds(971211336.25)},
      {"971211336", Seconds(971211336)},
      {"971211336.125", Seconds(971211336.125)},
  };
  for (const auto& [text, expected] : cases) {
    AccessLogRequest request;
    ASSERT_EQ(parser.Parse(text + "|G/", request), AccessLogLine::kRequest) << text;
    EXPECT_EQ(request.time, expected) << text;
  }
  for (const char* text :
       {"", "yesterday", "-5", "1e400", "inf", "nan", "infinite-future", "infinite-past",
        "2000-13-10 20:55:36", "99999999999999999999", "1969-12-31T00:00:00Z"}) {
    AccessLogRequest request;
    EXPECT_EQ(parser.Parse(std::string(text) + "|G/", request), AccessLogLine::kUnreadable) << text;
  }
}

TEST(AccessLogTest, ReadsATimeFormatOfTheUsers) {
  const AccessLogParser parser = Parser(
      {.regex = "^(?P<time>.*)\\|(?P<method>G)(?P<path>/)", .time_format = "%d.%m.%Y %H:%M"});
  AccessLogRequest request;
  ASSERT_EQ(parser.Parse("10.10.2000 20:55|G/", request), AccessLogLine::kRequest);
  EXPECT_EQ(request.time, Seconds(971211300));
  EXPECT_EQ(parser.Parse("971211300|G/", request), AccessLogLine::kUnreadable);
}

TEST(AccessLogTest, FieldsThatMakeNoSenseAreUnreadable) {
  const AccessLogParser parser = Parser(
      {.regex = "^(?P<org>\\S*) (?P<method>G)(?P<path>/) (?P<status>\\S*) (?P<duration>.*)$"});
  AccessLogRequest request;
  EXPECT_EQ(parser.Parse("a G/ 200 1.5", request), AccessLogLine::kRequest);
  EXPECT_EQ(parser.Parse("a G/ - -", request), AccessLogLine::kRequest);
  for (const char* line : {"a G/ 1000 1", "a G/ -1 1", "a G/ 2x 1", "a G/ 200 -1", "a G/ 200 x",
                           "a G/ 200 1e9", "a G/ 200 99999999999"}) {
    EXPECT_EQ(parser.Parse(line, request), AccessLogLine::kUnreadable) << line;
  }
  EXPECT_EQ(parser.Parse(std::string(64, 'o') + " G/ - -", request), AccessLogLine::kRequest);
  EXPECT_EQ(parser.Parse(std::string(65, 'o') + " G/ - -", request), AccessLogLine::kUnreadable);
}

TEST(AccessLogTest, GarbageIsNoRequestAndNeverFatal) {
  const AccessLogParser common = Parser(AccessLogFormat::Common());
  const AccessLogParser combined = Parser(AccessLogFormat::Combined());
  constexpr uint64_t kSeed = 7;
  std::mt19937_64 random(kSeed);
  for (int i = 0; i < 5000; ++i) {
    // Bytes of a real line, some of them replaced, cut somewhere.
    std::string line = kCombinedLine;
    for (int change = 0; change < 4; ++change) {
      line[random() % line.size()] = static_cast<char>(random());
    }
    line.resize(random() % (line.size() + 1));
    AccessLogRequest request;
    for (const AccessLogParser* parser : {&common, &combined}) {
      if (parser->Parse(line, request) == AccessLogLine::kRequest) {
        EXPECT_FALSE(request.method.empty());
        EXPECT_FALSE(request.path.empty());
        EXPECT_LE(request.org.size(), AccessLogParser::kLongestOrg);
        EXPECT_GE(request.duration, Duration::zero());
      }
    }
  }
  AccessLogRequest request;
  EXPECT_EQ(common.Parse("", request), AccessLogLine::kOther);
  EXPECT_EQ(common.Parse(std::string(1 << 20, '"'), request), AccessLogLine::kOther);
}

TEST(AccessLogTest, ARegexThatCannotWorkIsRefusedWithWhatToChange) {
  const auto message = [](const std::string& regex) {
    return std::string(AccessLogParser::Create({.regex = regex}).status().message());
  };
  EXPECT_NE(message("(").find("does not compile"), std::string::npos);
  EXPECT_NE(message("(?P<method>a)").find("no group 'path'"), std::string::npos);
  EXPECT_NE(message("(?P<path>a)").find("no group 'method'"), std::string::npos);
  std::string many = "(?P<method>a)(?P<path>b)";
  for (int i = 0; i < 40; ++i) many += "(c)";
  EXPECT_NE(message(many).find("more than 32 groups"), std::string::npos);
  AccessLogFormat format = AccessLogFormat::Common();
  format.org_group = "tenant";
  EXPECT_NE(AccessLogParser::Create(format).status().message().find("no group 'tenant'"),
            absl::string_view::npos);
}

TEST(LineReaderTest, CutsLinesAtTheirEndsAndKeepsTheLastWithoutOne) {
  std::istringstream in("one\r\n\ntwo\nthree");
  LineReader reader(in);
  std::vector<std::string> lines;
  while (reader.Next()) lines.emplace_back(reader.line());
  EXPECT_EQ(lines, (std::vector<std::string>{"one", "", "two", "three"}));
  EXPECT_EQ(reader.line_number(), 4);
  EXPECT_FALSE(reader.Next());
}

TEST(LineReaderTest, AHugeLineIsCutAndTheNextIsWhole) {
  std::istringstream in(std::string(1 << 20, 'x') + "\nshort\n");
  LineReader reader(in, 100);
  ASSERT_TRUE(reader.Next());
  EXPECT_TRUE(reader.truncated());
  EXPECT_EQ(reader.line().size(), 100u);
  ASSERT_TRUE(reader.Next());
  EXPECT_FALSE(reader.truncated());
  EXPECT_EQ(reader.line(), "short");
  EXPECT_FALSE(reader.Next());
}

}  // namespace
}  // namespace quota::client
