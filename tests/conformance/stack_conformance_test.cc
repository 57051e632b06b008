// The whole stack (engine, pipelines, ledger, journal, snapshots) over every storage engine, also
// at 100 operations and 1 MiB a batch.

#include <gtest/gtest.h>

#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/status.h"
#include "server/engine.h"
#include "tests/conformance/engines.h"
#include "tests/fakes/simulated_clock.h"
#include "tests/fakes/test_catalog.h"

namespace quota::server {
namespace {

constexpr int kOrgs = 150;
constexpr int kThreads = 4;
constexpr int kCallsOfThread = 400;

std::string OrgName(int org) { return "org-" + std::to_string(org); }

// A call that a thread can wait for.
class WaitingCall final : public Call {
 public:
  WaitingCall(std::string org, ledger::Operation operation) : org_(std::move(org)) {
    command.org = org_;
    command.operation = std::move(operation);
  }
  void OnAnswered() override { answered_.set_value(); }
  void Wait() { answered_.get_future().wait(); }

 private:
  const std::string org_;
  std::promise<void> answered_;
};

class StackConformanceTest : public ::testing::TestWithParam<storage::Engine> {
 protected:
  StackConformanceTest() {
    options_.executors = 2;
    options_.shards_if_new = 5;
    options_.pipeline.snapshots = {.journal_bytes = 20'000, .slice_bytes = 2'000, .history = {}};
    options_.pipeline.group_calls = 64;
  }

  std::unique_ptr<Engine> Open() {
    auto engine = std::make_unique<Engine>(
        options_, catalog_, clock_,
        [this]() -> absl::StatusOr<std::unique_ptr<storage::Store>> { return place_->Open(); });
    const absl::Status started = engine->Start();
    EXPECT_TRUE(started.ok()) << started;
    return engine;
  }

  // The answer; the test fails where there is none.
  template <typename Answer>
  static Answer Ask(Engine& engine, const std::string& org, ledger::Operation operation) {
    WaitingCall call(org, std::move(operation));
    engine.Submit(&call);
    call.Wait();
    EXPECT_TRUE(call.status.ok()) << call.status;
    const Answer* answer = std::get_if<Answer>(&call.answer);
    EXPECT_NE(answer, nullptr);
    return answer == nullptr ? Answer{} : *answer;
  }

  static void CreateOrgs(Engine& engine) {
    for (int org = 0; org < kOrgs; ++org) {
      ledger::CreateOrg create;
      create.request = {"create", 1, std::nullopt};
      create.edition = "enterprise";
      Ask<ledger::OrgAnswer>(engine, OrgName(org), create);
    }
  }

  // Reserves, then commits, releases or leaves open, in turn. Returns what was charged by org.
  static std::map<std::string, int64_t> Traffic(Engine& engine, int thread) {
    std::map<std::string, int64_t> charged;
    for (int i = 0; i < kCallsOfThread; ++i) {
      const std::string org = OrgName((i * 7 + thread) % kOrgs);
      ledger::Reserve reserve;
      reserve.id = ReservationId::FromText(std::to_string(thread) + "-" + std::to_string(i));
      reserve.fingerprint = 1;
      reserve.cost = Credits(i % 5 + 1);
      const auto granted = Ask<ledger::ReserveAnswer>(engine, org, reserve);
      EXPECT_EQ(granted.decision, ledger::Decision::kGranted);
      if (i % 3 == 0) {
        const auto committed =
            Ask<ledger::CommitAnswer>(engine, org, ledger::Commit{reserve.id, Credits(2)});
        charged[org] += committed.charged.value();
      } else if (i % 3 == 1) {
        Ask<ledger::ReleaseAnswer>(engine, org, ledger::Release{reserve.id});
      }
    }
    return charged;
  }

  static std::map<std::string, int64_t> Used(Engine& engine) {
    std::map<std::string, int64_t> used;
    for (int org = 0; org < kOrgs; ++org) {
      const auto usage = Ask<ledger::UsageAnswer>(engine, OrgName(org), ledger::GetUsage{});
      if (usage.usage.used.value() != 0) used[OrgName(org)] = usage.usage.used.value();
    }
    return used;
  }

  static int64_t Held(Engine& engine) {
    int64_t held = 0;
    for (int org = 0; org < kOrgs; ++org) {
      held += Ask<ledger::UsageAnswer>(engine, OrgName(org), ledger::GetUsage{}).open_reservations;
    }
    return held;
  }

  const std::unique_ptr<storage::Place> place_ = GetParam().create();
  test::SimulatedClock clock_;
  const std::shared_ptr<const ledger::Catalog> catalog_ = test::TestCatalog();
  EngineOptions options_;
};

TEST_P(StackConformanceTest, ThreadsGetExactTotalsThatSurviveReopening) {
  auto engine = Open();
  CreateOrgs(*engine);
  std::vector<std::future<std::map<std::string, int64_t>>> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.push_back(std::async(std::launch::async, Traffic, std::ref(*engine), thread));
  }
  std::map<std::string, int64_t> charged;
  for (auto& thread : threads) {
    for (const auto& [org, credits] : thread.get()) charged[org] += credits;
  }
  EXPECT_EQ(Used(*engine), charged);
  const int64_t held = Held(*engine);
  EXPECT_GT(held, 0);
  // The journal was trimmed behind snapshots while all this went on.
  EXPECT_GT(engine->status().pipeline.snapshots, 5u);
  EXPECT_TRUE(engine->Drain(std::chrono::seconds(10)));
  engine.reset();

  engine = Open();
  EXPECT_EQ(Used(*engine), charged);
  EXPECT_EQ(Held(*engine), held);
}

TEST_P(StackConformanceTest, ACallAfterADrainIsRefusedAndNotMade) {
  auto engine = Open();
  CreateOrgs(*engine);
  EXPECT_TRUE(engine->Drain(std::chrono::seconds(10)));
  WaitingCall late(OrgName(0), ledger::Charge{ReservationId::FromText("late"), 1, Credits(5)});
  engine->Submit(&late);
  late.Wait();
  EXPECT_EQ(late.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(late.status), kStoreStopped);
  engine.reset();
  engine = Open();
  EXPECT_TRUE(Used(*engine).empty());
}

TEST_P(StackConformanceTest, ACatalogWithoutAnEditionInUseDoesNotStart) {
  auto engine = Open();
  CreateOrgs(*engine);
  engine.reset();
  quota::v1::CatalogRevision source = test::TestCatalogSource();
  for (auto& edition : *source.mutable_editions()) {
    if (edition.name() == "enterprise") edition.set_name("enterprise-2");
  }
  Engine other(
      options_, test::BuildCatalog(source), clock_,
      [this]() -> absl::StatusOr<std::unique_ptr<storage::Store>> { return place_->Open(); });
  const absl::Status started = other.Start();
  EXPECT_EQ(started.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(started.message().find("no edition \"enterprise\", which org-"),
            absl::string_view::npos)
      << started;
}

// Nobody steps a store here: that is tests/simulation's, at 100 operations and 1 MiB too.
std::vector<storage::Engine> EnginesThatRunByThemselves() {
  std::vector<storage::Engine> engines = storage::AllEngines();
  std::erase_if(engines, [](const storage::Engine& engine) {
    return engine.name == "MemoryStepped" || engine.name == "MemoryTight" ||
           engine.name == "FaultyStepped";
  });
  return engines;
}

INSTANTIATE_TEST_SUITE_P(Engines, StackConformanceTest,
                         ::testing::ValuesIn(EnginesThatRunByThemselves()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace quota::server
