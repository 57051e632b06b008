// Several access logs as one: the requests of rotated files, or of several servers, by time.
#pragma once

#include <cstddef>
#include <functional>
#include <istream>
#include <memory>
#include <queue>
#include <string_view>
#include <utility>
#include <vector>

#include "client/access_log.h"
#include "client/quotactl/log_line_counts.h"
#include "client/quotactl/request_log.h"
#include "common/clock.h"

namespace quota::client {

// Gives, of the logs' next requests, the one with the earliest time; among equals the one of the
// log that was named first. Each log keeps its own order. Memory for one line a log. Thread safety:
// one thread at a time.
class MergedLogs {
 public:
  // As RequestLog; the format must have a time. All arguments must outlive the logs.
  MergedLogs(const std::vector<std::istream*>& inputs, const AccessLogParser& parser,
             std::string_view default_org, LogLineCounts& counts);

  // False at the end of all logs.
  bool Next();
  // The request that Next() found; valid until the next call.
  const AccessLogRequest& request() const { return logs_[current_]->request(); }

 private:
  // Lines up the log's next request, if it has one.
  void Advance(size_t log);

  std::vector<std::unique_ptr<RequestLog>> logs_;
  using Head = std::pair<Instant, size_t>;
  std::priority_queue<Head, std::vector<Head>, std::greater<>> heads_;
  size_t current_ = 0;
  bool started_ = false;
};

}  // namespace quota::client
