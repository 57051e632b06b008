// The pipeline, stepped by hand over a store in memory.
#include "server/pipeline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "storage/memory_store.h"
#include "tests/fakes/faulty_store.h"
#include "tests/fakes/simulated_clock.h"
#include "tests/fakes/test_catalog.h"
#include "tests/server/acme_calls.h"

namespace quota::server {
namespace {

class PipelineCall final : public Call {
 public:
  void OnAnswered() override { answered = true; }
  bool answered = false;
};

// Does something just after it was read, as another thread may.
class InterruptedClock final : public Clock {
 public:
  Instant Now() const override { return clock.Now(); }
  // What LedgerClock reads last.
  Duration Elapsed() const override {
    const Duration elapsed = clock.Elapsed();
    if (interrupt) std::exchange(interrupt, nullptr)();
    return elapsed;
  }

  test::SimulatedClock clock;
  mutable std::function<void()> interrupt;
};

class PipelineTest : public testing::Test {
 protected:
  PipelineTest() {
    ledger_clock_.Start(Instant());
    OpenWithOneShard(pipeline_, store_);
  }
  ~PipelineTest() override { pipeline_.Abandon(); }

  static void OpenWithOneShard(Pipeline& pipeline, storage::Store& store,
                               const SnapshotOptions& snapshots = {}) {
    std::vector<std::unique_ptr<OwnedShard>> shards;
    shards.push_back(*OwnedShard::Recover(store, 0, snapshots));
    pipeline.Open(store, std::move(shards));
  }

  InterruptedClock clock_;
  LedgerClock ledger_clock_{clock_};
  storage::MemoryStore store_{std::make_shared<storage::MemoryDisk>(),
                              storage::MemoryStoreOptions{.immediate = true}};
  Pipeline pipeline_{{}, 0, test::TestCatalog(), ledger_clock_, {}};
};

TEST_F(PipelineTest, ACallThatComesAfterMidnightIsNotDecidedOnTheDayBefore) {
  PipelineCall create;
  CreateAcme(create);
  pipeline_.Submit(&create);
  while (pipeline_.Step()) {
  }
  ASSERT_TRUE(create.answered && create.status.ok()) << create.status;

  PipelineCall charge;
  ChargeAcme(charge);
  clock_.interrupt = [&] {
    clock_.clock.Advance(std::chrono::hours(24));
    pipeline_.Submit(&charge);
  };
  while (pipeline_.Step()) {
  }
  while (pipeline_.Step()) {
  }
  ASSERT_TRUE(charge.answered && charge.status.ok()) << charge.status;
  EXPECT_GT(std::get<ledger::ChargeAnswer>(charge.answer).usage.resets_at,
            test::kNoon + std::chrono::hours(24));
}

TEST_F(PipelineTest, WhatIdsUseBeyondTheirOwnPartIsTakenFromTheBudgetAndGivenBack) {
  IdBudget budget(1'000'000);
  PipelineOptions options;
  options.ids.own_bytes = 1;
  storage::MemoryStore store(std::make_shared<storage::MemoryDisk>(),
                             storage::MemoryStoreOptions{.immediate = true});
  Pipeline pipeline(options, 0, test::TestCatalog(), ledger_clock_,
                    PipelineHooks{.id_budget = &budget});
  OpenWithOneShard(pipeline, store);
  PipelineCall create;
  CreateAcme(create);
  PipelineCall charge;
  ChargeAcme(charge);
  for (PipelineCall* call : {&create, &charge}) {
    pipeline.Submit(call);
    while (pipeline.Step()) {
    }
    ASSERT_TRUE(call->answered && call->status.ok()) << call->status;
  }
  const size_t bytes = pipeline.shards()[0]->shard().ids().settled_bytes();
  EXPECT_GT(bytes, 0u);
  EXPECT_EQ(budget.left(), 1'000'000 - static_cast<int64_t>(bytes) + 1);
  pipeline.Close(absl::UnavailableError("closed"));
  EXPECT_EQ(budget.left(), 1'000'000);
}

// Whoever has its answer may ask at once whether anything is served.
TEST_F(PipelineTest, AFailureIsToldBeforeAnyAnswerOfIt) {
  bool told = false;
  Pipeline pipeline({}, 0, test::TestCatalog(), ledger_clock_,
                    PipelineHooks{.failed = [&](const absl::Status&) { told = true; }});
  test::FaultyStore store(std::make_shared<test::FaultyDisk>(), {.immediate = true});
  OpenWithOneShard(pipeline, store);
  struct AskingCall final : Call {
    explicit AskingCall(const bool& fact) : asked(fact) {}
    void OnAnswered() override { heard = asked; }
    const bool& asked;
    bool heard = false;
  } create(told);
  CreateAcme(create);
  store.FailNext(0, test::StoreFault::kWriteFails);
  pipeline.Submit(&create);
  while (pipeline.Step()) {
  }
  EXPECT_FALSE(create.status.ok());
  EXPECT_TRUE(create.heard);
  pipeline.Abandon();
}

// What the pipeline asks for when calls come: 'f' for a few, 'w' to be woken.
TEST_F(PipelineTest, AFewCallsAreAnnouncedApartFromMany) {
  std::string announced;
  PipelineOptions options;
  options.few_calls = 2;
  Pipeline pipeline(
      options, 0, test::TestCatalog(), ledger_clock_,
      PipelineHooks{.wake = [&] { announced += 'w'; }, .few_calls = [&] { announced += 'f'; }});
  storage::MemoryStore store(std::make_shared<storage::MemoryDisk>(), {});
  OpenWithOneShard(pipeline, store);
  std::deque<PipelineCall> calls(4);
  for (PipelineCall& call : calls) ChargeAcme(call);
  // The second joins the first, the third makes them many, the fourth joins those.
  for (PipelineCall& call : calls) pipeline.Submit(&call);
  EXPECT_EQ(announced, "fw");
  EXPECT_EQ(pipeline.TryStep(), Pipeline::Tried::kNotNow);
  while (pipeline.Step()) {
  }
  EXPECT_TRUE(calls.back().answered);
  announced.clear();
  pipeline.SubmitAll({&calls[0], &calls[1], &calls[2]});
  EXPECT_EQ(announced, "w");
  pipeline.Abandon();
}

TEST_F(PipelineTest, TryStepDecidesAFewCallsUnlessAnotherThreadSteps) {
  PipelineCall create;
  CreateAcme(create);
  pipeline_.Submit(&create);
  {
    MutexLock step(pipeline_.step_mutex());
    std::thread([&] { EXPECT_EQ(pipeline_.TryStep(), Pipeline::Tried::kNotNow); }).join();
  }
  EXPECT_FALSE(create.answered);
  EXPECT_EQ(pipeline_.TryStep(), Pipeline::Tried::kDone);
  EXPECT_TRUE(create.answered && create.status.ok()) << create.status;
}

TEST_F(PipelineTest, MaintainDoesWhatIsDueAndLeavesCallsToOthers) {
  PipelineOptions options;
  options.snapshots.journal_bytes = 1'000;
  storage::MemoryStore store(std::make_shared<storage::MemoryDisk>(),
                             storage::MemoryStoreOptions{.immediate = true});
  Pipeline pipeline(options, 0, test::TestCatalog(), ledger_clock_, {});
  OpenWithOneShard(pipeline, store, options.snapshots);
  EXPECT_FALSE(pipeline.Maintain());
  std::deque<PipelineCall> calls;
  CreateAcme(calls.emplace_back());
  for (int i = 0; i < 50; ++i) ChargeAcme(calls.emplace_back(), "c" + std::to_string(i));
  for (PipelineCall& call : calls) {
    pipeline.Submit(&call);
    ASSERT_EQ(pipeline.TryStep(), Pipeline::Tried::kDone);
    ASSERT_TRUE(call.answered && call.status.ok()) << call.status;
  }
  EXPECT_EQ(pipeline.stats().snapshots, 0u);
  PipelineCall waiting;
  ChargeAcme(waiting, "waiting");
  pipeline.Submit(&waiting);
  EXPECT_TRUE(pipeline.Maintain());
  while (pipeline.Maintain()) {
  }
  EXPECT_GT(pipeline.stats().snapshots, 0u);
  EXPECT_FALSE(waiting.answered);
  EXPECT_EQ(pipeline.TryStep(), Pipeline::Tried::kDone);
  EXPECT_TRUE(waiting.answered);
  pipeline.Close(absl::UnavailableError("closed"));
}

// A disk that is slower than the calls: as soon as it has taken a group, the next is handed over.
TEST_F(PipelineTest, GroupsThatKeepTheLaneFullDoNotKeepSnapshotsFromIt) {
  PipelineOptions options;
  options.snapshots.journal_bytes = 1'000;
  storage::MemoryStore store(std::make_shared<storage::MemoryDisk>(), {});
  Pipeline pipeline(options, 0, test::TestCatalog(), ledger_clock_, {});
  OpenWithOneShard(pipeline, store, options.snapshots);
  std::deque<PipelineCall> calls;
  CreateAcme(calls.emplace_back());
  pipeline.Submit(&calls.back());
  pipeline.Step();
  size_t most_kept = 0;
  for (int i = 0; i < 500; ++i) {
    for (bool room = true; room;) {
      ChargeAcme(calls.emplace_back(), "c" + std::to_string(calls.size()));
      pipeline.Submit(&calls.back());
      room = pipeline.Step();
    }
    most_kept = std::max(most_kept, pipeline.shards()[0]->journal_bytes());
    store.Step();
  }
  EXPECT_GT(pipeline.stats().snapshots, 2u);
  EXPECT_LT(most_kept, 5 * options.snapshots.journal_bytes);
  while (store.Step() || pipeline.Step()) {
  }
  EXPECT_TRUE(std::all_of(calls.begin(), calls.end(),
                          [](const PipelineCall& call) { return call.answered; }));
  pipeline.Close(absl::UnavailableError("closed"));
}

}  // namespace
}  // namespace quota::server
