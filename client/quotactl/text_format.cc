#include "client/quotactl/text_format.h"

#include <algorithm>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"

namespace quota::client {
namespace {

// DECISION_CREDITS_EXHAUSTED without its prefix, in words.
std::string InWords(const std::string& name, size_t prefix, int number) {
  if (name.size() <= prefix) return absl::StrCat("unknown (", number, ")");
  std::string words = absl::AsciiStrToLower(name.substr(prefix));
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

constexpr size_t PrefixLength(const char* prefix) {
  size_t length = 0;
  while (prefix[length] != '\0') ++length;
  return length;
}

// The first and last second of the years 1 to 9999: what a protobuf Timestamp may be.
constexpr int64_t kFirstSecond = -62'135'596'800;
constexpr int64_t kLastSecond = 253'402'300'799;

}  // namespace

std::string FormatAmount(int64_t amount) {
  std::string digits = absl::StrCat(amount);
  const size_t first = amount < 0 ? 1 : 0;
  for (size_t place = digits.size(); place > first + 3; place -= 3) {
    digits.insert(place - 3, ",");
  }
  return digits;
}

int64_t TotalOf(const v1::CreditsBySource& sources) {
  return sources.base() + sources.variable() + sources.grandfathered() + sources.additional() +
         sources.packs();
}

std::string FormatPercent(double percent) { return absl::StrFormat("%.2f %%", percent); }

std::string FormatSpan(Duration span) {
  const int64_t seconds = std::max<int64_t>(span.count() / 1'000'000, 0);
  const auto two = [](int64_t large, const char* large_unit, int64_t small,
                      const char* small_unit) {
    if (small == 0) return absl::StrCat(large, " ", large_unit);
    return absl::StrCat(large, " ", large_unit, " ", small, " ", small_unit);
  };
  if (seconds < 60) return absl::StrCat(seconds, " s");
  if (seconds < 3600) return two(seconds / 60, "min", seconds % 60, "s");
  if (seconds < 86400) return two(seconds / 3600, "h", seconds % 3600 / 60, "min");
  return two(seconds / 86400, "d", seconds % 86400 / 3600, "h");
}

std::string FormatInstant(const google::protobuf::Timestamp& timestamp, Instant now) {
  if (timestamp.seconds() == 0 && timestamp.nanos() == 0) return "-";
  if (timestamp.seconds() < kFirstSecond || timestamp.seconds() > kLastSecond) {
    return absl::StrCat("no time (", timestamp.seconds(), " s)");
  }
  const Instant instant =
      Instant(std::chrono::seconds(timestamp.seconds())) + Duration(timestamp.nanos() / 1000);
  const std::string absolute = absl::FormatTime(
      "%Y-%m-%d %H:%M:%S UTC", absl::FromUnixSeconds(timestamp.seconds()), absl::UTCTimeZone());
  const std::string relative = instant >= now ? absl::StrCat("in ", FormatSpan(instant - now))
                                              : absl::StrCat(FormatSpan(now - instant), " ago");
  return absl::StrCat(absolute, " (", relative, ")");
}

std::string FormatLatency(Duration latency) {
  const int64_t micros = latency.count();
  if (micros < 1'000) return absl::StrCat(micros, " us");
  if (micros < 1'000'000) return absl::StrFormat("%.2f ms", static_cast<double>(micros) / 1e3);
  return absl::StrFormat("%.2f s", static_cast<double>(micros) / 1e6);
}

std::string FormatDate(bool present, const v1::Date& date) {
  if (!present) return "-";
  return absl::StrFormat("%04d-%02d-%02d", date.year(), date.month(), date.day());
}

std::string FormatDecision(v1::Decision decision) {
  return InWords(v1::Decision_Name(decision), PrefixLength("DECISION_"), decision);
}

std::string FormatHoldState(v1::HoldState state) {
  return InWords(v1::HoldState_Name(state), PrefixLength("HOLD_STATE_"), state);
}

std::string FormatModel(v1::Model model) {
  switch (model) {
    case v1::MODEL_API_CREDITS:
      return "API credits";
    case v1::MODEL_API_LIMITS:
      return "API limits";
    default:
      return "unknown";
  }
}

}  // namespace quota::client
