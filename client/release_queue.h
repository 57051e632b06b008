// Releases dropped reservations in the background. Internal to client/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "client/retry.h"
#include "common/clock.h"
#include "common/mutex.h"
#include "quota/v1/quota.pb.h"

namespace quota::client {

// One thread works off a bounded queue, one release after another, each retried by policy.
// Thread-safe.
class ReleaseQueue {
 public:
  // One attempt at a release, within the time given. Called on the queue's thread.
  using Releaser = std::function<absl::Status(const v1::ReleaseRequest&, Duration)>;

  // Holds at most `limit` releases. `drain_timeout` bounds the destructor.
  ReleaseQueue(size_t limit, Duration drain_timeout, const RetryPolicy& policy, Releaser releaser);
  // As Stop().
  ~ReleaseQueue();
  ReleaseQueue(const ReleaseQueue&) = delete;
  ReleaseQueue& operator=(const ReleaseQueue&) = delete;

  // Never blocks on the network. Leaves the release out, and counts it, where the queue is full or
  // stopped.
  void Add(v1::ReleaseRequest request) ABSL_LOCKS_EXCLUDED(mutex_);

  // Works off what is queued, for the drain timeout at most (where that is 0, it only waits for the
  // release under way); what is left then is counted as left out. Ends the thread. A second call
  // does nothing. Not to be called by two threads at once.
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_);

  // Releases that were left out or failed.
  int64_t left_out() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // Sleeps that a stop cuts short.
  class InterruptibleTime;

  void Run() ABSL_LOCKS_EXCLUDED(mutex_);
  // What is left of the drain; while nobody stops the queue, as long as anything may take.
  Duration RemainingDrain() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Attempt(const v1::ReleaseRequest& request, Duration timeout)
      ABSL_LOCKS_EXCLUDED(mutex_);

  const size_t limit_;
  const Duration drain_timeout_;
  const RetryPolicy policy_;
  const Releaser releaser_;
  SteadyTime clock_;

  mutable Mutex mutex_;
  CondVar changed_;
  std::deque<v1::ReleaseRequest> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  Duration drain_end_ ABSL_GUARDED_BY(mutex_) = Duration::zero();
  int64_t left_out_ ABSL_GUARDED_BY(mutex_) = 0;

  std::thread thread_;
};

}  // namespace quota::client
