// Time that only moves when somebody sleeps.
#pragma once

#include <vector>

#include "client/retry.h"
#include "common/mutex.h"

namespace quota::client {

// Thread-safe.
class FakeTime final : public TimeSource {
 public:
  Duration Elapsed() const override {
    MutexLock lock(mutex_);
    return elapsed_;
  }
  void Sleep(Duration pause) override {
    MutexLock lock(mutex_);
    elapsed_ += pause;
    pauses_.push_back(pause);
  }

  void Advance(Duration by) {
    MutexLock lock(mutex_);
    elapsed_ += by;
  }
  std::vector<Duration> pauses() const {
    MutexLock lock(mutex_);
    return pauses_;
  }

 private:
  mutable Mutex mutex_;
  Duration elapsed_ ABSL_GUARDED_BY(mutex_) = Duration::zero();
  std::vector<Duration> pauses_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quota::client
