#include "client/quotactl/replay_schedule.h"

#include <algorithm>
#include <utility>

namespace quota::client {

size_t ReplaySchedule::OrgIndex(std::string_view org_id) {
  const auto found = index_.find(org_id);
  if (found != index_.end()) return found->second;
  const size_t org = orgs_.size();
  orgs_.emplace_back().id = std::string(org_id);
  index_.emplace(org_id, org);
  to_prepare_.push_back(org);
  ++preparing_;
  return org;
}

void ReplaySchedule::Add(ReplayCall call) {
  ++waiting_;
  if (call.start > Duration::zero()) {
    const Duration start = call.start;
    starts_.push({start, next_order_++, {.call = std::move(call)}});
    return;
  }
  const size_t org = call.org;
  orgs_[org].waiting.push_back(std::move(call));
  Offer(org);
}

void ReplaySchedule::Prepared(size_t org, int64_t limit) {
  --preparing_;
  orgs_[org].prepared = true;
  // With a limit of 0 its calls would wait for ever: they go ahead, and are refused.
  orgs_[org].limit = std::max<int64_t>(limit, 1);
  Offer(org);
}

void ReplaySchedule::Held(const ReplayTask& task, std::string reservation_id, Duration due) {
  ends_.push({due,
              next_order_++,
              {.step = ReplayTask::Step::kCommit,
               .call = task.call,
               .reservation_id = std::move(reservation_id)}});
}

void ReplaySchedule::Ended(size_t org) {
  --orgs_[org].in_flight;
  --in_flight_;
  Offer(org);
}

void ReplaySchedule::Offer(size_t org) {
  Org& o = orgs_[org];
  if (!o.prepared || o.listed || o.waiting.empty() || o.in_flight >= o.limit) return;
  o.listed = true;
  turns_.push_back(org);
}

ReplayTask ReplaySchedule::Pop(TimedQueue& queue) {
  // The queue gives out const references only; what is moved from is popped at once.
  ReplayTask task = std::move(const_cast<Timed&>(queue.top()).task);
  queue.pop();
  return task;
}

std::optional<ReplayTask> ReplaySchedule::Take(Duration now) {
  if (!to_prepare_.empty()) {
    ReplayTask task{.step = ReplayTask::Step::kPrepare,
                    .call = {.org = to_prepare_.front()},
                    .reservation_id = {}};
    to_prepare_.pop_front();
    return task;
  }
  // Ends before starts: they free slots.
  if (!ends_.empty() && ends_.top().due <= now) return Pop(ends_);
  while (!starts_.empty() && starts_.top().due <= now) {
    ReplayTask task = Pop(starts_);
    const size_t org = task.call.org;
    orgs_[org].waiting.push_back(std::move(task.call));
    Offer(org);
  }
  if (turns_.empty()) return std::nullopt;

  const size_t org = turns_.front();
  turns_.pop_front();
  Org& o = orgs_[org];
  o.listed = false;
  ReplayTask task{.call = std::move(o.waiting.front())};
  o.waiting.pop_front();
  --waiting_;
  ++o.in_flight;
  ++in_flight_;
  Offer(org);
  return task;
}

std::optional<Duration> ReplaySchedule::NextDue() const {
  std::optional<Duration> due;
  if (!ends_.empty()) due = ends_.top().due;
  if (!starts_.empty() && (!due.has_value() || starts_.top().due < *due)) due = starts_.top().due;
  return due;
}

}  // namespace quota::client
