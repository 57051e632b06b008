// An engine whose calls a test answers by hand, in any order.
//
//   FakeEngine engine;
//   Call* call = engine.WaitForCall(0);           // the first that was submitted
//   engine.Answer(0, ledger::CommitAnswer{});
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "common/mutex.h"
#include "server/call.h"

namespace quota::server {

// Thread-safe.
class FakeEngine final : public CallSink {
 public:
  // Answers a call within Submit; for tests that do not answer by hand.
  using Answerer = std::function<void(Call&)>;

  explicit FakeEngine(uint32_t shards = 1, Answerer answerer = nullptr)
      : shards_(shards), answerer_(std::move(answerer)) {}

  void Submit(Call* call) override { SubmitAll({call}); }

  void SubmitAll(const std::vector<Call*>& calls) override {
    {
      MutexLock lock(mutex_);
      for (Call* call : calls) calls_.push_back(call);
      open_ += calls.size();
      most_open_ = std::max(most_open_, open_);
    }
    arrived_.NotifyAll();
    if (answerer_ == nullptr) return;
    for (Call* call : calls) {
      answerer_(*call);
      CountAnswered();
      call->OnAnswered();
    }
  }

  // No store is open until a test opens one, as the engine does.
  void ReadStore(StoreReader::Job job) override { reader.Submit(std::move(job)); }

  std::shared_ptr<const ledger::Catalog> catalog() const override { return nullptr; }
  absl::StatusOr<bool> ReloadCatalog(const ledger::AdminRequest&) override { return false; }

  void Backup(const BackupRequest& request, const BackupDone& done) override {
    backup = request;
    done(backup_result);
  }
  // The last that was wanted, and what it comes to.
  BackupRequest backup;
  absl::StatusOr<storage::BackupManifest> backup_result = absl::UnavailableError("no store");

  uint32_t shard_count() const override { return shards_; }

  StoreReader reader;

  // The call that was submitted as number `index`, counted from 0; null where it did not come
  // within a minute, which is the failure of the test.
  Call* WaitForCall(size_t index) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    MutexLock lock(mutex_);
    while (calls_.size() <= index) {
      if (std::chrono::steady_clock::now() >= deadline) return nullptr;
      arrived_.WaitFor(mutex_, std::chrono::milliseconds(100));
    }
    return calls_[index];
  }

  void Answer(size_t index, ledger::Answer answer) {
    Call* call = WaitForCall(index);
    call->answer = std::move(answer);
    CountAnswered();
    call->OnAnswered();
  }

  void Fail(size_t index, absl::Status status) {
    Call* call = WaitForCall(index);
    call->status = std::move(status);
    CountAnswered();
    call->OnAnswered();
  }

  size_t submitted() const {
    MutexLock lock(mutex_);
    return calls_.size();
  }

  // The most calls that were submitted and not answered at any time.
  size_t most_open() const {
    MutexLock lock(mutex_);
    return most_open_;
  }

 private:
  void CountAnswered() {
    MutexLock lock(mutex_);
    --open_;
  }

  const uint32_t shards_;
  const Answerer answerer_;
  mutable Mutex mutex_;
  CondVar arrived_;
  std::vector<Call*> calls_ ABSL_GUARDED_BY(mutex_);
  size_t open_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t most_open_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace quota::server
