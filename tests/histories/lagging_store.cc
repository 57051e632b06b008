#include "tests/histories/lagging_store.h"

#include <utility>

namespace quota::test {

using storage::WriteOutcome;
using storage::WriteResult;

void LaggingStore::FailWrite(uint64_t nth) {
  MutexLock lock(mutex_);
  fail_in_ = nth;
}

void LaggingStore::Apply(uint32_t shard, storage::Batch batch, storage::Completion done) {
  bool fails = false;
  bool stopped = false;
  {
    MutexLock lock(mutex_);
    stopped = failed_;
    fails = fail_in_ != 0 && --fail_in_ == 0;
    failed_ = failed_ || fails;
  }
  if (fails) {
    disk_->Crash();
    return done({WriteResult::kUnknown, absl::UnavailableError("failed on demand")});
  }
  if (stopped) {
    return done({WriteResult::kRefused, absl::UnavailableError("the store has stopped")});
  }
  if (lag_ == 0) {
    return inner_.Apply(shard, std::move(batch), std::move(done));
  }
  inner_.Apply(shard, std::move(batch), [](const WriteOutcome&) {});
  while (inner_.queued() > lag_ && inner_.Step()) {
  }
  // The bug: it is in the queue, and no more.
  done({WriteResult::kDone, absl::OkStatus()});
}

}  // namespace quota::test
