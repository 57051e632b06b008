// The inside of Simulate: what is in the world, and what happens to it step by step.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/fakes/simulated_clock.h"
#include "tests/simulation/administrator.h"
#include "tests/simulation/answer_audit.h"
#include "tests/simulation/client.h"
#include "tests/simulation/clock_audit.h"
#include "tests/simulation/dice.h"
#include "tests/simulation/findings.h"
#include "tests/simulation/journal_audit.h"
#include "tests/simulation/profile.h"
#include "tests/simulation/requests.h"
#include "tests/simulation/simulated_server.h"
#include "tests/simulation/simulation.h"

namespace quota::simulation {

class Run {
 public:
  explicit Run(const RunOptions& options);

  RunResult Execute();

 private:
  void CreateOrgs();
  void OneStep();
  // Everybody ends what they began; then nothing may be left.
  void Finish();

  // ---- What happens (run.cc) ----
  void ActClients();
  void ActSessions();
  void StepServer();
  void StepStore();

  // ---- Trouble (trouble.cc) ----
  void MakeTrouble();
  void MaybeCrash();
  void Crash();
  // Brings back what is down, once its time has come.
  void Recover();
  void Start();
  void Reopen();
  // An attempt to open has failed: that must have been a fault of the run's own.
  void OnOpeningFailed(const absl::Status& status);
  void Restart();
  void Heal();

  // ---- Time (passing_time.cc) ----
  void PassTime();
  void Advance(Duration by);
  void Jump(Duration by);
  Duration DrawJump();
  void GoNearMidnight();

  // ---- Checks (run_checks.cc) ----
  void OnRecovered(storage::Store& store,
                   const std::vector<std::unique_ptr<server::OwnedShard>>& shards);
  void Compare(const ledger::Shard& found, const char* what);
  void CheckIdle();
  void CheckNothingLeft();

  const RunOptions options_;
  Dice dice_;
  const Profile profile_;
  test::SimulatedClock clock_;
  std::unique_ptr<Clock> planted_clock_;
  Findings findings_;
  Tally tally_;
  Requests requests_;
  JournalAudit journal_;
  AnswerAudit answers_;
  ClockAudit clock_audit_;
  const std::shared_ptr<test::FaultyDisk> disk_ = std::make_shared<test::FaultyDisk>();
  SimulatedServer server_;
  std::vector<std::string> orgs_;
  std::vector<std::string> connected_;
  uint64_t epoch_ = 1;
  ClientWorld world_;
  std::deque<Client> clients_;
  std::deque<Administrator> administrators_;

  // No faults: at the beginning and the end.
  bool calm_ = true;
  bool closing_ = false;
  // The process is gone.
  bool down_ = true;
  // When the next attempt is made to start or to open, by the time that passes.
  Duration opens_at_{};
  Duration full_until_{};
  // Steps for which each lane stands still.
  std::vector<int> stalled_;
  // A fault was planned for this opening.
  bool opening_may_fail_ = false;
};

}  // namespace quota::simulation
