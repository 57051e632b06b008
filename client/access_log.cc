#include "client/access_log.h"

#include <re2/re2.h>

#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace quota::client {
namespace {

// More groups than any log needs; their positions are kept on the stack.
constexpr int kMostGroups = 32;
// A regex may not make RE2 use more memory than this.
constexpr int64_t kRegexMemory = 8 << 20;
// Longer than any request; keeps sums of durations far from overflow.
constexpr double kLongestSeconds = 30.0 * 24 * 3600;
// The end of the year 9999.
constexpr double kLatestSeconds = 253402300799.0;

constexpr char kCommonRegex[] =
    R"re(^(?P<host>\S+) (?P<ident>\S+) (?P<user>\S+) \[(?P<time>[^\]]+)\] )re"
    R"re("(?P<method>[A-Z]+) (?P<path>(?:[^"\\ ]|\\.)+)(?: (?P<protocol>[^" ]*))?" )re"
    R"re((?P<status>\d{3}) (?P<bytes>\d+|-)(?:\s|$))re";
constexpr char kCombinedRegex[] =
    R"re(^(?P<host>\S+) (?P<ident>\S+) (?P<user>\S+) \[(?P<time>[^\]]+)\] )re"
    R"re("(?P<method>[A-Z]+) (?P<path>(?:[^"\\ ]|\\.)+)(?: (?P<protocol>[^" ]*))?" )re"
    R"re((?P<status>\d{3}) (?P<bytes>\d+|-) )re"
    R"re("(?P<referer>(?:[^"\\]|\\.)*)" "(?P<user_agent>(?:[^"\\]|\\.)*)")re"
    R"re((?: (?P<duration>[0-9.]+|-)(?:\s|$))?)re";

bool IsAbsent(std::string_view field) { return field.empty() || field == "-"; }

std::optional<double> ParseNumber(std::string_view text) {
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

std::optional<Duration> ParseDuration(std::string_view text, Duration unit) {
  const std::optional<double> number = ParseNumber(text);
  if (!number.has_value() || *number < 0) return std::nullopt;
  const double micros = *number * static_cast<double>(unit.count());
  if (micros > kLongestSeconds * 1e6) return std::nullopt;
  return Duration(std::llround(micros));
}

std::optional<Instant> ParseTime(std::string_view text, const std::string& format) {
  static constexpr std::array<const char*, 3> kFormats = {
      "%d/%b/%Y:%H:%M:%S %z", "%Y-%m-%d%ET%H:%M:%E*S%Ez", "%Y-%m-%d%ET%H:%M:%E*S"};
  std::string normal(text);
  bool found = false;
  absl::Time time;
  if (!format.empty()) {
    found = absl::ParseTime(format, normal, &time, nullptr);
  } else {
    // 2017-05-16 00:00:00,008 is ISO 8601 with a blank and a comma: absl knows 'T' and '.' alone.
    if (normal.size() > 10 && normal[4] == '-' && normal[10] == ' ') normal[10] = 'T';
    if (normal.size() > 19 && normal[19] == ',') normal[19] = '.';
    for (const char* known : kFormats) {
      found = found || absl::ParseTime(known, normal, &time, nullptr);
    }
  }
  std::optional<double> seconds;
  if (found) {
    seconds = absl::ToDoubleSeconds(time - absl::UnixEpoch());
  } else if (format.empty()) {
    seconds = ParseNumber(text);
  }
  // Also keeps out "infinite-future", which absl reads as a time.
  if (!seconds.has_value() || *seconds < 0 || *seconds > kLatestSeconds) return std::nullopt;
  return Instant(Duration(found ? absl::ToUnixMicros(time) : std::llround(*seconds * 1e6)));
}

std::optional<int> ParseStatus(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (value < 0 || value > 999) return std::nullopt;
  return value;
}

RE2::Options RegexOptions() {
  RE2::Options options;
  // Logs hold any bytes; as UTF-8, '.' would not match them.
  options.set_encoding(RE2::Options::EncodingLatin1);
  options.set_log_errors(false);
  options.set_max_mem(kRegexMemory);
  return options;
}

}  // namespace

AccessLogFormat AccessLogFormat::Common() { return {.regex = kCommonRegex, .org_group = "user"}; }

AccessLogFormat AccessLogFormat::Combined() {
  return {.regex = kCombinedRegex, .org_group = "user"};
}

// A compiled format; a group's number is 0 where the regex doesn't have it.
struct AccessLogParser::Pattern {
  explicit Pattern(const AccessLogFormat& f) : format(f), regex(f.regex, RegexOptions()) {}

  const AccessLogFormat format;
  const RE2 regex;
  int method = 0;
  int path = 0;
  int org = 0;
  int time = 0;
  int duration = 0;
  int status = 0;
};

AccessLogParser::AccessLogParser(std::unique_ptr<const Pattern> pattern)
    : pattern_(std::move(pattern)) {}
AccessLogParser::AccessLogParser(AccessLogParser&&) noexcept = default;
AccessLogParser& AccessLogParser::operator=(AccessLogParser&&) noexcept = default;
AccessLogParser::~AccessLogParser() = default;

absl::StatusOr<AccessLogParser> AccessLogParser::Create(const AccessLogFormat& format) {
  auto pattern = std::make_unique<Pattern>(format);
  if (!pattern->regex.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the regular expression does not compile: ", pattern->regex.error()));
  }
  if (pattern->regex.NumberOfCapturingGroups() > kMostGroups) {
    return absl::InvalidArgumentError(absl::StrCat("the regular expression has more than ",
                                                   kMostGroups,
                                                   " groups; write (?:...) for those "
                                                   "that need no name"));
  }
  const std::map<std::string, int>& groups = pattern->regex.NamedCapturingGroups();
  const auto number = [&groups](const std::string& name) {
    const auto found = groups.find(name);
    return found == groups.end() ? 0 : found->second;
  };
  pattern->method = number("method");
  pattern->path = number("path");
  pattern->org = number(format.org_group);
  pattern->time = number("time");
  pattern->duration = number("duration");
  pattern->status = number("status");
  for (const char* required : {"method", "path"}) {
    if (number(required) == 0) {
      return absl::InvalidArgumentError(absl::StrCat("the regular expression has no group '",
                                                     required, "': write (?P<", required, ">...)"));
    }
  }
  if (pattern->org == 0 && format.org_group != AccessLogFormat().org_group) {
    return absl::InvalidArgumentError(
        absl::StrCat("the format has no group '", format.org_group, "' to name the organisation"));
  }
  return AccessLogParser(std::move(pattern));
}

AccessLogLine AccessLogParser::Parse(std::string_view line, AccessLogRequest& request) const {
  const Pattern& p = *pattern_;
  std::array<re2::StringPiece, kMostGroups + 1> groups;
  const re2::StringPiece text(line.data(), line.size());
  if (!p.regex.Match(text, 0, text.size(), RE2::UNANCHORED, groups.data(),
                     p.regex.NumberOfCapturingGroups() + 1)) {
    return AccessLogLine::kOther;
  }
  const auto field = [&groups](int group) {
    return group == 0 ? std::string_view()
                      : std::string_view(groups[group].data(), groups[group].size());
  };

  request = AccessLogRequest();
  request.method = field(p.method);
  request.path = field(p.path);
  if (request.method.empty() || request.path.empty()) return AccessLogLine::kOther;
  if (!IsAbsent(field(p.org))) request.org = field(p.org);
  if (request.org.size() > kLongestOrg) return AccessLogLine::kUnreadable;
  if (p.time != 0) {
    request.time = ParseTime(field(p.time), p.format.time_format);
    if (!request.time.has_value()) return AccessLogLine::kUnreadable;
  }
  if (!IsAbsent(field(p.duration))) {
    const std::optional<Duration> duration =
        ParseDuration(field(p.duration), p.format.duration_unit);
    if (!duration.has_value()) return AccessLogLine::kUnreadable;
    request.duration = *duration;
  }
  if (!IsAbsent(field(p.status))) {
    const std::optional<int> status = ParseStatus(field(p.status));
    if (!status.has_value()) return AccessLogLine::kUnreadable;
    request.status = *status;
  }
  return AccessLogLine::kRequest;
}

bool AccessLogParser::has_time() const { return pattern_->time != 0; }
bool AccessLogParser::has_org() const { return pattern_->org != 0; }

}  // namespace quota::client
