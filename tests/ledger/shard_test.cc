// The shard's own work: timers, what it needs from the journal, and records that do not fit.

#include "ledger/shard.h"

#include "tests/ledger/ledger_harness.h"
#include "tests/ledger/matchers.h"

namespace quota::ledger {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(TimersTest, DoNotPileUpUnderCallsThatComeAndGo) {
  LedgerHarness ledger("enterprise");
  // A long call is waited for all the time; each short one brings a timer before it.
  ASSERT_TRUE(ledger.Run(Ask("long", 1)).ok());
  ASSERT_TRUE(ledger.Extend("long", hours(24)).ok());
  for (int i = 0; i < 2'000; ++i) {
    const std::string id = "call-" + std::to_string(i);
    Reserve command = Ask(id, 1);
    command.ttl = seconds(1);
    ASSERT_THAT(ledger.Run(command), Decides(Decision::kGranted));
    ASSERT_TRUE(ledger.Commit(id).ok());
    ledger.Advance(seconds(2));
    ledger.Sweep();
  }
  EXPECT_LT(ledger.shard().timers(), 100u);
}

TEST(TimersTest, WakeAtTheNextDeadlineAndAtTheEndOfTheDay) {
  LedgerHarness ledger;
  EXPECT_EQ(ledger.shard().NextTimer(), kNever);
  ASSERT_TRUE(ledger.Run(Ask("a", 1)).ok());
  Reserve sooner = Ask("b", 1);
  sooner.ttl = seconds(5);
  ASSERT_TRUE(ledger.Run(sooner).ok());
  EXPECT_EQ(ledger.shard().NextTimer(), test::kNoon + seconds(5));
  ledger.Advance(seconds(5));
  ledger.Sweep();
  EXPECT_EQ(ledger.account().hold_count, 1u);
  EXPECT_EQ(ledger.shard().NextTimer(), test::kNoon + seconds(60));
  ASSERT_TRUE(ledger.Extend("a", minutes(30)).ok());
  ledger.Advance(seconds(55));
  ledger.Sweep();
  EXPECT_EQ(ledger.account().hold_count, 1u);
  EXPECT_EQ(ledger.shard().NextTimer(), test::kNoon + minutes(30));
  ledger.Restart();
  ledger.Sweep();
  EXPECT_EQ(ledger.shard().NextTimer(), test::kNoon + minutes(30)) << "after a restart";
}

TEST(RecoveryTest, ExpiriesOfThePastAreNotCountedAgain) {
  LedgerHarness ledger;
  ASSERT_TRUE(ledger.Run(Ask("a", 1)).ok());
  ledger.Advance(minutes(1));
  ledger.Sweep();
  ASSERT_TRUE(ledger.Commit("a")->late);
  EXPECT_EQ(ledger.shard().counters().expired_holds, 1u);
  ledger.Restart();
  EXPECT_EQ(ledger.shard().counters().expired_holds, 0u);
  EXPECT_EQ(ledger.shard().counters().late_commits, 0u);
}

TEST(RecoveryTest, SessionNamesAreUsedAgainForOthersAndSurvive) {
  LedgerHarness ledger;
  for (int i = 0; i < 10; ++i) {
    const std::string session = "session-" + std::to_string(i);
    Reserve command = Ask(session, 1);
    command.session = session;
    ASSERT_TRUE(ledger.Run(command).ok());
    if (i % 2 == 0) {
      ASSERT_TRUE(ledger.Commit(session).ok());
    }
    if (ledger.account().pools[0].in_flight == 3) ledger.LoseSession(session);
  }
  const auto names = ledger.shard().Sessions();
  EXPECT_EQ(names, (std::vector<std::string>{"session-1", "session-3"}));
  ledger.Restart();
  EXPECT_EQ(ledger.shard().Sessions(), names);
}

// A shard from the account as it is stored now and from nothing else.
std::unique_ptr<Shard> FromRecord(LedgerHarness& ledger, absl::Status& loaded) {
  auto shard = std::make_unique<Shard>(0);
  loaded = shard->LoadAccount(ledger.shard().SaveAccount(1, ledger.sequence()), ledger.sequence());
  return shard;
}

TEST(RecoveryTest, StoredAccountIsWhole) {
  LedgerHarness ledger;
  ASSERT_TRUE(ledger.Run(SetConcurrencyLimit{{}, "main", 9}).ok());
  ASSERT_TRUE(ledger.Run(SetConcurrencyLimit{{}, "heavy", 9}).ok());
  ledger.BuyPack("pack", 500, {}, absl::CivilDay(2026, 1, 1));
  ledger.BuyDaily("daily", 5);
  for (const std::string_view session : {"", "one", "two"}) {
    Reserve command = AskMethod("hold-" + std::string(session), "reports.run");
    command.session = session;
    command.commit_on_expiry = session == "two";
    ASSERT_THAT(ledger.Run(command), Decides(Decision::kGranted));
  }
  ASSERT_THAT(ledger.Run(Ask("big", 120)), Decides(Decision::kGranted));
  absl::Status loaded;
  auto shard = FromRecord(ledger, loaded);
  ASSERT_TRUE(loaded.ok()) << loaded;
  ASSERT_TRUE(shard->FinishRecovery().ok());
  EXPECT_EQ(shard->Dump(), ledger.shard().Dump());
  EXPECT_EQ(shard->Sessions(), ledger.shard().Sessions());
  EXPECT_EQ(shard->NextTimer(), test::kNoon + seconds(60));
}

TEST(RecoveryTest, WhatIsStoredTwiceOrMissingIsDataLoss) {
  LedgerHarness ledger;
  ledger.Create("other", "tiny");
  ASSERT_TRUE(ledger.Run(Ask("a", 1)).ok());
  const std::string first = ledger.shard().SaveAccount(1, ledger.sequence());
  const std::string second = ledger.shard().SaveAccount(2, ledger.sequence());
  constexpr auto kLoss = absl::StatusCode::kDataLoss;
  {
    Shard shard(0);
    ASSERT_TRUE(shard.LoadAccount(first, 1).ok());
    EXPECT_EQ(shard.LoadAccount(first, 1).code(), kLoss);
  }
  {
    Shard shard(0);
    ASSERT_TRUE(shard.LoadAccount(second, 1).ok());
    EXPECT_EQ(shard.FinishRecovery().code(), kLoss) << "account 1 is missing";
  }
  {
    Shard shard(0);
    EXPECT_EQ(shard.LoadAccount("", 1).code(), kLoss);
    EXPECT_EQ(shard.LoadAccount(first.substr(0, first.size() - 1), 1).code(), kLoss);
  }
}

TEST(RecoveryTest, EventsThatDoNotFitAreDataLoss) {
  LedgerHarness ledger;
  ASSERT_TRUE(ledger.Run(Ask("open", 1)).ok());
  ASSERT_TRUE(ledger.Run(AskCharge("ended", 1)).ok());
  const Instant day = ledger.account().days[0].start;
  const auto apply = [&ledger](const Event& event) {
    auto shard = ledger.Rebuild();
    return shard->Apply(event, test::kNoon, ledger.sequence() + 1).code();
  };
  constexpr auto kLoss = absl::StatusCode::kDataLoss;
  Reserved reserved;
  reserved.account = 2;
  reserved.id = ReservationId::FromText("new");
  reserved.day_start = day;
  reserved.deadline = test::kNoon + seconds(1);
  EXPECT_EQ(apply(reserved), kLoss) << "an account that does not exist";
  reserved.account = 1;
  EXPECT_EQ(apply(reserved), absl::StatusCode::kOk);
  reserved.day_start = day - hours(24);
  EXPECT_EQ(apply(reserved), kLoss) << "a day that is not open";
  reserved.day_start = day;
  reserved.second_pool = 2;
  EXPECT_EQ(apply(reserved), kLoss) << "a pool that it has not";
  reserved.second_pool = 0;
  reserved.id = ReservationId::FromText("open");
  EXPECT_EQ(apply(reserved), kLoss) << "an id that is known";

  Settled settled;
  settled.account = 1;
  settled.id = ReservationId::FromText("new");
  settled.state = HoldState::kReleased;
  settled.day_start = day;
  EXPECT_EQ(apply(settled), kLoss) << "no such hold";
  settled.id = ReservationId::FromText("ended");
  EXPECT_EQ(apply(settled), kLoss) << "a hold that has ended";
  EXPECT_EQ(apply(Extended{1, settled.id, test::kNoon}), kLoss) << "a hold that has ended";

  records::DayOpened opened;
  opened.set_account(1);
  opened.mutable_day()->set_start(day.time_since_epoch().count());
  EXPECT_EQ(apply(opened), kLoss) << "a day that is open";
  records::DayClosed closed;
  closed.set_account(1);
  closed.set_start(1);
  EXPECT_EQ(apply(closed), kLoss) << "a day that is not open";
  records::OrgCreated created;
  created.set_account(1);
  created.set_org_id("another");
  created.add_pools()->set_name("main");
  EXPECT_EQ(apply(created), kLoss) << "a number that is taken";
  created.set_account(2);
  created.set_org_id(std::string(kOrg));
  EXPECT_EQ(apply(created), kLoss) << "a name that is taken";
}

TEST(RecoveryTest, IdBothOpenAndEndedIsDataLoss) {
  LedgerHarness ledger;
  ASSERT_TRUE(ledger.Run(Ask("a", 1)).ok());
  const std::string open = ledger.shard().SaveAccount(1, ledger.sequence());
  ASSERT_TRUE(ledger.Commit("a").ok());
  const std::string page = ledger.shard().ids().pages().front().Encode();
  Shard shard(0);
  ASSERT_TRUE(shard.LoadPage(page).ok());
  ASSERT_TRUE(shard.LoadAccount(open, 3).ok());
  EXPECT_EQ(shard.FinishRecovery().code(), absl::StatusCode::kDataLoss);
}

TEST(SnapshotTest, JournalIsNeededFromTheOldestChangeThatIsNotStored) {
  LedgerHarness ledger;
  ledger.Create("other", "tiny");
  Shard& shard = ledger.shard();
  EXPECT_EQ(shard.OldestNeeded(3), 1u);
  EXPECT_EQ(shard.NextDirty(0), 0u);
  EXPECT_EQ(shard.NextDirty(1), 1u);
  shard.SaveAccount(1, 2);
  EXPECT_EQ(shard.OldestNeeded(3), 1u) << "not durable yet";
  EXPECT_EQ(shard.NextDirty(2), 2u);
  shard.ConfirmSaved(2);
  EXPECT_EQ(shard.OldestNeeded(3), 2u) << "the other account";
  shard.SaveAccount(2, 2);
  shard.ConfirmSaved(2);
  EXPECT_EQ(shard.OldestNeeded(3), 3u);
  EXPECT_EQ(shard.NextDirty(9), 0u);
  ASSERT_TRUE(ledger.Run(AskCharge("a", 1)).ok());
  EXPECT_EQ(shard.OldestNeeded(4), 3u);
  shard.SaveAccount(1, 3);
  shard.ConfirmSaved(3);
  EXPECT_EQ(shard.OldestNeeded(4), 3u) << "its id is in a page that is not stored";
  shard.mutable_ids().MarkSaved(3);
  EXPECT_EQ(shard.OldestNeeded(4), 4u);
}

}  // namespace
}  // namespace quota::ledger
