#include "client/quotactl/request_log.h"

namespace quota::client {

bool RequestLog::Next() {
  while (reader_.Next()) {
    ++counts_.lines;
    if (reader_.truncated()) {
      ++counts_.too_long;
      continue;
    }
    switch (parser_.Parse(reader_.line(), request_)) {
      case AccessLogLine::kOther:
        ++counts_.other;
        continue;
      case AccessLogLine::kUnreadable:
        ++counts_.unreadable;
        continue;
      case AccessLogLine::kRequest:
        ++counts_.requests;
        break;
    }
    if (request_.org.empty()) request_.org = default_org_;
    if (!request_.org.empty()) return true;
    ++counts_.without_org;
  }
  return false;
}

}  // namespace quota::client
