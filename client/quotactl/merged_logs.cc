#include "client/quotactl/merged_logs.h"

namespace quota::client {

MergedLogs::MergedLogs(const std::vector<std::istream*>& inputs, const AccessLogParser& parser,
                       std::string_view default_org, LogLineCounts& counts) {
  for (std::istream* in : inputs) {
    logs_.push_back(std::make_unique<RequestLog>(*in, parser, default_org, counts));
  }
}

void MergedLogs::Advance(size_t log) {
  if (logs_[log]->Next()) heads_.emplace(logs_[log]->request().time.value_or(Instant()), log);
}

bool MergedLogs::Next() {
  if (!started_) {
    started_ = true;
    for (size_t log = 0; log < logs_.size(); ++log) Advance(log);
  } else {
    Advance(current_);
  }
  if (heads_.empty()) return false;
  current_ = heads_.top().second;
  heads_.pop();
  return true;
}

}  // namespace quota::client
