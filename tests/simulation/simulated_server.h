// quotad without threads: what the engine does with pipelines, store, clock and sessions, stepped
// from outside. Everything in it dies with a crash, except the disk.
//
//   SimulatedServer server(options, clock, disk, observer);
//   server.Start();                       // a new process; may fail, then try again
//   server.Submit(call);
//   server.StepPipeline(0);
//   server.store()->Step(lane, true);
//   server.Crash();
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/clock.h"
#include "server/id_budget.h"
#include "server/ledger_clock.h"
#include "server/pipeline.h"
#include "server/session_registry.h"
#include "tests/fakes/faulty_store.h"

namespace quota::simulation {

// Puts something between the server and its store. For planted bugs.
using StoreWrapper =
    std::function<std::unique_ptr<storage::Store>(std::unique_ptr<test::FaultyStore>)>;

struct ServerOptions {
  uint32_t shards = 4;
  // As many lanes, each with its pipeline.
  uint32_t executors = 2;
  Duration session_grace = std::chrono::seconds(5);
  server::PipelineOptions pipeline;
  storage::Limits limits{100, 1 << 20, 1 << 20};
  StoreWrapper wrap_store;
};

class SimulatedServer {
 public:
  // What is recovered is shown before it serves.
  using Recovered = std::function<void(
      storage::Store& store, const std::vector<std::unique_ptr<server::OwnedShard>>& shards)>;

  // All outlive this.
  SimulatedServer(const ServerOptions& options, const Clock& clock,
                  std::shared_ptr<test::FaultyDisk> disk,
                  std::shared_ptr<const ledger::Catalog> catalog, Recovered recovered);
  ~SimulatedServer();

  // A new process opens the store. After an error nothing is open.
  [[nodiscard]] absl::Status Start();
  // The process goes, at this instant; calls get no answer.
  void Crash();
  // The process ends as it should: answers what it has, closes the store.
  void Shutdown();
  // After a failure: the store is closed, every call answered.
  void CloseFailed();
  // The same process opens the store again.
  [[nodiscard]] absl::Status Reopen();

  bool serving() const { return store_ != nullptr && !failed_; }
  bool failed() const { return failed_; }
  bool open() const { return store_ != nullptr; }
  // Nothing is queued, decided or on its way.
  bool Idle() const;

  // Answers it now or later; UNAVAILABLE where the store is not open.
  void Submit(server::Call* call);

  bool StepPipeline(uint32_t lane);
  // Ends the holds of sessions whose grace has passed.
  void EndLostSessions();

  // Null where it is not open.
  test::FaultyStore* store() { return faulty_; }
  server::LedgerClock& ledger_clock() { return *ledger_clock_; }
  server::SessionRegistry& sessions() { return *sessions_; }
  const server::Pipeline& pipeline(uint32_t lane) const { return *pipelines_[lane]; }
  const ServerOptions& options() const { return options_; }
  uint64_t snapshots() const;

 private:
  class LoseSessionCall;

  [[nodiscard]] absl::Status Open();
  void Close(const absl::Status& status);
  Instant SessionNow() const { return Instant(clock_.Elapsed()); }

  const ServerOptions options_;
  const Clock& clock_;
  const std::shared_ptr<test::FaultyDisk> disk_;
  const std::shared_ptr<const ledger::Catalog> catalog_;
  const Recovered recovered_;

  // The process.
  std::unique_ptr<server::LedgerClock> ledger_clock_;
  std::unique_ptr<server::SessionRegistry> sessions_;
  std::unique_ptr<server::IdBudget> id_budget_;
  std::vector<std::unique_ptr<server::Pipeline>> pipelines_;
  std::vector<std::unique_ptr<LoseSessionCall>> losing_;
  std::unique_ptr<storage::Store> store_;
  test::FaultyStore* faulty_ = nullptr;
  bool failed_ = false;
  uint64_t snapshots_ = 0;
};

}  // namespace quota::simulation
