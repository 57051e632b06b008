// Tests of the tests: mistakes that were made on purpose, each of which the audits must find within
// the seeds that every run of the tests tries.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "storage/journal.h"
#include "storage/keys.h"
#include "tests/simulation/forwarding_store.h"
#include "tests/simulation/simulation.h"

namespace quota::simulation {
namespace {

// Seeds that each bug has to be found in: far fewer than simulation_test tries.
constexpr uint64_t kPlantedSeeds = 10;

// What was found first; empty where nothing was.
std::string FirstFinding(const PlantedBug& bug) {
  for (uint64_t seed = 1; seed <= kPlantedSeeds; ++seed) {
    const RunResult result = Simulate({.seed = seed, .bug = bug});
    if (!result.findings.empty()) return result.findings.front();
  }
  return "";
}

template <typename Planted>
PlantedBug InStore() {
  PlantedBug bug;
  bug.wrap_store = [](std::unique_ptr<test::FaultyStore> store) -> std::unique_ptr<storage::Store> {
    return std::make_unique<Planted>(std::move(store));
  };
  return bug;
}

bool IsFound(const std::string& finding, const std::string& part) {
  return finding.find(part) != std::string::npos;
}

// ---- Stores ----

class AcknowledgesBeforeTheSync final : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;
  void Apply(uint32_t lane, storage::Batch batch, storage::Completion done) override {
    ForwardingStore::Apply(lane, std::move(batch), [](const storage::WriteOutcome&) {});
    done({storage::WriteResult::kDone, absl::OkStatus()});
  }
};

TEST(PlantedBugs, AStoreThatAcknowledgesBeforeTheSyncIsFound) {
  const std::string found = FirstFinding(InStore<AcknowledgesBeforeTheSync>());
  EXPECT_TRUE(IsFound(found, "invariant 2")) << found;
}

class TakesAFailedWriteForDone final : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;
  void Apply(uint32_t lane, storage::Batch batch, storage::Completion done) override {
    ForwardingStore::Apply(lane, std::move(batch),
                           [done = std::move(done)](const storage::WriteOutcome&) mutable {
                             done({storage::WriteResult::kDone, absl::OkStatus()});
                           });
  }
};

TEST(PlantedBugs, AnAnswerForAGroupWhoseWriteFailedIsFound) {
  const std::string found = FirstFinding(InStore<TakesAFailedWriteForDone>());
  EXPECT_TRUE(IsFound(found, "invariant")) << found;
}

class SyncsNothingAtRecovery final : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;
  absl::Status Sync() override { return absl::OkStatus(); }
};

TEST(PlantedBugs, ARecoveryThatAnswersFromWhatIsNotDurableIsFound) {
  const std::string found = FirstFinding(InStore<SyncsNothingAtRecovery>());
  EXPECT_TRUE(IsFound(found, "invariant")) << found;
}

class TrimsTooFar final : public ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;
  void Apply(uint32_t lane, storage::Batch batch, storage::Completion done) override {
    for (const storage::Write& write : batch.writes()) {
      const bool trim = write.kind == storage::Write::Kind::kDeleteRange &&
                        write.key.front() == static_cast<char>(storage::KeyTag::kJournal);
      if (!trim) continue;
      // One entry more, and the mark with it.
      return ForwardingStore::Apply(lane, OneFurther(write), std::move(done));
    }
    ForwardingStore::Apply(lane, std::move(batch), std::move(done));
  }

 private:
  static storage::Batch OneFurther(const storage::Write& trim) {
    uint32_t shard = 0;
    uint64_t old_mark = 0;
    uint64_t new_mark = 0;
    std::string_view begin = std::string_view(trim.key).substr(1);
    std::string_view end = std::string_view(trim.end).substr(1);
    EXPECT_TRUE(storage::ConsumeBigEndian32(begin, shard));
    EXPECT_TRUE(storage::ConsumeBigEndian64(begin, old_mark));
    EXPECT_TRUE(storage::ConsumeBigEndian32(end, shard));
    EXPECT_TRUE(storage::ConsumeBigEndian64(end, new_mark));
    storage::Batch further;
    storage::Journal::Trim(further, shard, old_mark, new_mark + 1);
    return further;
  }
};

TEST(PlantedBugs, ATrimThatGoesTooFarIsFound) {
  const std::string found = FirstFinding(InStore<TrimsTooFar>());
  EXPECT_TRUE(IsFound(found, "invariant")) << found;
}

TEST(PlantedBugs, ADiskThatForgetsASyncedBatchIsFound) {
  PlantedBug bug;
  bug.after_crash = [](test::FaultyDisk& disk) {
    // The newest entry of shard 0.
    std::string newest;
    for (const auto& [key, value] : disk.Readable()) {
      if (key.starts_with(storage::ShardPrefix(storage::KeyTag::kJournal, 0))) newest = key;
    }
    if (!newest.empty()) disk.Lose(newest);
  };
  const std::string found = FirstFinding(bug);
  EXPECT_TRUE(IsFound(found, "invariant")) << found;
}

// ---- Calls that change on their way ----

TEST(PlantedBugs, ARetryThatChargesTwiceIsFound) {
  PlantedBug bug;
  bug.on_its_way = [](ClientCall& call, int attempt) {
    auto* charge = std::get_if<ledger::Charge>(&call.command.operation);
    if (charge != nullptr && attempt > 1) charge->id = ReservationId::FromText(call.id + "-again");
  };
  const std::string found = FirstFinding(bug);
  EXPECT_TRUE(IsFound(found, "invariant 3")) << found;
}

TEST(PlantedBugs, ACommitOfAnotherAmountIsFound) {
  PlantedBug bug;
  bug.on_its_way = [](ClientCall& call, int attempt) {
    auto* commit = std::get_if<ledger::Commit>(&call.command.operation);
    if (commit != nullptr && commit->credits) *commit->credits += Credits(1);
  };
  const std::string found = FirstFinding(bug);
  EXPECT_TRUE(IsFound(found, "invariant 3")) << found;
}

TEST(PlantedBugs, AnAdministratorsChangeMadeTwiceIsFound) {
  PlantedBug bug;
  bug.on_its_way = [](ClientCall& call, int attempt) {
    auto* agents = std::get_if<ledger::SetAgents>(&call.command.operation);
    if (agents == nullptr || attempt == 1) return;
    agents->request.request_id = call.Keep(call.id + "-again");
  };
  const std::string found = FirstFinding(bug);
  EXPECT_TRUE(IsFound(found, "invariant 3")) << found;
}

TEST(PlantedBugs, AHoldThatDoesNotEndIsFound) {
  PlantedBug bug;
  bug.on_its_way = [](ClientCall& call, int attempt) {
    auto* extend = std::get_if<ledger::Extend>(&call.command.operation);
    if (extend != nullptr) extend->ttl = ledger::kMaxHoldLife;
  };
  const std::string found = FirstFinding(bug);
  EXPECT_TRUE(IsFound(found, "live for ever")) << found;
}

// ---- Clocks ----

// Stands still: neither the wall clock nor the time that passes is seen to go on.
class StoppedClock final : public Clock {
 public:
  explicit StoppedClock(const Clock& clock) : start_(clock.Now()) {}
  Instant Now() const override { return start_; }
  Duration Elapsed() const override { return {}; }

 private:
  const Instant start_;
};

TEST(PlantedBugs, LedgerTimeThatStopsIsFound) {
  PlantedBug bug;
  bug.wrap_clock = [](const Clock& clock) { return std::make_unique<StoppedClock>(clock); };
  EXPECT_TRUE(IsFound(FirstFinding(bug), "ledger time"));
}

// Follows every jump: what passes is taken from the wall clock.
class JumpingClock final : public Clock {
 public:
  explicit JumpingClock(const Clock& clock) : clock_(clock) {}
  Instant Now() const override { return clock_.Now(); }
  Duration Elapsed() const override { return clock_.Now().time_since_epoch(); }

 private:
  const Clock& clock_;
};

TEST(PlantedBugs, LedgerTimeThatFollowsEveryJumpIsFound) {
  PlantedBug bug;
  bug.wrap_clock = [](const Clock& clock) { return std::make_unique<JumpingClock>(clock); };
  EXPECT_TRUE(IsFound(FirstFinding(bug), "ledger time"));
}

}  // namespace
}  // namespace quota::simulation
