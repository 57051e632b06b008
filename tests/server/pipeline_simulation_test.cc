// The pipeline, the journal and the store in memory, single-threaded under a simulated clock:
// random clients that retry, writes that fail, crashes at any step. What was acknowledged must
// still be there, and nothing may be spent that was not granted.
//
// QUOTA_TEST_SEED=n repeats one seed.

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "common/status.h"
#include "server/pipeline.h"
#include "storage/memory_store.h"
#include "tests/fakes/simulated_clock.h"
#include "tests/fakes/test_catalog.h"

namespace quota::server {
namespace {

constexpr uint32_t kShards = 3;
constexpr int kOrgs = 4;
constexpr int kClients = 12;
constexpr int kSteps = 1'500;
// The conformance limits of the store contract.
constexpr storage::Limits kSmallLimits{100, 1 << 20, 1 << 20};

std::string OrgName(int org) { return "org-" + std::to_string(org); }

// A call that stays alive until it was answered, or a crash took it.
class TestCall final : public Call {
 public:
  void OnAnswered() override { answered = true; }
  bool answered = false;
  std::string session;
};

// What one client is about: one reservation or charge, from the first attempt to its end.
struct Attempt {
  enum class Stage { kReserve, kSettle, kAbandoned };
  enum class Settle { kCommit, kRelease, kNone };

  int org = 0;
  std::string id;
  bool charge = false;
  Credits credits;
  Credits actual;
  Settle settle = Settle::kNone;
  Stage stage = Stage::kReserve;
  std::unique_ptr<TestCall> call;
};

class Simulation {
 public:
  explicit Simulation(uint64_t seed) : random_(seed), clock_(test::kNoon), ledger_clock_(clock_) {
    options_.snapshots = {.journal_bytes = 1'500, .slice_bytes = 600, .history = {}};
    options_.group_calls = 8;
    options_.ids.page_bytes = 1'000;
    Reopen();
    for (int org = 0; org < kOrgs; ++org) CreateOrg(org);
    attempts_.resize(kClients);
  }

  ~Simulation() {
    if (pipeline_) pipeline_->Abandon();
  }

  void Run() {
    for (int step = 0; step < kSteps && !::testing::Test::HasFailure(); ++step) OneStep();
    Quiesce();
    for (int org = 0; org < kOrgs; ++org) CheckUsage(org);
  }

  int crashes() const { return crashes_; }
  int failures() const { return failures_; }
  uint64_t acknowledged() const { return acknowledged_; }

 private:
  int Uniform(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
  bool OneIn(int n) { return Uniform(1, n) == 1; }

  void Reopen() {
    store_ = std::make_unique<storage::MemoryStore>(
        disk_, storage::MemoryStoreOptions{kSmallLimits, /*immediate=*/false});
    std::vector<std::unique_ptr<OwnedShard>> shards;
    Instant last;
    for (uint32_t number = 0; number < kShards; ++number) {
      auto shard = OwnedShard::Recover(*store_, number, options_.snapshots);
      ASSERT_TRUE(shard.ok()) << shard.status();
      last = std::max(last, (*shard)->shard().last_at());
      shards.push_back(*std::move(shard));
    }
    ledger_clock_.Start(last);
    failed_ = false;
    pipeline_ = std::make_unique<Pipeline>(
        options_, 0, catalog_, ledger_clock_,
        PipelineHooks{.failed = [this](const absl::Status&) { failed_ = true; }});
    pipeline_->Open(*store_, std::move(shards));
  }

  void Crash() {
    ++crashes_;
    disk_->Crash();
    pipeline_->Abandon();
    pipeline_.reset();
    store_.reset();
    // Their answers never came: the clients will ask again.
    for (auto& attempt : attempts_) {
      if (attempt && attempt->call) attempt->call.reset();
    }
    Reopen();
  }

  void RecoverFromFailure() {
    ++failures_;
    while (store_->Step()) {
    }
    pipeline_->Close(absl::UnavailableError("stopped"));
    pipeline_.reset();
    store_.reset();
    Reopen();
  }

  void OneStep() {
    clock_.Advance(std::chrono::milliseconds(Uniform(0, 40)));
    if (OneIn(120)) Crash();
    if (OneIn(150)) {
      store_->FailWrite(
          static_cast<uint64_t>(Uniform(1, 3)),
          OneIn(2) ? storage::WriteFault::kUnknownApplied : storage::WriteFault::kUnknownUnapplied);
    }
    for (int i = Uniform(0, 6); i > 0; --i) StepClient(Uniform(0, kClients - 1));
    if (!OneIn(4)) pipeline_->Step();
    for (int i = Uniform(0, 2); i > 0; --i) store_->Step();
    if (failed_) RecoverFromFailure();
  }

  // Runs until nobody waits for anything; every client ends what it has begun.
  void Quiesce() {
    closing_ = true;
    for (int round = 0; round < 2'000; ++round) {
      bool busy = false;
      for (int client = 0; client < kClients; ++client) {
        StepClient(client);
        busy = busy || attempts_[static_cast<size_t>(client)].has_value();
      }
      pipeline_->Step();
      store_->Step();
      if (failed_) RecoverFromFailure();
      if (!busy) break;
    }
    // Abandoned holds expire.
    clock_.Advance(std::chrono::seconds(30));
    for (int i = 0; i < 50; ++i) {
      pipeline_->Step();
      while (store_->Step()) {
      }
      if (failed_) RecoverFromFailure();
    }
  }

  // A call that is not disturbed by anything, for the checks.
  std::unique_ptr<TestCall> CallAndWait(std::unique_ptr<TestCall> call) {
    pipeline_->Submit(call.get());
    for (int i = 0; i < 1'000 && !call->answered; ++i) {
      pipeline_->Step();
      store_->Step();
    }
    EXPECT_TRUE(call->answered);
    return call;
  }

  std::unique_ptr<TestCall> NewCall(int org) {
    auto call = std::make_unique<TestCall>();
    call->command.org = names_[static_cast<size_t>(org)];
    call->shard = static_cast<uint32_t>(org) % kShards;
    return call;
  }

  void CreateOrg(int org) {
    auto call = NewCall(org);
    ledger::CreateOrg create;
    create.request = {"create", 1, std::nullopt};
    create.edition = org % 2 == 0 ? "tiny" : "enterprise";
    call->command.operation = create;
    call = CallAndWait(std::move(call));
    ASSERT_TRUE(call->status.ok()) << call->status;
  }

  void Begin(std::optional<Attempt>& slot) {
    Attempt& attempt = slot.emplace();
    attempt.org = Uniform(0, kOrgs - 1);
    attempt.id = "r" + std::to_string(next_id_++);
    attempt.charge = OneIn(4);
    attempt.credits = Credits(Uniform(0, 9));
    attempt.actual = Credits(Uniform(0, 12));
    attempt.settle = static_cast<Attempt::Settle>(Uniform(0, 2));
  }

  void StepClient(int client) {
    std::optional<Attempt>& slot = attempts_[static_cast<size_t>(client)];
    if (!slot) {
      if (closing_) return;
      Begin(slot);
    }
    if (slot->call == nullptr) return Send(*slot);
    if (!slot->call->answered) return;
    // An answer may be lost on its way: the client asks again.
    if (!closing_ && OneIn(6)) {
      Observe(*slot);
      slot->call.reset();
      return;
    }
    if (Observe(*slot) && Advance(*slot)) slot.reset();
    if (slot) slot->call.reset();
  }

  void Send(Attempt& attempt) {
    attempt.call = NewCall(attempt.org);
    const ReservationId id = ReservationId::FromText(attempt.id);
    if (attempt.stage == Attempt::Stage::kReserve && attempt.charge) {
      attempt.call->command.operation = ledger::Charge{id, 7, attempt.credits};
    } else if (attempt.stage == Attempt::Stage::kReserve) {
      ledger::Reserve reserve;
      reserve.id = id;
      reserve.fingerprint = 9;
      reserve.cost = attempt.credits;
      reserve.ttl = std::chrono::seconds(20);
      attempt.call->command.operation = reserve;
    } else if (attempt.settle == Attempt::Settle::kCommit) {
      attempt.call->command.operation = ledger::Commit{id, attempt.actual};
    } else {
      attempt.call->command.operation = ledger::Release{id};
    }
    pipeline_->Submit(attempt.call.get());
  }

  // Checks the answer against what was acknowledged before. False where it must be asked again.
  bool Observe(const Attempt& attempt) {
    const Call& call = *attempt.call;
    if (!call.status.ok()) {
      EXPECT_EQ(call.status.code(), absl::StatusCode::kUnavailable) << call.status;
      return false;
    }
    ++acknowledged_;
    if (const auto* reserve = std::get_if<ledger::ReserveAnswer>(&call.answer)) {
      CheckSnapshot(reserve->usage);
      if (reserve->decision == ledger::Decision::kGranted) {
        Acknowledge(granted_, attempt.id, reserve->credits);
      } else {
        // A granted reservation is never refused afterwards.
        EXPECT_EQ(granted_.count(attempt.id), 0u) << attempt.id;
      }
    } else if (const auto* charge = std::get_if<ledger::ChargeAnswer>(&call.answer)) {
      CheckSnapshot(charge->usage);
      if (charge->decision == ledger::Decision::kGranted) {
        Acknowledge(charged_[attempt.org], attempt.id, charge->charged);
      } else {
        EXPECT_EQ(charged_[attempt.org].count(attempt.id), 0u) << attempt.id;
      }
    } else if (const auto* commit = std::get_if<ledger::CommitAnswer>(&call.answer)) {
      CheckSnapshot(commit->usage);
      Acknowledge(charged_[attempt.org], attempt.id, commit->charged);
    } else if (const auto* release = std::get_if<ledger::ReleaseAnswer>(&call.answer)) {
      CheckSnapshot(release->usage);
    }
    return true;
  }

  // True where the attempt has ended.
  bool Advance(Attempt& attempt) {
    if (attempt.stage == Attempt::Stage::kSettle || attempt.charge) return true;
    const auto& reserve = std::get<ledger::ReserveAnswer>(attempt.call->answer);
    if (reserve.decision != ledger::Decision::kGranted) return true;
    if (attempt.settle == Attempt::Settle::kNone) return true;
    attempt.stage = Attempt::Stage::kSettle;
    return false;
  }

  // The first acknowledged outcome under an id is the outcome for ever.
  static void Acknowledge(std::map<std::string, Credits>& outcomes, const std::string& id,
                          Credits outcome) {
    const auto [known, first] = outcomes.emplace(id, outcome);
    EXPECT_EQ(known->second.value(), outcome.value()) << id;
  }

  static void CheckSnapshot(const ledger::Snapshot& usage) {
    EXPECT_LE(usage.used.value() + usage.held.value(), usage.allotment.value());
    EXPECT_GE(usage.remaining.value(), 0);
    for (const auto& pool : usage.pools) {
      EXPECT_GE(pool.in_flight, 0);
      EXPECT_LE(pool.in_flight, pool.limit) << pool.name;
    }
  }

  void CheckUsage(int org) {
    auto call = NewCall(org);
    call->command.operation = ledger::GetUsage{};
    call = CallAndWait(std::move(call));
    ASSERT_TRUE(call->status.ok()) << call->status;
    const auto& usage = std::get<ledger::UsageAnswer>(call->answer);
    Credits charged;
    for (const auto& [id, credits] : charged_[org]) charged += credits;
    EXPECT_EQ(usage.usage.used.value(), charged.value()) << OrgName(org);
    EXPECT_EQ(usage.usage.held.value(), 0) << OrgName(org);
    EXPECT_EQ(usage.open_reservations, 0) << OrgName(org);
    for (const auto& pool : usage.usage.pools) EXPECT_EQ(pool.in_flight, 0) << pool.name;
  }

  std::mt19937_64 random_;
  test::SimulatedClock clock_;
  LedgerClock ledger_clock_;
  const std::shared_ptr<const ledger::Catalog> catalog_ = test::TestCatalog();
  const std::shared_ptr<storage::MemoryDisk> disk_ = std::make_shared<storage::MemoryDisk>();
  const std::vector<std::string> names_ = [] {
    std::vector<std::string> names;
    for (int org = 0; org < kOrgs; ++org) names.push_back(OrgName(org));
    return names;
  }();
  PipelineOptions options_;
  std::unique_ptr<storage::MemoryStore> store_;
  std::unique_ptr<Pipeline> pipeline_;
  bool failed_ = false;
  bool closing_ = false;

  std::vector<std::optional<Attempt>> attempts_;
  int next_id_ = 0;
  std::map<std::string, Credits> granted_;
  std::map<int, std::map<std::string, Credits>> charged_;
  int crashes_ = 0;
  int failures_ = 0;
  uint64_t acknowledged_ = 0;
};

TEST(PipelineSimulation, WhatWasAcknowledgedSurvivesCrashesAndFailedWrites) {
  uint64_t first = 1;
  uint64_t last = 60;
  if (const char* seed = std::getenv("QUOTA_TEST_SEED")) {
    first = last = std::strtoull(seed, nullptr, 10);
  }
  int crashes = 0;
  int failures = 0;
  uint64_t acknowledged = 0;
  for (uint64_t seed = first; seed <= last; ++seed) {
    SCOPED_TRACE("QUOTA_TEST_SEED=" + std::to_string(seed));
    Simulation simulation(seed);
    simulation.Run();
    if (HasFailure()) break;
    crashes += simulation.crashes();
    failures += simulation.failures();
    acknowledged += simulation.acknowledged();
  }
  // The simulation did what it is for.
  if (first != last) {
    EXPECT_GT(crashes, 100);
    EXPECT_GT(failures, 100);
    EXPECT_GT(acknowledged, 50'000u);
  }
}

}  // namespace
}  // namespace quota::server
