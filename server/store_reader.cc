#include "server/store_reader.h"

#include <chrono>
#include <utility>

#include "common/status.h"

namespace quota::server {
namespace {

// A bound against a lost wake-up only.
constexpr Duration kLongestLook = std::chrono::seconds(1);

}  // namespace

absl::Status StoreNotOpen() {
  return WithRetryDelay(
      WithReason(absl::UnavailableError("the store is not open, or too many reads wait; try again"),
                 kStoreStopped),
      std::chrono::seconds(1));
}

StoreReader::StoreReader() : thread_([this] { Run(); }) {}

StoreReader::~StoreReader() {
  {
    MutexLock lock(mutex_);
    store_ = nullptr;
    stopping_ = true;
    changed_.NotifyAll();
  }
  thread_.join();
}

void StoreReader::Open(storage::Store& store) {
  MutexLock lock(mutex_);
  store_ = &store;
}

void StoreReader::Close() {
  MutexLock lock(mutex_);
  store_ = nullptr;
  while (running_) changed_.WaitFor(mutex_, kLongestLook);
}

void StoreReader::Submit(Job job) {
  {
    MutexLock lock(mutex_);
    if (store_ != nullptr && !stopping_ && jobs_.size() < kMaxWaiting) {
      jobs_.push_back(std::move(job));
      changed_.NotifyAll();
      return;
    }
  }
  job(nullptr);
}

void StoreReader::Run() {
  for (;;) {
    Job job;
    storage::Store* store = nullptr;
    {
      MutexLock lock(mutex_);
      while (jobs_.empty() && !stopping_) changed_.WaitFor(mutex_, kLongestLook);
      if (jobs_.empty()) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
      store = store_;
      running_ = true;
    }
    job(store);
    MutexLock lock(mutex_);
    running_ = false;
    changed_.NotifyAll();
  }
}

}  // namespace quota::server
