#include "server/call_queue.h"

#include <algorithm>

namespace quota::server {

CallQueue::Growth CallQueue::Push(const std::vector<Call*>& calls, std::vector<Call*>& refused) {
  MutexLock lock(mutex_);
  const size_t before = size_;
  for (Call* call : calls) PushLocked(call, refused);
  return {before, size_};
}

CallQueue::Growth CallQueue::Push(Call* call, std::vector<Call*>& refused) {
  MutexLock lock(mutex_);
  const size_t before = size_;
  PushLocked(call, refused);
  return {before, size_};
}

void CallQueue::PushLocked(Call* call, std::vector<Call*>& refused) {
  if (size_ >= limits_.calls) {
    refused.push_back(call);
    return;
  }
  if (!call->command.org.empty()) {
    uint32_t& of_org = size_of_org_[call->command.org_hash];
    if (of_org >= limits_.calls_of_org) {
      refused.push_back(call);
      return;
    }
    ++of_org;
  }
  call->next_ = nullptr;
  (last_ == nullptr ? first_ : last_->next_) = call;
  last_ = call;
  ++size_;
}

void CallQueue::Take(size_t most, std::vector<Call*>& out) {
  MutexLock lock(mutex_);
  out.reserve(out.size() + std::min(most, size_));
  while (first_ != nullptr && most-- > 0) {
    Call* call = first_;
    first_ = call->next_;
    if (first_ == nullptr) last_ = nullptr;
    --size_;
    if (!call->command.org.empty()) {
      const auto of_org = size_of_org_.find(call->command.org_hash);
      if (--of_org->second == 0) size_of_org_.erase(of_org);
    }
    out.push_back(call);
  }
}

size_t CallQueue::size() const {
  MutexLock lock(mutex_);
  return size_;
}

}  // namespace quota::server
