// One data folder whose server is killed again and again, with an audit after each.
//
//   KillLane lane("lane1", seed);
//   lane.Begin();
//   lane.Round(Moment::kSnapshot);
//   lane.tally();
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/crash/bill.h"
#include "tests/crash/kill_tally.h"
#include "tests/crash/office.h"
#include "tests/crash/quotad_process.h"
#include "tests/crash/traffic.h"
#include "tests/crash/witness.h"
#include "tests/fakes/dice.h"
#include "tests/storage/temp_folder.h"

namespace quota::test {

// Belongs to one thread.
class KillLane {
 public:
  // `name` goes before every id. `seed` chooses what is sent, and when to kill; not the timing.
  KillLane(std::string name, uint64_t seed);

  // Starts the server and creates the organisations. False, with a failure of the test, where it
  // does not serve.
  bool Begin();

  // Traffic, a kill at the moment, a start, the audit. False as for Begin.
  bool Round(Moment moment);

  const KillTally& tally() const { return tally_; }

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;

  bool Start();
  void CreateOrgs();
  void CreateOrg(QuotaCalls& calls, const std::string& org, const std::string& edition,
                 int64_t agents = 0);
  // Moves the server's clock to shortly before its next midnight. False as for Begin.
  bool MoveToMidnight();
  void Kill(Moment moment);
  // Starts that are killed somewhere between their first instruction and their first answer.
  void StartInVain();
  void KillAtMidnight();
  void KillWhileStopping();
  void KillAroundPause();
  // Kills the server that runs now, and counts what that hit.
  void KillNow(Moment moment, bool paused = false);
  void Count(Moment moment, const std::string& log);
  void Audit(std::vector<Witness>& witnesses, Office& office);
  void PauseFor(int64_t most_milliseconds);
  QuotadOptions Options() const;

  const std::string name_;
  Dice dice_;
  storage::TempFolder folder_;
  std::unique_ptr<QuotadProcess> quotad_;
  std::chrono::seconds clock_ahead_{0};
  // The server's next midnight, on the test's clock.
  SteadyTime midnight_;
  // How long a start takes until it serves.
  std::chrono::milliseconds start_time_{100};
  std::vector<std::string> orgs_;
  // The clients of the round before, unless their ids may be forgotten.
  std::vector<Witness> before_;
  Bills bills_;
  int64_t round_ = 0;
  int64_t pauses_ = 0;
  KillTally tally_;
};

}  // namespace quota::test
