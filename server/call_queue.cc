#include "server/call_queue.h"

#include <algorithm>

namespace quota::server {

CallQueue::Growth CallQueue::Push(const std::vector<Call*>& calls, std::vector<Call*>& refused) {
  MutexLock lock(mutex_);
  const size_t before = queued_.size();
  for (Call* call : calls) PushLocked(call, refused);
  return {before, queued_.size()};
}

CallQueue::Growth CallQueue::Push(Call* call, std::vector<Call*>& refused) {
  MutexLock lock(mutex_);
  const size_t before = queued_.size();
  PushLocked(call, refused);
  return {before, queued_.size()};
}

void CallQueue::PushLocked(Call* call, std::vector<Call*>& refused) {
  const uint64_t org_hash = call->command.org_hash;
  if (queued_.size() >= limits_.calls || (org_hash != 0 && HasItsPart(org_hash))) {
    refused.push_back(call);
    return;
  }
  queued_.push_back({call, org_hash});
  if (counts_ && org_hash != 0) ++size_of_org_[org_hash];
}

bool CallQueue::HasItsPart(uint64_t org_hash) {
  if (queued_.size() < limits_.calls_of_org) return false;
  if (!counts_) {
    for (const Queued& queued : queued_) {
      if (queued.org_hash != 0) ++size_of_org_[queued.org_hash];
    }
    counts_ = true;
  }
  const auto found = size_of_org_.find(org_hash);
  return found != size_of_org_.end() && found->second >= limits_.calls_of_org;
}

void CallQueue::Take(size_t most, std::vector<Call*>& out) {
  MutexLock lock(mutex_);
  const size_t count = std::min(most, queued_.size());
  out.reserve(out.size() + count);
  for (size_t i = 0; i < count; ++i) {
    const Queued& queued = queued_.front();
    out.push_back(queued.call);
    if (counts_ && queued.org_hash != 0) {
      const auto of_org = size_of_org_.find(queued.org_hash);
      if (--of_org->second == 0) size_of_org_.erase(of_org);
    }
    queued_.pop_front();
  }
  if (queued_.empty()) counts_ = false;
}

size_t CallQueue::size() const {
  MutexLock lock(mutex_);
  return queued_.size();
}

}  // namespace quota::server
