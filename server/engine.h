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

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/mutex.h"
#include "ledger/catalog.h"
#include "server/call.h"
#include "server/ledger_clock.h"
#include "server/pipeline.h"
#include "server/session_registry.h"
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

struct EngineOptions {
  // Threads that decide. Shards are spread over them.
  uint32_t executors = 1;
  PipelineOptions pipeline;
  // Pause before the first attempt to reopen a failed store, doubled up to the maximum.
  Duration reopen_backoff = std::chrono::milliseconds(200);
  Duration max_reopen_backoff = std::chrono::seconds(10);
};

// What /metrics and health show.
struct EngineStatus {
  EngineState state = EngineState::kRecovering;
  // Why the store is stopped, or how far recovery is; for people.
  std::string detail;
  uint64_t store_failures = 0;
  PipelineStats pipeline;
  storage::StoreStats store;
  LedgerClockStatus clock;
  uint64_t lost_sessions = 0;
};

// Opens the store. Called again after each failure.
using StoreOpener = std::function<absl::StatusOr<std::unique_ptr<storage::Store>>()>;

// Thread-safe.
class Engine {
 public:
  // `clock` outlives the engine.
  Engine(EngineOptions options, std::shared_ptr<const ledger::Catalog> catalog, const Clock& clock,
         StoreOpener open_store);
  // Closes without answering more than Drain would with a deadline of zero.
  ~Engine();

  // Opens the store and recovers; returns when it serves, or with the error that prevents it.
  [[nodiscard]] absl::Status Start();

  // Takes `call` and answers it later; with RESOURCE_EXHAUSTED where a queue is full (in all, or of
  // the organisation), with UNAVAILABLE where the engine does not serve. Never blocks; OnAnswered
  // may run before Submit returns.
  void Submit(Call* call);

  // The same for calls that belong together; each is answered by itself. Cheaper than one by one.
  void SubmitAll(const std::vector<Call*>& calls);

  uint32_t shard_count() const;

  // Sessions: see SessionRegistry. Holds of a session that is lost are ended by the engine.
  SessionRegistry& sessions() { return *sessions_; }

  // Follows a jump of the wall clock that was not followed by itself.
  void AcceptClock();

  EngineStatus status() const;
  bool serving() const { return state_.load(std::memory_order_acquire) == EngineState::kServing; }

  // Stops accepting, answers what was accepted, writes out what is due, closes the store. True when
  // all was done within `timeout`.
  bool Drain(Duration timeout);

 private:
  EngineOptions options_;
  std::shared_ptr<const ledger::Catalog> catalog_;
  const Clock& clock_;
  StoreOpener open_store_;
  std::unique_ptr<SessionRegistry> sessions_;
  std::atomic<EngineState> state_{EngineState::kRecovering};
};

}  // namespace quota::server
