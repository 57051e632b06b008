// Engine's part in executors: their threads, and steps of threads that bring calls themselves.
#include <algorithm>
#include <utility>

#include "server/engine_executor.h"
#include "server/thread_name.h"

namespace quota::server {
namespace {

// Between an executor's looks while nothing is due: a bound against a clock that does not move as
// expected. What other threads' steps bring is due later than the next look.
constexpr Duration kLongestWait = std::chrono::seconds(1);
static_assert(kLongestWait <= ledger::kMinTtl);
constexpr Duration kShortestWait = std::chrono::milliseconds(1);

// The thread has promised to step.
thread_local bool promises_steps = false;

}  // namespace

void Engine::StartExecutors(std::vector<std::unique_ptr<OwnedShard>> shards) {
  std::vector<std::vector<std::unique_ptr<OwnedShard>>> of_executor(executors_.size());
  for (auto& shard : shards) {
    of_executor[shard->number() % executors_.size()].push_back(std::move(shard));
  }
  for (size_t i = 0; i < executors_.size(); ++i) {
    Executor& executor = *executors_[i];
    executor.pipeline->Open(*store_, std::move(of_executor[i]));
    {
      MutexLock lock(executor.mutex);
      executor.stopping = false;
    }
    executor.thread = std::thread([this, &executor] {
      NameThread("executor");
      RunExecutor(executor);
    });
  }
}

void Engine::RunExecutor(Executor& executor) {
  for (;;) {
    executor.idle.store(false);
    // An executor that went on with what others have promised to decide would do it for good: while
    // it syncs, the next calls come.
    while (LeavesCalls(executor) ? executor.pipeline->Maintain() : executor.pipeline->Step()) {
    }
    const Instant next = executor.pipeline->NextTimer();
    Duration wait = kLongestWait;
    if (next != ledger::kNever) {
      wait = std::clamp(next - ledger_clock_.Now(), kShortestWait, kLongestWait);
    }
    const bool idle = executor.pipeline->Idle();
    MutexLock lock(executor.mutex);
    if (executor.stopping) return;
    if (!executor.woken) {
      executor.idle.store(idle);
      executor.changed.WaitFor(executor.mutex, wait);
      if (executor.stopping) return;
    }
    executor.woken = false;
  }
}

void Engine::PromiseSteps() { promises_steps = true; }

void Engine::PromiseOrWake(Executor& executor) {
  if (promises_steps) {
    executor.promised.store(true);
  } else {
    executor.Wake();
  }
}

bool Engine::LeavesCalls(const Executor& executor) const {
  return executor.promised.load() && executor.pipeline->HasFewCalls() && serving();
}

bool Engine::StepIsDue() const {
  return std::any_of(executors_.begin(), executors_.end(),
                     [](const auto& executor) { return executor->promised.load(); });
}

void Engine::Step() {
  for (const auto& executor : executors_) {
    if (!executor->promised.exchange(false)) continue;
    auto tried = Pipeline::Tried::kNotNow;
    if (Admit()) {
      tried = executor->pipeline->TryStep();
      Leave();
    }
    if (tried == Pipeline::Tried::kNotNow) executor->Wake();
    if (tried == Pipeline::Tried::kMore) executor->promised.store(true);
  }
}

}  // namespace quota::server
