#include "client/quotactl/log_line_counts.h"

#include "absl/strings/str_cat.h"
#include "client/quotactl/text_format.h"

namespace quota::client {

std::string FormatLineCounts(const LogLineCounts& counts) {
  std::string text = absl::StrCat(FormatAmount(counts.lines),
                                  " lines: ", FormatAmount(counts.requests), " requests");
  const auto add = [&text](int64_t count, const char* what) {
    if (count != 0) absl::StrAppend(&text, ", ", FormatAmount(count), " ", what);
  };
  add(counts.other, "not requests");
  add(counts.unreadable, "unreadable");
  add(counts.too_long, "too long");
  add(counts.without_org, "requests without an organisation, left out");
  return text;
}

nlohmann::ordered_json ToJson(const LogLineCounts& counts) {
  return {{"total", counts.lines},        {"requests", counts.requests},
          {"not_requests", counts.other}, {"unreadable", counts.unreadable},
          {"too_long", counts.too_long},  {"without_org", counts.without_org}};
}

}  // namespace quota::client
