// Reads requests out of access logs: Common Log Format, Combined Log Format, or what a regular
// expression describes.
//
//   absl::StatusOr<AccessLogParser> parser = AccessLogParser::Create(AccessLogFormat::Combined());
//   AccessLogRequest request;
//   if (parser->Parse(line, request) == AccessLogLine::kRequest) ...
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/clock.h"

namespace quota::client {

// One request of a log. The views point into the line that was parsed.
struct AccessLogRequest {
  // Such as "GET". Never empty.
  std::string_view method;
  // As logged, with its query string. Never empty.
  std::string_view path;
  // Who called: empty where the log doesn't say (nothing, or "-").
  std::string_view org;
  // When the log says the request was; nothing where the format has no time.
  std::optional<Instant> time;
  // How long it took; 0 where the format has no duration or the line none ("-").
  Duration duration = Duration::zero();
  // The HTTP status; 0 where there is none.
  int status = 0;
};

enum class AccessLogLine {
  kRequest,
  // Doesn't look like a request: other lines of the same file, or garbage.
  kOther,
  // Looks like a request, but its time, duration or status can't be read, or its organisation is
  // longer than 64 bytes.
  kUnreadable,
};

// What a line looks like.
struct AccessLogFormat {
  // RE2 syntax with the named groups method and path, and optionally time, status, duration and the
  // organisation's. Matched anywhere in a line, byte by byte (no UTF-8).
  std::string regex = {};
  // The group that names the organisation. Where the regex has no group "org" and none is named
  // here, no request has one.
  std::string org_group = "org";
  // Of `duration` where it is a plain number.
  Duration duration_unit = std::chrono::seconds(1);
  // As absl::ParseTime reads it, in UTC unless it has a zone. Empty: ISO 8601 with 'T' or a blank,
  // the 10/Oct/2000:13:55:36 -0700 of Common Log Format, or seconds since 1970.
  std::string time_format = {};

  // host ident user [time] "method path protocol" status bytes; the organisation is `user`. What
  // follows the bytes is not looked at.
  static AccessLogFormat Common();
  // As Common, then "referer" "user agent"; a number after those is the duration.
  static AccessLogFormat Combined();
};

// Thread-safe: may be used by many threads at once. Linear in the line's length, whatever the
// regex.
class AccessLogParser {
 public:
  // Longer ids are refused by the server.
  static constexpr size_t kLongestOrg = 64;

  // INVALID_ARGUMENT, saying what to change, for a regex that does not compile or lacks a group.
  static absl::StatusOr<AccessLogParser> Create(const AccessLogFormat& format);

  AccessLogParser(AccessLogParser&&) noexcept;
  AccessLogParser& operator=(AccessLogParser&&) noexcept;
  ~AccessLogParser();

  // Fills `request` where it returns kRequest; leaves it in an unknown state otherwise.
  AccessLogLine Parse(std::string_view line, AccessLogRequest& request) const;

  bool has_time() const;
  bool has_org() const;

 private:
  struct Pattern;
  explicit AccessLogParser(std::unique_ptr<const Pattern> pattern);

  std::unique_ptr<const Pattern> pattern_;
};

}  // namespace quota::client
