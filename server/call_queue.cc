#include "server/call_queue.h"

#include <algorithm>

namespace quota::server {

CallQueue::Growth CallQueue::Push(const std::vector<Call*>& calls, std::vector<Call*>& refused) {
  MutexLock lock(mutex_);
  const size_t before = SizeLocked();
  for (Call* call : calls) PushLocked(call, refused);
  return {before, SizeLocked()};
}

CallQueue::Growth CallQueue::Push(Call* call, std::vector<Call*>& refused) {
  MutexLock lock(mutex_);
  const size_t before = SizeLocked();
  PushLocked(call, refused);
  return {before, SizeLocked()};
}

void CallQueue::PushLocked(Call* call, std::vector<Call*>& refused) {
  const uint64_t org_hash = call->command.org_hash;
  size_t& crowd = crowds_[CrowdOf(org_hash)];
  if (SizeLocked() >= limits_.calls ||
      (org_hash != 0 && crowd >= limits_.calls_of_org && HasItsPart(org_hash))) {
    refused.push_back(call);
    return;
  }
  ++crowd;
  queued_.push_back({call, org_hash});
  if (counts_ && org_hash != 0) ++size_of_org_[org_hash];
}

bool CallQueue::HasItsPart(uint64_t org_hash) {
  if (!counts_) {
    for (size_t i = taken_; i < queued_.size(); ++i) {
      if (queued_[i].org_hash != 0) ++size_of_org_[queued_[i].org_hash];
    }
    counts_ = true;
  }
  const auto found = size_of_org_.find(org_hash);
  return found != size_of_org_.end() && found->second >= limits_.calls_of_org;
}

void CallQueue::Take(size_t most, std::vector<Call*>& out) {
  MutexLock lock(mutex_);
  const size_t end = taken_ + std::min(most, SizeLocked());
  out.reserve(out.size() + end - taken_);
  for (; taken_ < end; ++taken_) {
    const Queued& queued = queued_[taken_];
    out.push_back(queued.call);
    --crowds_[CrowdOf(queued.org_hash)];
    if (counts_) Uncount(queued.org_hash);
  }
  Tidy();
}

void CallQueue::Uncount(uint64_t org_hash) {
  if (org_hash == 0) return;
  const auto of_org = size_of_org_.find(org_hash);
  if (--of_org->second == 0) size_of_org_.erase(of_org);
}

void CallQueue::Tidy() {
  // Not before half is taken: what is left moves, no more than what was taken.
  if (SizeLocked() > taken_) return;
  queued_.erase(queued_.begin(), queued_.begin() + static_cast<ptrdiff_t>(taken_));
  taken_ = 0;
  if (queued_.empty()) counts_ = false;
}

size_t CallQueue::size() const {
  MutexLock lock(mutex_);
  return SizeLocked();
}

}  // namespace quota::server
