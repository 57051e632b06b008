// Clocks that jump, and what becomes of days, holds and retries: a ledger behind a LedgerClock,
// stepped by hand over a store in memory.
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "server/pipeline.h"
#include "storage/memory_store.h"
#include "tests/fakes/simulated_clock.h"
#include "tests/fakes/test_catalog.h"

namespace quota::server {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class DoneCall final : public Call {
 public:
  void OnAnswered() override { answered = true; }
  bool answered = false;
};

class TimeTroubleTest : public testing::Test {
 protected:
  TimeTroubleTest() {
    Start();
    ledger::CreateOrg create;
    create.request = {.request_id = "create", .fingerprint = 1};
    create.edition = "tiny";
    Ask<ledger::OrgAnswer>(create);
  }
  ~TimeTroubleTest() override { Stop(); }

  // A new process.
  void Start() {
    store_ = std::make_unique<storage::MemoryStore>(disk_,
                                                    storage::MemoryStoreOptions{.immediate = true});
    ledger_clock_ = std::make_unique<LedgerClock>(clock_);
    pipeline_ = std::make_unique<Pipeline>(PipelineOptions(), 0, test::TestCatalog(),
                                           *ledger_clock_, PipelineHooks());
    std::vector<std::unique_ptr<OwnedShard>> shards;
    auto shard = OwnedShard::Recover(*store_, 0, {});
    ASSERT_TRUE(shard.ok()) << shard.status();
    ledger_clock_->Start((*shard)->shard().last_at());
    shards.push_back(*std::move(shard));
    pipeline_->Open(*store_, std::move(shards));
  }
  void Stop() { pipeline_->Close(absl::UnavailableError("closed")); }
  void Restart() {
    Stop();
    Start();
  }

  void Run() {
    while (pipeline_->Step()) {
    }
  }

  // Real time passes, a second at a time, as the executor would see it.
  void Pass(Duration time) {
    for (Duration passed{}; passed < time; passed += seconds(1)) {
      clock_.Advance(seconds(1));
      Run();
    }
  }

  template <typename Answer>
  Answer Ask(ledger::Operation operation) {
    DoneCall call;
    call.command.org = "acme";
    call.command.operation = std::move(operation);
    pipeline_->Submit(&call);
    Run();
    EXPECT_TRUE(call.answered);
    EXPECT_TRUE(call.status.ok()) << call.status;
    const Answer* answer = std::get_if<Answer>(&call.answer);
    return answer == nullptr ? Answer{} : *answer;
  }

  ledger::ReserveAnswer Reserve(const std::string& id, Duration ttl) {
    ledger::Reserve reserve;
    reserve.id = ReservationId::FromText(id);
    reserve.cost = Credits(10);
    reserve.ttl = ttl;
    return Ask<ledger::ReserveAnswer>(reserve);
  }
  ledger::ChargeAnswer Charge(const std::string& id) {
    return Ask<ledger::ChargeAnswer>(ledger::Charge{ReservationId::FromText(id), 1, Credits(10)});
  }
  ledger::UsageAnswer Usage() { return Ask<ledger::UsageAnswer>(ledger::GetUsage{}); }
  size_t OpenHolds() const { return pipeline_->shards()[0]->shard().ids().open_holds(); }

  test::SimulatedClock clock_;
  const std::shared_ptr<storage::MemoryDisk> disk_ = std::make_shared<storage::MemoryDisk>();
  std::unique_ptr<storage::MemoryStore> store_;
  std::unique_ptr<LedgerClock> ledger_clock_;
  std::unique_ptr<Pipeline> pipeline_;
};

// ---- Retries ----

TEST_F(TimeTroubleTest, AStepOfFiveMinutesAheadForgetsNoIdThatIsRetried) {
  Charge("c1");
  clock_.Jump(minutes(5));
  Run();
  Charge("c2");
  clock_.Advance(seconds(9));
  EXPECT_TRUE(Charge("c1").repeated);
  EXPECT_EQ(Usage().usage.used, Credits(20));
}

TEST_F(TimeTroubleTest, AnAcceptedMonthForgetsNoIdThatIsRetried) {
  Charge("c1");
  clock_.Jump(hours(24 * 30));
  Run();
  ledger_clock_->Accept();
  Charge("c2");
  clock_.Advance(seconds(9));
  EXPECT_TRUE(Charge("c1").repeated);
}

TEST_F(TimeTroubleTest, IdsAreForgottenTwoMinutesAfterAJumpAsEver) {
  Charge("c1");
  clock_.Jump(minutes(5));
  Pass(seconds(125));
  EXPECT_EQ(pipeline_->shards()[0]->shard().ids().settled_ids(), 0u);
}

TEST_F(TimeTroubleTest, AnAcceptedMonthForgetsNoAdministratorsRequestThatIsRetried) {
  ledger::SetAgents set;
  set.request = {.request_id = "a1", .fingerprint = 1};
  set.agents = 5;
  const auto first = Ask<ledger::OrgAnswer>(set);
  clock_.Jump(hours(24 * 30));
  Run();
  ledger_clock_->Accept();
  ledger::SetAgents other;
  other.request = {.request_id = "a2", .fingerprint = 2};
  other.agents = 7;
  EXPECT_EQ(Ask<ledger::OrgAnswer>(other).org.revision(), first.org.revision() + 1);
  clock_.Advance(seconds(9));
  EXPECT_EQ(Ask<ledger::OrgAnswer>(set).org.revision(), first.org.revision());
  EXPECT_EQ(Ask<ledger::OrgAnswer>(ledger::GetOrg()).org.agents(), 7);
}

// ---- Days ----

TEST_F(TimeTroubleTest, StepsAroundMidnightOpenEachDayOnce) {
  clock_.Advance(hours(12) - seconds(3));
  Charge("c0");
  std::set<Instant> days = {Usage().day_starts_at};
  for (int i = 1; i <= 12; ++i) {
    clock_.Jump(i % 2 == 0 ? -seconds(4) : seconds(4));
    clock_.Advance(seconds(1));
    Charge("c" + std::to_string(i));
    days.insert(Usage().day_starts_at);
  }
  // Once the next has begun, the day before never is the current one again.
  EXPECT_EQ(days.size(), 2u);
  EXPECT_EQ(Usage().day_starts_at, test::kNoon + hours(12));
}

TEST_F(TimeTroubleTest, AHeldMonthKeepsTheDayUntilItIsAccepted) {
  Charge("c1");
  const Instant today = Usage().day_starts_at;
  clock_.Jump(hours(24 * 30));
  Pass(minutes(2));
  EXPECT_EQ(Usage().day_starts_at, today);
  EXPECT_EQ(Usage().usage.used, Credits(10));
  ledger_clock_->Accept();
  EXPECT_EQ(Usage().day_starts_at, today + hours(24 * 30));
  EXPECT_EQ(Usage().usage.used, Credits(0));
}

TEST_F(TimeTroubleTest, ARestartWithAClockThatIsBehindGoesOnFromTheJournal) {
  Charge("c1");
  const Instant today = Usage().day_starts_at;
  clock_.Jump(-hours(24 * 30));
  Restart();
  EXPECT_EQ(Usage().day_starts_at, today);
  EXPECT_EQ(Usage().usage.used, Credits(10));
}

TEST_F(TimeTroubleTest, AfterARestartWithAClockAheadTheRightOneOpensNoDayTwice) {
  Charge("c1");
  const Instant today = Usage().day_starts_at;
  clock_.Jump(hours(24 * 30));
  Restart();
  Charge("c2");
  EXPECT_EQ(Usage().day_starts_at, today + hours(24 * 30));
  clock_.Jump(-hours(24 * 30));
  Restart();
  // What was journalled is not taken back: the day that was opened stays the current one.
  EXPECT_EQ(Usage().day_starts_at, today + hours(24 * 30));
  EXPECT_EQ(Usage().usage.used, Credits(10));
}

// ---- Holds ----

TEST_F(TimeTroubleTest, AHoldExpiresAtHalfSpeedWhileTheWallClockIsBehind) {
  Reserve("r1", seconds(30));
  clock_.Jump(-hours(24 * 30));
  Pass(seconds(50));
  EXPECT_EQ(OpenHolds(), 1u);
  Pass(seconds(20));
  EXPECT_EQ(OpenHolds(), 0u);
}

TEST_F(TimeTroubleTest, AHoldExpiresInItsTimeWhileAJumpIsHeld) {
  Reserve("r1", seconds(30));
  clock_.Jump(hours(24 * 30));
  Pass(seconds(20));
  EXPECT_EQ(OpenHolds(), 1u);
  Pass(seconds(15));
  EXPECT_EQ(OpenHolds(), 0u);
}

TEST_F(TimeTroubleTest, AHoldMadeUnderAClockAheadEndsThoughThatIsPutRight) {
  clock_.Jump(hours(24 * 30));
  Restart();
  Reserve("r1", seconds(30));
  clock_.Jump(-hours(24 * 30));
  Restart();
  Pass(seconds(70));
  EXPECT_EQ(OpenHolds(), 0u);
  EXPECT_EQ(Usage().usage.pools[0].in_flight, 0);
}

}  // namespace
}  // namespace quota::server
