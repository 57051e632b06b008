#include "client/quotactl/time_order.h"

#include <algorithm>

namespace quota::client {

std::optional<LoggedCall> TimeOrder::Add(const LoggedCall& call) {
  waiting_.push({call, next_order_++});
  if (waiting_.size() <= window_) return std::nullopt;
  return Take();
}

std::optional<LoggedCall> TimeOrder::Take() {
  if (waiting_.empty()) return std::nullopt;
  const LoggedCall call = waiting_.top().call;
  waiting_.pop();
  if (call.start < latest_) ++late_;
  latest_ = std::max(latest_, call.start);
  return call;
}

}  // namespace quota::client
