// A run of the model test: random commands against the ledger and the reference model at once.
// Every answer is compared; after every group, what must always hold; and the shard against one
// rebuilt from its journal, and one rebuilt as after a restart, from stored accounts, stored pages
// of ids and the journal's tail.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "ledger/ledger.h"
#include "tests/fakes/simulated_clock.h"
#include "tests/ledger/model_catalog.h"
#include "tests/ledger/reference_model.h"
#include "tests/ledger/step_generator.h"

namespace quota::ledger {

class ModelRun {
 public:
  // Equal seeds give equal runs. Where it is crowded, memory for remembered ids is short.
  ModelRun(uint64_t seed, bool crowded) : ModelRun(StepGenerator(seed), crowded) {}
  ModelRun(StepGenerator::Choice choice, bool crowded)
      : ModelRun(StepGenerator(std::move(choice)), crowded) {}

  // That many groups of commands, then the end, when all is forgotten. What differs is a failure of
  // the test, and the last steps are printed.
  void Groups(int count);

  // The words of the answers that came.
  const std::set<std::string>& seen() const { return seen_; }

 private:
  ModelRun(StepGenerator random, bool crowded);

  // What a store would hold, as the maintenance of a server fills it.
  struct Disk {
    struct StoredAccount {
      uint64_t sequence = 0;
      std::string record;
    };
    std::map<AccountNumber, StoredAccount> accounts;
    // By first sequence; with the last.
    std::map<uint64_t, std::pair<uint64_t, std::string>> pages;
    std::map<uint64_t, std::string> journal;
  };

  Context context() const {
    return {catalog_->At(clock_.Now()), policy_, clock_.Now(), serving_since_};
  }
  int64_t now() const { return clock_.Now().time_since_epoch().count(); }

  void Finish(Group& group);
  void CommandGroup();
  void SweepGroup();
  // The ledger decides when an id is forgotten, within bounds.
  void ForgetInModel();
  void CheckWhatAlwaysHolds();
  // A step of a server's maintenance: stores accounts and pages, or trims the journal.
  void Maintain();
  void Trim();
  void CompareWithRebuilt();
  void LoadFromDisk(Shard& from_disk) const;
  void CompareWithRestarted();
  void CheckAllIsForgottenInTheEnd();
  void See(const std::string& answer);
  void Log(std::string line);

  StepGenerator random_;
  test::SimulatedClock clock_;
  std::shared_ptr<const Catalog> catalog_ = ModelCatalog();
  IdPolicy policy_;
  Instant serving_since_ = test::kNoon;
  std::unique_ptr<Shard> shard_ = std::make_unique<Shard>(0);
  std::unique_ptr<Ledger> ledger_ = std::make_unique<Ledger>(*shard_);
  ReferenceModel model_;
  uint64_t next_sequence_ = 1;
  std::vector<std::string> journal_;
  Disk disk_;
  std::deque<std::string> log_;
  std::set<std::string> seen_;
};

}  // namespace quota::ledger
