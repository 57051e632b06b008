#include "server/engine.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <future>
#include <utility>

#include "common/check.h"
#include "common/status.h"
#include "server/catalog_change.h"
#include "server/engine_executor.h"
#include "server/recovery.h"
#include "server/thread_name.h"

namespace quota::server {
namespace {

// Between looks at whether all is answered.
constexpr Duration kDrainTick = std::chrono::milliseconds(1);
// What callers are told to wait while the store is stopped.
constexpr Duration kRetryWhileStopped = std::chrono::seconds(1);

int64_t CreatedByCalls(const ledger::Shard& shard) {
  int64_t count = 0;
  for (ledger::AccountNumber number = 1; number <= shard.account_count(); ++number) {
    if (shard.account(number)->plan.created_by_call) ++count;
  }
  return count;
}

}  // namespace

absl::Status NotServing(EngineState state, const std::string& detail) {
  const char* const what = state == EngineState::kRecovering ? "quotad is recovering"
                           : state == EngineState::kStopped  ? "the store is stopped"
                                                             : "quotad is shutting down";
  return WithRetryDelay(
      WithReason(absl::UnavailableError(fmt::format("{}; the call was not made, try again{}{}",
                                                    what, detail.empty() ? "" : ": ", detail)),
                 kStoreStopped),
      kRetryWhileStopped);
}

class Engine::WaitingCall final : public Call {
 public:
  void OnAnswered() override { answered_.set_value(); }
  void Wait() { answered_.get_future().wait(); }

 private:
  std::promise<void> answered_;
};

Engine::Engine(const EngineOptions& options, std::shared_ptr<const ledger::Catalog> catalog,
               const Clock& clock, StoreOpener open_store)
    : options_(options),
      clock_(clock),
      open_store_(std::move(open_store)),
      ledger_clock_(clock),
      sessions_(options_.session_grace),
      watches_(options_.pipeline.snapshots.history.events),
      id_budget_(options_.pipeline.ids.common_bytes),
      backups_(options_.backup_folder, clock_),
      reopen_pause_(options_.reopen_backoff),
      catalog_(std::move(catalog)) {
  QUOTA_CHECK(options_.executors > 0);
  for (uint32_t i = 0; i < options_.executors; ++i) {
    auto executor = std::make_unique<Executor>();
    executor->pipeline = std::make_unique<Pipeline>(
        options_.pipeline, i, this->catalog(), ledger_clock_,
        PipelineHooks{
            .wake = [e = executor.get()] { e->Wake(); },
            .few_calls = [e = executor.get()] { PromiseOrWake(*e); },
            .failed = [this](const absl::Status& status) { OnStoreFailed(status); },
            .watched = [this](const std::vector<uint32_t>& shards) { watches_.Tell(shards); },
            .newcomers = &newcomers_,
            .id_budget = &id_budget_,
        });
    executors_.push_back(std::move(executor));
  }
}

Engine::~Engine() {
  if (state_.load() != EngineState::kClosed) Drain(Duration::zero());
}

// ---- Opening and closing
// -------------------------------------------------------------------------

absl::Status Engine::Start() {
  QUOTA_RETURN_IF_ERROR(Open());
  supervisor_ = std::thread([this] {
    NameThread("supervisor");
    Supervise();
  });
  return absl::OkStatus();
}

absl::Status Engine::Open() {
  SetState(EngineState::kRecovering, "opening the store");
  auto store = open_store_();
  if (!store.ok()) return store.status();
  store_ = *std::move(store);
  QUOTA_ASSIGN_OR_RETURN(
      RecoveredStore recovered,
      RecoverStore(*store_, options_.shards_if_new, options_.pipeline.snapshots,
                   options_.recovery_threads, [this](uint32_t number, uint32_t count) {
                     SetState(EngineState::kRecovering,
                              fmt::format("recovering shard {} of {}", number + 1, count));
                   }));
  const auto catalog_in_use = catalog();
  const ledger::CatalogRevision& in_force = catalog_in_use->At(clock_.Now());
  int64_t created_by_calls = 0;
  for (const auto& shard : recovered.shards) {
    QUOTA_RETURN_IF_ERROR(CheckInUse(shard->shard(), in_force));
    created_by_calls += CreatedByCalls(shard->shard());
  }
  if (options_.executors > recovered.shards.size()) {
    spdlog::warn("{} executors, but the store has {} shards, for as many executors: the rest idle",
                 options_.executors, recovered.shards.size());
  }
  newcomers_.Start(created_by_calls);
  ledger_clock_.Start(recovered.last_at);
  shards_.store(static_cast<uint32_t>(recovered.shards.size()), std::memory_order_release);
  sessions_.RestartGraces(SessionNow());
  for (const auto& shard : recovered.shards) {
    for (const std::string& session : shard->shard().Sessions()) {
      sessions_.Recover(session, SessionNow());
    }
  }
  StartExecutors(std::move(recovered.shards));
  reader_.Open(*store_);
  backups_.Open(*store_);
  SetState(EngineState::kServing, "");
  return absl::OkStatus();
}

void Engine::CloseStore(const absl::Status& status) {
  for (const auto& executor : executors_) {
    MutexLock lock(executor->mutex);
    executor->stopping = true;
    executor->changed.NotifyOne();
  }
  for (const auto& executor : executors_) {
    if (executor->thread.joinable()) executor->thread.join();
  }
  // Nobody is left in Submit, and nobody comes in again before the state changes.
  while (submitting_.load() != 0) std::this_thread::yield();
  if (store_ != nullptr) {
    store_->Drain();
    for (const auto& executor : executors_) executor->pipeline->Close(status);
  }
  // Their jobs may wait for a call of their own, which has been answered by now.
  reader_.Close();
  backups_.Close();
  if (store_ != nullptr) {
    if (absl::Status closed = store_->Close(); !closed.ok()) {
      spdlog::warn("the store did not close cleanly: {}", closed.ToString());
    }
    store_.reset();
  }
}

bool Engine::Drain(Duration timeout) {
  if (state_.load() == EngineState::kClosed) return true;
  SetState(EngineState::kClosed, "");
  sessions_.StopGraces();
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  if (supervisor_.joinable()) supervisor_.join();
  const Duration deadline = clock_.Elapsed() + timeout;
  const auto all_idle = [this] {
    return std::all_of(executors_.begin(), executors_.end(), [](const auto& executor) {
      return !executor->thread.joinable() || executor->idle.load();
    });
  };
  while (submitting_.load() != 0) std::this_thread::yield();
  for (const auto& executor : executors_) {
    executor->idle.store(false);
    executor->Wake();
  }
  while (!all_idle() && clock_.Elapsed() < deadline) {
    MutexLock lock(mutex_);
    changed_.WaitFor(mutex_, kDrainTick);
  }
  const bool drained = all_idle();
  CloseStore(NotServing(EngineState::kClosed, ""));
  return drained;
}

absl::Status Engine::Record(ledger::Operation operation) {
  WaitingCall note;
  note.command.operation = std::move(operation);
  Submit(&note);
  note.Wait();
  return note.status;
}

void Engine::OnStoreFailed(const absl::Status& status) {
  MutexLock lock(mutex_);
  if (!failure_.ok()) return;
  failure_ = status;
  ++failures_;
  changed_.NotifyAll();
  // Calls are refused from now on; a drain's state stays.
  EngineState serving = EngineState::kServing;
  state_.compare_exchange_strong(serving, EngineState::kStopped);
  detail_ = std::string(status.message());
}

void Engine::SetState(EngineState state, std::string detail) {
  MutexLock lock(mutex_);
  // A drain is for ever.
  if (state_.load() != EngineState::kClosed) state_.store(state);
  detail_ = std::move(detail);
}

EngineStatus Engine::status() const {
  EngineStatus status;
  status.state = state_.load();
  status.clock = ledger_clock_.status();
  status.sessions = sessions_.size();
  status.lost_sessions = lost_sessions_.load();
  status.event_watches = watches_.size();
  status.orgs_created_by_calls = newcomers_.created();
  status.orgs_refused = newcomers_.refused();
  status.reopen_failures = reopen_failures_.load();
  status.reopen_pause = reopen_pause_.load();
  for (const auto& executor : executors_) status.pipeline += executor->pipeline->stats();
  MutexLock lock(mutex_);
  status.detail = detail_;
  status.store_failures = failures_;
  status.store = store_stats_;
  return status;
}

// ---- Calls
// ---------------------------------------------------------------------------------------

bool Engine::Admit() {
  submitting_.fetch_add(1);
  if (serving()) return true;
  Leave();
  return false;
}

void Engine::Route(Call* call) {
  if (call->command.org.empty()) return;
  call->command.org_hash = ledger::HashOf(call->command.org);
  call->shard = static_cast<uint32_t>(call->command.org_hash % shard_count());
}

void Engine::Refuse(Call* call) {
  std::string detail;
  {
    MutexLock lock(mutex_);
    detail = detail_;
  }
  call->status = NotServing(state_.load(), detail);
  call->OnAnswered();
}

void Engine::Submit(Call* call) {
  if (!Admit()) return Refuse(call);
  Route(call);
  executors_[call->shard % executors_.size()]->pipeline->Submit(call);
  Leave();
}

void Engine::SubmitAll(const std::vector<Call*>& calls) {
  if (!Admit()) {
    for (Call* call : calls) Refuse(call);
    return;
  }
  std::vector<std::vector<Call*>> of_executor(executors_.size());
  for (Call* call : calls) {
    Route(call);
    of_executor[call->shard % executors_.size()].push_back(call);
  }
  for (size_t i = 0; i < executors_.size(); ++i) {
    if (!of_executor[i].empty()) executors_[i]->pipeline->SubmitAll(of_executor[i]);
  }
  Leave();
}

}  // namespace quota::server
