#include "client/release_queue.h"

#include <algorithm>
#include <utility>

namespace quota::client {

class ReleaseQueue::InterruptibleTime final : public TimeSource {
 public:
  explicit InterruptibleTime(ReleaseQueue& queue) : queue_(queue) {}

  Duration Elapsed() const override { return queue_.clock_.Elapsed(); }

  void Sleep(Duration pause) override {
    MutexLock lock(queue_.mutex_);
    queue_.changed_.WaitFor(queue_.mutex_,
                            std::clamp(pause, Duration::zero(), queue_.RemainingDrain()));
  }

 private:
  ReleaseQueue& queue_;
};

ReleaseQueue::ReleaseQueue(size_t limit, Duration drain_timeout, const RetryPolicy& policy,
                           Releaser releaser)
    : limit_(limit),
      drain_timeout_(std::max(drain_timeout, Duration::zero())),
      policy_(policy),
      releaser_(std::move(releaser)),
      thread_([this] { Run(); }) {}

ReleaseQueue::~ReleaseQueue() { Stop(); }

void ReleaseQueue::Add(v1::ReleaseRequest request) {
  MutexLock lock(mutex_);
  if (stopping_ || queue_.size() >= limit_) {
    ++left_out_;
    return;
  }
  queue_.push_back(std::move(request));
  changed_.NotifyAll();
}

void ReleaseQueue::Stop() {
  {
    MutexLock lock(mutex_);
    if (!stopping_) {
      stopping_ = true;
      drain_end_ = clock_.Elapsed() + drain_timeout_;
      changed_.NotifyAll();
    }
  }
  if (thread_.joinable()) thread_.join();
}

int64_t ReleaseQueue::left_out() const {
  MutexLock lock(mutex_);
  return left_out_;
}

Duration ReleaseQueue::RemainingDrain() const {
  if (!stopping_) return policy_.budget;
  return std::max(drain_end_ - clock_.Elapsed(), Duration::zero());
}

absl::Status ReleaseQueue::Attempt(const v1::ReleaseRequest& request, Duration timeout) {
  {
    MutexLock lock(mutex_);
    // An attempt that began just before a stop must end within the drain, too.
    timeout = std::min(timeout, RemainingDrain());
    if (drain_timeout_ > Duration::zero()) timeout = std::min(timeout, drain_timeout_);
  }
  if (timeout <= Duration::zero()) return absl::CancelledError("the client was closed");
  return releaser_(request, timeout);
}

void ReleaseQueue::Run() {
  InterruptibleTime time(*this);
  for (;;) {
    v1::ReleaseRequest request;
    {
      MutexLock lock(mutex_);
      while (queue_.empty() && !stopping_) changed_.Wait(mutex_);
      if (queue_.empty()) return;
      request = std::move(queue_.front());
      queue_.pop_front();
    }
    const absl::Status status =
        RunWithRetries(policy_, time, [&](Duration timeout) { return Attempt(request, timeout); });
    // Other errors say that nothing is held under this id: what the release was for.
    if (IsRetryable(status) || IsOutcomeUnknown(status)) {
      MutexLock lock(mutex_);
      ++left_out_;
    }
  }
}

}  // namespace quota::client
