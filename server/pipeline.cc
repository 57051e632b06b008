#include "server/pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/check.h"
#include "common/status.h"
#include "ledger/prefetch.h"
#include "server/pipeline_work.h"

namespace quota::server {
namespace {

// What a single command may add to an entry at the most, as a part of the whole: beyond
// (1 - 1/kReserve) of an entry nothing more is begun.
constexpr size_t kReserve = 4;

// A batch's operations by the records of history that it may have: two operations each, the shards'
// entries, and what the last command adds, which closes up to three days and changes a plan.
constexpr size_t kHistoryShare = 8;

// Calls between two stages of getting ready for one: deciding so many takes about as long as the
// memory needs to answer.
constexpr size_t kStageDistance = 6;

absl::Status OutcomeUnknown(const absl::Status& cause) {
  return WithReason(
      absl::UnavailableError(fmt::format("the outcome is not known, since the store failed: repeat "
                                         "the call under the same id ({})",
                                         std::string(cause.message()))),
      kOutcomeUnknown);
}

absl::Status Overloaded() {
  return WithRetryDelay(
      WithReason(absl::ResourceExhaustedError(
                     "the queue, or the organisation's part of it, is full; the call was not made"),
                 kOverloaded),
      std::chrono::milliseconds(100));
}

}  // namespace

Pipeline::Pipeline(const PipelineOptions& options, uint32_t lane,
                   std::shared_ptr<const ledger::Catalog> catalog, LedgerClock& clock,
                   PipelineHooks hooks)
    : options_(options),
      lane_(lane),
      catalog_(std::move(catalog)),
      clock_(clock),
      hooks_(std::move(hooks)),
      queue_(options_.queue) {}

Pipeline::~Pipeline() { QUOTA_CHECK(store_ == nullptr); }

void Pipeline::Open(storage::Store& store, std::vector<std::unique_ptr<OwnedShard>> shards) {
  MutexLock step(step_mutex_);
  QUOTA_CHECK(store_ == nullptr);
  store_ = &store;
  shards_ = std::move(shards);
  by_number_.clear();
  for (const auto& shard : shards_) {
    if (by_number_.size() <= shard->number()) by_number_.resize(shard->number() + 1);
    by_number_[shard->number()] = shard.get();
  }
  CountIds();
  serving_since_ = clock_.Now();
  has_failed_.store(false, std::memory_order_release);
}

OwnedShard* Pipeline::FindShard(uint32_t number) {
  return number < by_number_.size() ? by_number_[number] : nullptr;
}

Instant Pipeline::IdsCountFrom() const { return std::max(serving_since_, clock_.SteadySince()); }

void Pipeline::Submit(Call* call) {
  std::vector<Call*> refused;
  Announce(queue_.Push(call, refused));
  if (!refused.empty()) Refuse(refused);
}

void Pipeline::SubmitAll(const std::vector<Call*>& calls) {
  std::vector<Call*> refused;
  Announce(queue_.Push(calls, refused));
  if (!refused.empty()) Refuse(refused);
}

void Pipeline::Announce(const CallQueue::Growth& growth) {
  const size_t few = hooks_.few_calls == nullptr ? 0 : options_.few_calls;
  if (growth.before <= few && growth.after > few) {
    hooks_.wake();
  } else if (growth.before == 0 && growth.after > 0) {
    hooks_.few_calls();
  }
}

void Pipeline::Refuse(const std::vector<Call*>& calls) {
  {
    MutexLock lock(mutex_);
    stats_.refused_calls += calls.size();
  }
  for (Call* call : calls) {
    call->status = Overloaded();
    call->OnAnswered();
  }
}

bool Pipeline::Step() {
  MutexLock step(step_mutex_);
  RunCompletions();
  if (!MayWrite()) return false;
  // A lane that groups alone keep full would never be left to snapshots, and the journal would grow
  // for as long as that lasts: they take turns.
  if (maintenance_waits_ && MaintainShards(1) && !HasRoom()) return true;
  const bool decided = DecideGroup();
  return MaintainShards(decided ? SlicesBesideCalls() : shards_.size()) || decided;
}

bool Pipeline::Maintain() {
  MutexLock step(step_mutex_);
  RunCompletions();
  return MayWrite() && MaintainShards(shards_.size());
}

Pipeline::Tried Pipeline::TryStep() {
  if (!HasFewCalls() || !step_mutex_.TryLock()) return Tried::kNotNow;
  Tried tried = Tried::kNotNow;
  if (MayWrite() && !maintenance_waits_) {
    DecideGroup();
    tried = deferred_.empty() ? Tried::kDone : Tried::kMore;
  }
  step_mutex_.Unlock();
  return tried;
}

bool Pipeline::DecideGroup() {
  const storage::Limits& limits = store_->limits();
  TakeCalls();
  // After the calls are taken: what came after midnight is not decided on the day before.
  const Instant now = clock_.Now();
  ledger::Context context{catalog_->At(now), options_.ids, now, IdsCountFrom(), hooks_.newcomers};
  if (hooks_.id_budget != nullptr) context.common_bytes_left = hooks_.id_budget->left();
  Work work(context);
  work.groups.resize(by_number_.size());
  const size_t most_entry = storage::Journal::MaxPayloadBytes(limits);
  work.entry_bytes = most_entry - most_entry / kReserve;
  work.batch_bytes = limits.max_batch_bytes - limits.max_batch_bytes / kReserve;
  work.max_operations = limits.max_operations;
  work.max_history = std::max<size_t>(1, limits.max_operations / kHistoryShare);
  work.calls.reserve(calls_.size());
  for (size_t i = 0; i < calls_.size(); ++i) {
    LookAhead(i);
    DecideCall(calls_[i], work);
  }
  SweepShards(work);
  FinishGroups(work);
  const bool decided = !work.calls.empty() || work.events > 0;
  deferred_ = std::move(work.deferred);
  if (decided) {
    CountIds();
    UpdateStats(work);
    Write(work);
  }
  return decided;
}

bool Pipeline::HasRoom() const {
  return in_flight_.load(std::memory_order_acquire) < options_.batches_in_flight;
}

void Pipeline::TakeCalls() {
  calls_.assign(deferred_.begin(), deferred_.end());
  deferred_.clear();
  if (calls_.size() < options_.group_calls) {
    queue_.Take(options_.group_calls - calls_.size(), calls_);
  }
}

void Pipeline::LookAhead(size_t index) {
  size_t ahead = index + kStageDistance * (ledger::Shard::kPrefetchStages + 1);
  // Another core has written the call.
  if (ahead < calls_.size()) ledger::PrefetchBytes(calls_[ahead], sizeof(Call));
  ahead -= kStageDistance;
  for (int stage = 0; stage < ledger::Shard::kPrefetchStages; ++stage, ahead -= kStageDistance) {
    if (ahead >= calls_.size()) continue;
    if (OwnedShard* shard = FindShard(calls_[ahead]->shard)) {
      shard->ledger().Prefetch(stage, calls_[ahead]->command);
    }
  }
}

void Pipeline::DecideCall(Call* call, Work& work) {
  OwnedShard* shard = FindShard(call->shard);
  QUOTA_CHECK(shard != nullptr);
  Work::ShardGroup* group = work.Open(*shard);
  // Once a call of a shard waits, those behind it wait too: order within an organisation.
  if (group == nullptr || work.Full()) {
    if (auto& slot = work.groups[call->shard]) slot->full = true;
    work.deferred.push_back(call);
    return;
  }
  const ledger::Progress progress = shard->ledger().Execute(
      call->command, work.context, group->group, call->status, call->answer);
  work.Count(*group);
  if (progress == ledger::Progress::kAgain) {
    group->full = true;
    work.deferred.push_back(call);
    return;
  }
  work.calls.push_back(call);
}

void Pipeline::SweepShards(Work& work) {
  for (const auto& shard : shards_) {
    if (shard->shard().NextTimer() > work.context.now) continue;
    if (work.Full()) return;
    Work::ShardGroup* group = work.Open(*shard);
    if (group == nullptr) continue;
    shard->ledger().Sweep(work.context, options_.swept_events,
                          work.max_history - work.history_records, group->group);
    work.Count(*group);
  }
}

void Pipeline::FinishGroups(Work& work) {
  for (const auto& shard : shards_) {
    auto& slot = work.groups[shard->number()];
    if (!slot) {
      const Instant due = ledger::NextIdTimer(shard->shard(), work.context);
      if (due > work.context.now || work.Open(*shard) == nullptr) continue;
    }
    ledger::Group& group = slot->group;
    shard->ledger().FinishGroup(work.context, group);
    work.Count(*slot);
    if (group.entry.count() == 0) continue;
    work.events += group.entry.count();
    if (shard->Journal(group, work.batch)) work.watched.push_back(shard->number());
  }
}

void Pipeline::Write(Work& work) {
  const bool to_write = work.batch.operations() > 0;
  std::vector<Call*> answered;
  bool failed = false;
  {
    MutexLock lock(mutex_);
    failed = Failed();
    if (failed || (!to_write && pending_.empty())) {
      answered = std::move(work.calls);
    } else {
      pending_.push_back({std::move(work.calls), !to_write, std::move(work.watched)});
    }
  }
  if (failed) {
    // Decided on a state that will never be durable.
    for (Call* call : answered) {
      call->status = OutcomeUnknown(absl::UnavailableError("the store has stopped"));
    }
  }
  Deliver(answered);
  if (!to_write || failed) return;
  in_flight_.fetch_add(1, std::memory_order_acq_rel);
  applying_.store(true, std::memory_order_relaxed);
  store_->Apply(lane_, std::move(work.batch),
                [this](const storage::WriteOutcome& outcome) { OnWritten(outcome); });
  applying_.store(false, std::memory_order_relaxed);
}

void Pipeline::OnWritten(const storage::WriteOutcome& outcome) {
  in_flight_.fetch_sub(1, std::memory_order_acq_rel);
  if (outcome.result != storage::WriteResult::kDone) {
    Fail(outcome.status);
    return;
  }
  std::vector<Call*> answered;
  std::vector<uint32_t> watched;
  {
    MutexLock lock(mutex_);
    // Completions come in the order of writing: the first group that waits is the one.
    if (pending_.empty()) return;
    pending_.front().written = true;
    while (!pending_.empty() && pending_.front().written) {
      std::vector<Call*>& calls = pending_.front().calls;
      watched.insert(watched.end(), pending_.front().watched.begin(),
                     pending_.front().watched.end());
      if (answered.empty()) {
        answered = std::move(calls);
      } else {
        answered.insert(answered.end(), calls.begin(), calls.end());
      }
      pending_.pop_front();
    }
  }
  // Before the answers: what they set free is decided while they are sent.
  if (!applying_.load(std::memory_order_relaxed)) hooks_.wake();
  Deliver(answered);
  if (!watched.empty()) hooks_.watched(watched);
}

void Pipeline::Fail(const absl::Status& status) {
  // Before any answer: whoever has heard of the failure finds that nothing is served.
  hooks_.failed(status);
  std::deque<Pending> pending;
  {
    MutexLock lock(mutex_);
    has_failed_.store(true, std::memory_order_release);
    pending.swap(pending_);
  }
  for (Pending& group : pending) {
    for (Call* call : group.calls) call->status = OutcomeUnknown(status);
    Deliver(group.calls);
  }
}

void Pipeline::Deliver(const std::vector<Call*>& calls) {
  for (Call* call : calls) {
    if (!call->status.ok()) call->answer.emplace<std::monostate>();
    call->OnAnswered();
  }
}

void Pipeline::RunCompletions() {
  std::vector<std::function<void()>> completions;
  {
    MutexLock lock(mutex_);
    completions.swap(completions_);
  }
  for (const auto& completion : completions) completion();
}

Instant Pipeline::NextTimer() const {
  MutexLock step(step_mutex_);
  if (store_ == nullptr || Failed()) return ledger::kNever;
  Instant next = ledger::kNever;
  const ledger::Context context{catalog_->At(Instant()), options_.ids, Instant(), IdsCountFrom()};
  for (const auto& shard : shards_) {
    next =
        std::min({next, shard->shard().NextTimer(), ledger::NextIdTimer(shard->shard(), context)});
  }
  return next;
}

bool Pipeline::Idle() const {
  MutexLock step(step_mutex_);
  MutexLock lock(mutex_);
  return queue_.size() == 0 && deferred_.empty() && pending_.empty() &&
         in_flight_.load(std::memory_order_acquire) == 0;
}

void Pipeline::Close(const absl::Status& status) {
  QUOTA_CHECK(in_flight_.load(std::memory_order_acquire) == 0);
  std::vector<Call*> calls = std::exchange(deferred_, {});
  queue_.Take(SIZE_MAX, calls);
  for (Call* call : calls) call->status = status;
  Deliver(calls);
  {
    MutexLock lock(mutex_);
    completions_.clear();
  }
  MutexLock step(step_mutex_);
  shards_.clear();
  CountIds();
  by_number_.clear();
  store_ = nullptr;
}

void Pipeline::Abandon() {
  std::vector<Call*> calls;
  queue_.Take(SIZE_MAX, calls);
  deferred_.clear();
  {
    MutexLock lock(mutex_);
    pending_.clear();
    completions_.clear();
  }
  in_flight_.store(0, std::memory_order_release);
  shards_.clear();
  by_number_.clear();
  store_ = nullptr;
}

}  // namespace quota::server
