// The engine: everything between an RPC and the disk. It owns the pipelines, recovers them from the
// store, stops as a whole when the store fails, and reopens by itself.
//
//   Engine engine(options, clock, open_store);
//   engine.Start();                    // returns at once; recovery runs on the engine's thread
//   engine.Submit(call);               // from any thread
//   engine.Drain(deadline);            // answers what was accepted, closes the store
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/mutex.h"
#include "ledger/catalog.h"
#include "server/backups.h"
#include "server/call.h"
#include "server/call_stepper.h"
#include "server/event_watches.h"
#include "server/id_budget.h"
#include "server/ledger_clock.h"
#include "server/newcomer_budget.h"
#include "server/pipeline.h"
#include "server/session_registry.h"
#include "storage/format.h"
#include "storage/store.h"

namespace quota::server {

enum class EngineState : uint8_t {
  // Opening the store and replaying its journal.
  kRecovering,
  kServing,
  // The store failed; it is reopened with back-off.
  kStopped,
  // Draining or closed: nothing is accepted any more.
  kClosed,
};

// Reads the catalog anew. INVALID_ARGUMENT naming what is wrong with it.
using CatalogSource = std::function<absl::StatusOr<std::shared_ptr<const ledger::Catalog>>()>;

struct EngineOptions {
  // Where ReloadCatalog reads; null: there is nothing to read again.
  CatalogSource catalog_source;
  // Threads that decide. Shards are spread over them.
  uint32_t executors = 1;
  // Shards of a store that is created now; an existing one keeps its number.
  uint32_t shards_if_new = storage::kDefaultShards;
  // Shards that are recovered at once when the store is opened.
  uint32_t recovery_threads = 1;
  // How long bound holds outlive the stream of their session.
  Duration session_grace = std::chrono::seconds(5);
  // Absolute. Backups are folders in it; empty: none are taken.
  std::string backup_folder;
  PipelineOptions pipeline;
  // Pause before the first attempt to reopen a failed store, doubled at each attempt up to the
  // maximum; a store that has served for longer than the maximum begins anew.
  Duration reopen_backoff = std::chrono::milliseconds(200);
  Duration max_reopen_backoff = std::chrono::seconds(10);
};

// What /metrics and health show.
struct EngineStatus {
  EngineState state = EngineState::kRecovering;
  // Why the store is stopped, or how far recovery is; for people.
  std::string detail;
  uint64_t store_failures = 0;
  // Attempts to open it again that failed.
  uint64_t reopen_failures = 0;
  // Before the next attempt, or before the first one where the store serves.
  Duration reopen_pause{};
  PipelineStats pipeline;
  storage::StoreStats store;
  LedgerClockStatus clock;
  // Connected, or within their grace.
  size_t sessions = 0;
  uint64_t lost_sessions = 0;
  // Streams of WatchEvents.
  size_t event_watches = 0;
  int64_t orgs_created_by_calls = 0;
  int64_t orgs_refused = 0;
};

// Opens the store. Called again after each failure.
using StoreOpener = std::function<absl::StatusOr<std::unique_ptr<storage::Store>>()>;

// Thread-safe, except that Start, Drain and the destructor belong to one thread.
class Engine final : public CallSink, public CallStepper {
 public:
  // `clock` outlives the engine.
  Engine(const EngineOptions& options, std::shared_ptr<const ledger::Catalog> catalog,
         const Clock& clock, StoreOpener open_store);
  // Drains with a timeout of zero, if that has not been done.
  ~Engine() override;

  // Opens the store and recovers; returns when it serves, or with the error that prevents it.
  [[nodiscard]] absl::Status Start();

  // Takes `call` and answers it later; with RESOURCE_EXHAUSTED where a queue is full (in all, or of
  // the organisation), with UNAVAILABLE where the engine does not serve. Never blocks; OnAnswered
  // may run before Submit returns.
  void Submit(Call* call) override;

  // The same for calls that belong together; each is answered by itself. Cheaper than one by one.
  void SubmitAll(const std::vector<Call*>& calls) override;

  // Few calls are decided by the thread that has brought them, if it promises to ask for that:
  // waking an executor, and being woken for the answers, takes longer than deciding them.
  void PromiseSteps() override;
  bool StepIsDue() const override;
  void Step() override;

  void ReadStore(StoreReader::Job job) override { reader_.Submit(std::move(job)); }

  // 0 until the store has been opened.
  uint32_t shard_count() const override { return shards_.load(std::memory_order_acquire); }

  std::shared_ptr<const ledger::Catalog> catalog() const override;

  // Reads the catalog from its source and uses it from the next group on; true where it differs
  // from the one in use. All or nothing:
  //   INVALID_ARGUMENT     the source's error: it has mistakes
  //   FAILED_PRECONDITION  there is no source; it lacks an edition, pool or data center in use; the
  //                        revision in force would be an older one, or another under the same
  //                        number
  //   UNAVAILABLE          the engine does not serve, or stopped before the audit log had it
  // `request` is for the audit log. Blocks until that is durable: not for executors and loops.
  absl::StatusOr<bool> ReloadCatalog(const ledger::AdminRequest& request) override;

  // Copies the store, which goes on serving, to a new folder under EngineOptions::backup_folder,
  // and notes that in the audit log.
  //   FAILED_PRECONDITION  there is no such option, or another backup is being taken
  //   ALREADY_EXISTS       there is a backup of the name that another request asked for
  //   UNAVAILABLE          the engine does not serve, or stopped before it was done
  //   RESOURCE_EXHAUSTED, PERMISSION_DENIED, DATA_LOSS, UNIMPLEMENTED  as Store::CopyTo
  void Backup(const BackupRequest& request, const BackupDone& done) override;

  // Sessions: see SessionRegistry. Holds of a session that is lost are ended by the engine.
  SessionRegistry& sessions() { return sessions_; }

  EventWatches& watches() { return watches_; }

  LedgerClock& ledger_clock() { return ledger_clock_; }
  // Follows a jump of the wall clock that was not followed by itself.
  void AcceptClock() { ledger_clock_.Accept(); }

  EngineStatus status() const;
  bool serving() const { return state_.load(std::memory_order_acquire) == EngineState::kServing; }

  // Stops accepting, answers what was accepted, closes the store. False where `timeout` passed
  // before all was answered: the rest was answered with UNAVAILABLE.
  bool Drain(Duration timeout);

 private:
  // One thread and its pipeline.
  struct Executor;
  static void PromiseOrWake(Executor& executor);
  // The calls that wait are another thread's to decide.
  bool LeavesCalls(const Executor& executor) const;
  class AllSteps;
  // Ends the holds of a lost session in one shard.
  class LoseSessionCall;
  // Waits for its answer.
  class WaitingCall;

  absl::Status Open();
  // Makes a change that the audit log is to have; blocks until it has.
  absl::Status Record(ledger::Operation operation);
  // The error where `next` may not follow `old`: see ReloadCatalog. Between two steps.
  absl::Status CheckNext(const ledger::CatalogRevision& next,
                         const ledger::CatalogRevision& old) const;
  // Takes the place of the catalog in use, between two steps of all executors.
  absl::Status UseCatalog(std::shared_ptr<const ledger::Catalog> next);
  void StartExecutors(std::vector<std::unique_ptr<OwnedShard>> shards);
  // Stops the executors, answers what is left with `status`, closes the store.
  void CloseStore(const absl::Status& status);
  void RunExecutor(Executor& executor);
  // The supervisor's thread: reopens a failed store, ends graces.
  void Supervise();
  // Tells a store that has stopped by itself, such as by a failure of its upkeep.
  void CheckStore();
  void Reopen();
  void EndLostSessions();
  void OnStoreFailed(const absl::Status& status);
  void SetState(EngineState state, std::string detail);
  Instant SessionNow() const { return Instant(clock_.Elapsed()); }

  // The pipeline for the call, with its shard set; null, with the call answered, where the engine
  // does not serve.
  bool Admit();
  void Leave() { submitting_.fetch_sub(1); }
  void Route(Call* call);
  void Refuse(Call* call);

  const EngineOptions options_;
  const Clock& clock_;
  const StoreOpener open_store_;
  LedgerClock ledger_clock_;
  SessionRegistry sessions_;
  EventWatches watches_;
  NewcomerBudget newcomers_;
  IdBudget id_budget_;

  // Made once; their threads run while the store is open.
  std::vector<std::unique_ptr<Executor>> executors_;
  std::unique_ptr<storage::Store> store_;
  StoreReader reader_;
  Backups backups_;
  std::atomic<uint32_t> shards_{0};
  std::atomic<EngineState> state_{EngineState::kRecovering};
  // Threads inside Submit: nothing is closed under them.
  std::atomic<uint32_t> submitting_{0};
  std::atomic<uint64_t> lost_sessions_{0};

  // When the store was opened again; the supervisor's.
  Duration opened_at_{};
  std::atomic<Duration> reopen_pause_;
  std::atomic<uint64_t> reopen_failures_{0};

  std::thread supervisor_;
  mutable Mutex mutex_;
  CondVar changed_;
  std::shared_ptr<const ledger::Catalog> catalog_ ABSL_GUARDED_BY(mutex_);
  std::string detail_ ABSL_GUARDED_BY(mutex_);
  // Why the store failed; OK while it has not.
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  uint64_t failures_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  storage::StoreStats store_stats_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quota::server
