// Calls that are decided by the thread that brings them.
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "server/engine.h"
#include "storage/memory_store.h"
#include "tests/fakes/simulated_clock.h"
#include "tests/fakes/test_catalog.h"
#include "tests/server/acme_calls.h"

namespace quota::server {
namespace {

class AnsweredCall final : public Call {
 public:
  void OnAnswered() override {
    by_ = std::this_thread::get_id();
    answered_.set_value();
  }
  void Wait() { future_.wait(); }
  bool answered() const {
    return future_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  }
  std::thread::id by() const { return by_; }

 private:
  std::promise<void> answered_;
  std::future<void> future_ = answered_.get_future();
  std::thread::id by_;
};

class EngineStepsTest : public testing::Test {
 protected:
  EngineStepsTest() {
    EngineOptions options;
    options.shards_if_new = 1;
    options.pipeline.few_calls = 2;
    engine_ = std::make_unique<Engine>(options, test::TestCatalog(), clock_,
                                       [this]() -> absl::StatusOr<std::unique_ptr<storage::Store>> {
                                         return std::make_unique<storage::MemoryStore>(
                                             disk_, storage::MemoryStoreOptions{.immediate = true});
                                       });
    EXPECT_TRUE(engine_->Start().ok());
    AnsweredCall create;
    CreateAcme(create);
    engine_->Submit(&create);
    create.Wait();
    EXPECT_TRUE(create.status.ok()) << create.status;
  }

  AnsweredCall& Charge(const std::string& id) {
    AnsweredCall& call = calls_.emplace_back();
    ChargeAcme(call, id);
    return call;
  }

  const test::SimulatedClock clock_;
  const std::shared_ptr<storage::MemoryDisk> disk_ = std::make_shared<storage::MemoryDisk>();
  std::unique_ptr<Engine> engine_;
  std::deque<AnsweredCall> calls_;
};

TEST_F(EngineStepsTest, AFewCallsAreDecidedByTheThreadThatPromisedTo) {
  AnsweredCall& call = Charge("c1");
  std::thread([&] {
    engine_->PromiseSteps();
    EXPECT_FALSE(engine_->StepIsDue());
    engine_->Submit(&call);
    EXPECT_TRUE(engine_->StepIsDue());
    while (engine_->StepIsDue()) engine_->Step();
    // It may have met the executor, which then was left the call.
    call.Wait();
  }).join();
  EXPECT_TRUE(call.status.ok()) << call.status;
}

TEST_F(EngineStepsTest, CallsOfOtherThreadsAreDecidedByAnExecutor) {
  AnsweredCall& call = Charge("c1");
  engine_->Submit(&call);
  EXPECT_FALSE(engine_->StepIsDue());
  call.Wait();
  EXPECT_NE(call.by(), std::this_thread::get_id());
}

TEST_F(EngineStepsTest, ManyCallsAreDecidedByAnExecutorThoughStepsArePromised) {
  std::thread([&] {
    engine_->PromiseSteps();
    for (const char* id : {"c1", "c2", "c3"}) engine_->Submit(&Charge(id));
    // Without a step.
    for (AnsweredCall& call : calls_) call.Wait();
  }).join();
  for (const AnsweredCall& call : calls_) EXPECT_TRUE(call.status.ok()) << call.status;
}

TEST_F(EngineStepsTest, ADrainAnswersWhatNobodyHasSteppedYet) {
  AnsweredCall& call = Charge("c1");
  std::thread([&] {
    engine_->PromiseSteps();
    engine_->Submit(&call);
  }).join();
  EXPECT_TRUE(engine_->Drain(std::chrono::seconds(10)));
  ASSERT_TRUE(call.answered());
  EXPECT_TRUE(call.status.ok()) << call.status;
  // Nothing is left to decide, and nowhere to do it.
  engine_->Step();
  EXPECT_FALSE(engine_->StepIsDue());
}

}  // namespace
}  // namespace quota::server
