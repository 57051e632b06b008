// What people feed to quotactl: access logs, price maps, tables, and what they type.
#include <array>
#include <sstream>
#include <string>

#include "client/access_log.h"
#include "client/price_map.h"
#include "client/quotactl/request_log.h"
#include "common/check.h"
#include "tests/fuzz/byte_source.h"
#include "tests/fuzz/fuzz_target.h"

namespace quota::client {
namespace {

// client/quotactl/examples/openstack.regex, and one for lines of JSON.
constexpr char kOpenStack[] =
    R"re(^\S+ (?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+) \d+ [A-Z]+ \S+ )re"
    R"re(\[(?:req-\S+ \S+ (?P<org>\S+) [^\]]*|-)\] \S+ "(?P<method>[A-Z]+) (?P<path>\S+) )re"
    R"re(HTTP/[0-9.]+" status: (?P<status>\d+) len: \d+ time: (?P<duration>[0-9.]+))re";
constexpr char kJson[] =
    R"re("ts":(?P<time>[0-9.]+).*"org":"(?P<org>[^"]*)".*"method":"(?P<method>[A-Z]+)",)re"
    R"re("path":"(?P<path>[^"]*)".*"status":(?P<status>\d+).*"ms":(?P<duration>[0-9.]+))re";

const std::array<AccessLogParser, 4>& Parsers() {
  static const std::array<AccessLogParser, 4> parsers = {
      *AccessLogParser::Create(AccessLogFormat::Common()),
      *AccessLogParser::Create(AccessLogFormat::Combined()),
      *AccessLogParser::Create({.regex = kOpenStack}),
      *AccessLogParser::Create({.regex = kJson, .duration_unit = std::chrono::milliseconds(1)}),
  };
  return parsers;
}

bool Within(std::string_view part, std::string_view line) {
  return part.empty() ||
         (part.data() >= line.data() && part.data() + part.size() <= line.data() + line.size());
}

void Parse(const AccessLogParser& parser, std::string_view line) {
  AccessLogRequest request;
  if (parser.Parse(line, request) != AccessLogLine::kRequest) return;
  QUOTA_CHECK(!request.method.empty() && !request.path.empty());
  QUOTA_CHECK(Within(request.method, line) && Within(request.path, line));
  QUOTA_CHECK(Within(request.org, line) && request.org.size() <= AccessLogParser::kLongestOrg);
  QUOTA_CHECK(request.duration >= Duration::zero());
  QUOTA_CHECK(!request.time || *request.time >= Instant());
  QUOTA_CHECK(request.status >= 0 && request.status <= 999);
}

}  // namespace

FUZZ_TARGET(access_log) {
  std::istringstream lines{std::string(input)};
  for (const AccessLogParser& parser : Parsers()) {
    lines.clear();
    lines.seekg(0);
    LogLineCounts counts;
    RequestLog log(lines, parser, "default", counts);
    while (log.Next()) QUOTA_CHECK(!log.request().org.empty());
    QUOTA_CHECK(counts.lines ==
                counts.other + counts.unreadable + counts.too_long + counts.requests);
    Parse(parser, input);
  }
}

// The regular expression, the format of times, and a line, with line ends between them.
FUZZ_TARGET(log_format) {
  const size_t first = input.find('\n');
  if (first == std::string_view::npos) return;
  const size_t second = input.find('\n', first + 1);
  if (second == std::string_view::npos) return;
  const auto parser = AccessLogParser::Create(
      {.regex = std::string(input.substr(0, first)),
       .time_format = std::string(input.substr(first + 1, second - first - 1))});
  if (!parser.ok()) {
    QUOTA_CHECK(parser.status().code() == absl::StatusCode::kInvalidArgument);
    return;
  }
  Parse(*parser, input.substr(second + 1));
}

FUZZ_TARGET(price_map) {
  std::istringstream in{std::string(input)};
  const auto map = PriceMap::Read(in, "fuzz");
  if (!map.ok()) {
    QUOTA_CHECK(map.status().code() == absl::StatusCode::kInvalidArgument);
    return;
  }
  for (const std::string_view path : {"/", "/api/v1/tickets?from=5&limit=x", "/a//b?", "*"}) {
    const RequestPrice price = map->PriceOf("GET", path);
    QUOTA_CHECK(price.credits >= kZeroCredits && price.credits <= kMaxCredits);
    QUOTA_CHECK(!price.rule || *price.rule < map->size());
    QUOTA_CHECK(price.attributes.size() <= 16);
  }
}

}  // namespace quota::client
