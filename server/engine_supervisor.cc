// Engine's part in its supervisor thread: reopening a store that failed, and the ends of sessions.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <string>

#include "server/engine_executor.h"
#include "server/session_loss_call.h"
#include "storage/keys.h"

namespace quota::server {
namespace {

// How often graces are looked at, and counters of the store taken.
constexpr Duration kSupervisorTick = std::chrono::milliseconds(100);

}  // namespace

class Engine::LoseSessionCall final : public SessionLossCall {
 public:
  LoseSessionCall(Engine& engine, const std::string& session, uint32_t in_shard)
      : SessionLossCall(session, in_shard), engine_(engine) {}

 private:
  void Repeat() override { engine_.Submit(this); }
  void Recover(const std::string& session) override {
    engine_.sessions_.Recover(session, engine_.SessionNow());
  }
  void End() override { delete this; }

  Engine& engine_;
};

void Engine::Supervise() {
  for (;;) {
    absl::Status failure;
    {
      MutexLock lock(mutex_);
      if (!stopping_ && failure_.ok()) changed_.WaitFor(mutex_, kSupervisorTick);
      if (stopping_) return;
      failure = failure_;
    }
    if (failure.ok()) {
      CheckStore();
      EndLostSessions();
      watches_.Tick(clock_.Elapsed());
      const storage::StoreStats stats = store_->stats();
      MutexLock lock(mutex_);
      store_stats_ = stats;
      continue;
    }
    spdlog::error("the store failed and is stopped: {}", failure.ToString());
    CloseStore(NotServing(EngineState::kStopped, std::string(failure.message())));
    Reopen();
  }
}

void Engine::CheckStore() {
  // Any key will do; this one is in every store.
  const auto read = store_->Get(storage::FormatKey());
  if (!read.ok()) OnStoreFailed(read.status());
}

void Engine::Reopen() {
  // A store that opens and fails at its next write, as on a full disk, is not reopened ever faster.
  if (clock_.Elapsed() - opened_at_ > options_.max_reopen_backoff) {
    reopen_pause_ = options_.reopen_backoff;
  }
  for (;;) {
    const Duration pause = reopen_pause_.load();
    {
      const Duration until = clock_.Elapsed() + pause;
      MutexLock lock(mutex_);
      while (!stopping_ && clock_.Elapsed() < until) changed_.WaitFor(mutex_, kSupervisorTick);
      if (stopping_) return;
      failure_ = absl::OkStatus();
    }
    reopen_pause_ = std::min(pause * 2, options_.max_reopen_backoff);
    const absl::Status opened = Open();
    if (opened.ok()) {
      opened_at_ = clock_.Elapsed();
      spdlog::info("the store is open again");
      return;
    }
    reopen_failures_.fetch_add(1);
    spdlog::error("the store cannot be opened yet: {}", opened.ToString());
    if (store_ != nullptr) CloseStore(NotServing(EngineState::kStopped, ""));
    SetState(EngineState::kStopped, std::string(opened.message()));
  }
}

void Engine::EndLostSessions() {
  if (!serving()) return;
  for (const std::string& session : sessions_.TakeLost(SessionNow())) {
    lost_sessions_.fetch_add(1);
    for (uint32_t shard = 0; shard < shard_count(); ++shard) {
      Submit(new LoseSessionCall(*this, session, shard));
    }
  }
}

}  // namespace quota::server
