// The requests of one access log, line by line.
#pragma once

#include <istream>
#include <string>
#include <string_view>

#include "client/access_log.h"
#include "client/line_reader.h"
#include "client/quotactl/log_line_counts.h"

namespace quota::client {

//   RequestLog log(in, parser, "acme", counts);
//   while (log.Next()) Use(log.request());
//
// Memory for one line, whatever the input holds. Thread safety: one thread at a time.
class RequestLog {
 public:
  // Requests that name no organisation belong to `default_org`; where that is empty they are left
  // out. Every line is counted in `counts`. All arguments must outlive the log.
  RequestLog(std::istream& in, const AccessLogParser& parser, std::string_view default_org,
             LogLineCounts& counts)
      : reader_(in), parser_(parser), default_org_(default_org), counts_(counts) {}

  // Finds the next request that has an organisation. False at the end of the input.
  bool Next();
  // The request that Next() found; valid until the next call.
  const AccessLogRequest& request() const { return request_; }

 private:
  LineReader reader_;
  const AccessLogParser& parser_;
  const std::string_view default_org_;
  LogLineCounts& counts_;
  AccessLogRequest request_;
};

}  // namespace quota::client
