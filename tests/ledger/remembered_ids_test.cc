// How long settled ids are remembered, and what happens where memory for them is short.

#include "ledger/remembered_ids.h"

#include "common/status.h"
#include "tests/ledger/ledger_harness.h"
#include "tests/ledger/matchers.h"

namespace quota::ledger {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

bool Remembers(LedgerHarness& ledger, std::string_view id) {
  return static_cast<bool>(ledger.shard().ids().Find(1, ReservationId::FromText(id)));
}

TEST(RememberedIdsTest, IdIsForgottenTwoMinutesAfterItsReservationEnded) {
  LedgerHarness ledger;
  ASSERT_TRUE(ledger.Run(Ask("a", 10)).ok());
  ledger.Advance(seconds(30));
  ASSERT_TRUE(ledger.Commit("a").ok());
  ledger.Advance(seconds(1));
  ledger.Sweep();
  ledger.Advance(minutes(2) - seconds(1) - Duration(1));
  ledger.Sweep();
  EXPECT_TRUE(Remembers(ledger, "a"));
  EXPECT_TRUE(ledger.Commit("a")->repeated);
  EXPECT_EQ(NextIdTimer(ledger.shard(), ledger.context()), test::kNoon + seconds(150));
  ledger.Advance(Duration(1));
  ledger.Sweep();
  EXPECT_FALSE(Remembers(ledger, "a"));
  EXPECT_EQ(NextIdTimer(ledger.shard(), ledger.context()), kNever);
  EXPECT_THAT(ledger.Commit("a"), FailsWith(absl::StatusCode::kNotFound, "ended too long ago"));
  const auto anew = ledger.Run(Ask("a", 20));
  ASSERT_THAT(anew, Decides(Decision::kGranted));
  EXPECT_FALSE(anew->repeated);
  ledger.Restart();
}

TEST(RememberedIdsTest, OpenHoldIsNeverForgotten) {
  LedgerHarness ledger;
  ASSERT_TRUE(ledger.Run(Ask("a", 10)).ok());
  ASSERT_TRUE(ledger.Extend("a", hours(24)).ok());
  for (int i = 0; i < 20; ++i) {
    ledger.Advance(hours(1));
    ledger.Sweep();
  }
  EXPECT_TRUE(ledger.Commit("a").ok());
}

TEST(RememberedIdsTest, LateCommitIsRememberedFromItsOwnEnd) {
  LedgerHarness ledger;
  ASSERT_TRUE(ledger.Run(Ask("a", 10)).ok());
  ledger.Advance(seconds(60));
  ledger.Sweep();
  ledger.Advance(seconds(100));
  ledger.Sweep();
  ASSERT_TRUE(ledger.Commit("a")->late);
  EXPECT_EQ(ledger.shard().ids().settled_ids(), 2u) << "as expired, and as committed";
  ledger.Advance(seconds(100));
  ledger.Sweep();
  EXPECT_EQ(ledger.shard().ids().settled_ids(), 1u);
  const auto again = ledger.Commit("a");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->repeated);
  EXPECT_TRUE(again->late);
  ledger.Restart();
  EXPECT_TRUE(ledger.Commit("a")->repeated);
}

TEST(RememberedIdsTest, DowntimeForgetsNothing) {
  LedgerHarness ledger;
  ASSERT_TRUE(ledger.Run(AskCharge("a", 10)).ok());
  ledger.Advance(seconds(2));
  ledger.Sweep();
  ledger.Advance(hours(5));
  ledger.Restart();
  ledger.Sweep();
  EXPECT_TRUE(ledger.Run(AskCharge("a", 10))->repeated);
  ledger.Advance(minutes(2) - Duration(1));
  ledger.Sweep();
  EXPECT_TRUE(ledger.Run(AskCharge("a", 10))->repeated) << "a whole window of serving";
  ledger.Advance(Duration(1));
  ledger.Sweep();
  EXPECT_FALSE(ledger.Run(AskCharge("a", 10))->repeated);
}

// Settles `count` ids within a second and lets their pages be sealed.
void Fill(LedgerHarness& ledger, int count, std::string_view prefix) {
  for (int i = 0; i < count; ++i) {
    ASSERT_THAT(ledger.Run(AskCharge(std::string(prefix) + std::to_string(i), 0)),
                Decides(Decision::kGranted));
  }
  ledger.Advance(seconds(1));
  ledger.Sweep();
}

TEST(RememberedIdsTest, ShortMemoryShortensTheWindowButNeverBelowFifteenSeconds) {
  LedgerHarness ledger;
  Fill(ledger, 20, "old-");
  ledger.policy().own_bytes = ledger.shard().ids().settled_bytes() - 1;
  EXPECT_TRUE(IdsFull(ledger.shard(), ledger.context()));
  for (const auto& refused :
       {ledger.Run(Ask("new", 1)).status(), ledger.Run(AskCharge("new", 1)).status()}) {
    EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(ReasonOf(refused), kOverloaded);
    EXPECT_EQ(RetryDelayOf(refused), seconds(1));
  }
  EXPECT_EQ(IdWindow(ledger.shard(), ledger.context()), seconds(15));
  EXPECT_TRUE(ledger.Run(AskCharge("old-3", 0))->repeated) << "retries are answered";
  Reserve check = Ask("new", 1);
  check.mode = Mode::kCheckOnly;
  EXPECT_THAT(ledger.Run(check), Decides(Decision::kGranted)) << "needs no memory";
  // The sealing was a second after the last id.
  ledger.Advance(seconds(14) - Duration(1));
  ledger.Sweep();
  EXPECT_TRUE(Remembers(ledger, "old-0"));
  EXPECT_FALSE(ledger.Run(Ask("new", 1)).ok());
  ledger.Advance(Duration(1));
  EXPECT_THAT(ledger.Run(Ask("new", 1)), Decides(Decision::kGranted));
  EXPECT_FALSE(Remembers(ledger, "old-0"));
}

TEST(RememberedIdsTest, TheMemoryOfAllShardsDoesNotDependOnTheirNumber) {
  const IdPolicy policy;
  for (const uint32_t count : {1U, 2U, 16U, 4096U}) {
    EXPECT_EQ(policy.OwnBytes(Shard(0, count)) * count, policy.own_bytes);
  }
}

TEST(RememberedIdsTest, AShardMayUseWhatOthersLeaveOfTheCommonPart) {
  LedgerHarness ledger;
  ledger.policy().page_bytes = 400;
  ledger.policy().own_bytes = 1;
  ledger.SetCommonIdBytes(1);
  Fill(ledger, 30, "id-");
  EXPECT_FALSE(IdsFull(ledger.shard(), ledger.context()));
  EXPECT_EQ(IdWindow(ledger.shard(), ledger.context()), ledger.policy().window);
  ledger.Advance(seconds(16));
  ledger.Sweep();
  EXPECT_TRUE(Remembers(ledger, "id-0")) << "nothing goes before its time";

  ledger.SetCommonIdBytes(0);
  const size_t bytes = ledger.shard().ids().settled_bytes();
  EXPECT_FALSE(IdsFull(ledger.shard(), ledger.context())) << "the oldest may go";
  ASSERT_TRUE(ledger.Run(AskCharge("one", 1)).ok());
  EXPECT_FALSE(Remembers(ledger, "id-0")) << "a page, so that others find room";
  EXPECT_TRUE(Remembers(ledger, "id-29"));
  EXPECT_GT(ledger.shard().ids().settled_bytes(), bytes / 2);

  ledger.SetCommonIdBytes(-static_cast<int64_t>(bytes));
  ASSERT_TRUE(ledger.Run(AskCharge("two", 1)).ok());
  EXPECT_FALSE(Remembers(ledger, "id-29")) << "all that is too much, and older than 15 s";
  EXPECT_TRUE(IdsFull(ledger.shard(), ledger.context()));
  EXPECT_EQ(ledger.Run(AskCharge("three", 1)).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(RememberedIdsTest, SettlesGoOnWhereMemoryIsShort) {
  LedgerHarness ledger;
  ASSERT_TRUE(ledger.Run(Ask("a", 1)).ok());
  ASSERT_TRUE(ledger.Run(Ask("b", 1)).ok());
  Fill(ledger, 5, "old-");
  ledger.policy().own_bytes = 1;
  EXPECT_TRUE(ledger.Commit("a").ok());
  EXPECT_TRUE(ledger.Release("b").ok());
}

TEST(RememberedIdsTest, PagesAreSealedBySizeAndForgottenOldestFirst) {
  LedgerHarness ledger;
  ledger.policy().page_bytes = 400;
  Fill(ledger, 30, "id-");
  EXPECT_GT(ledger.shard().ids().pages().size(), 3u);
  uint64_t last = 0;
  for (const IdPage& page : ledger.shard().ids().pages()) {
    EXPECT_TRUE(page.sealed);
    EXPECT_GT(page.first_sequence, last);
    last = page.last_sequence;
  }
  const size_t bytes = ledger.shard().ids().settled_bytes();
  ledger.policy().own_bytes = bytes / 2;
  ledger.Advance(seconds(15));
  ledger.Sweep();
  EXPECT_LE(ledger.shard().ids().settled_bytes(), bytes / 2) << "as many as it takes";
  EXPECT_GT(ledger.shard().ids().settled_bytes(), bytes / 4) << "and not more";
  EXPECT_FALSE(Remembers(ledger, "id-0"));
  EXPECT_TRUE(Remembers(ledger, "id-29"));
}

TEST(IdPageTest, StoredPageGivesAnEqualOne) {
  LedgerHarness ledger;
  ASSERT_TRUE(ledger.Run(Ask("0f8fad5b-d9cb-469f-a165-70867728950e", 7)).ok());
  ASSERT_TRUE(ledger.Commit("0f8fad5b-d9cb-469f-a165-70867728950e", 200).ok());
  Fill(ledger, 3, "a-long-id-that-does-not-fit-in-place-");
  const std::string bytes = ledger.shard().ids().pages().front().Encode();
  RememberedIds loaded;
  ASSERT_TRUE(loaded.LoadPage(bytes).ok());
  ASSERT_TRUE(loaded.FinishRecovery().ok());
  EXPECT_EQ(loaded.pages().front().Encode(), bytes);
  EXPECT_EQ(loaded.settled_bytes(), ledger.shard().ids().settled_bytes());
  const KnownId record =
      loaded.Find(1, ReservationId::FromText("0f8fad5b-d9cb-469f-a165-70867728950e"));
  ASSERT_TRUE(record);
  EXPECT_EQ(record->charged, Credits(100));
  EXPECT_EQ(record->overage, Credits(100));
  EXPECT_FALSE(RememberedIds().LoadPage("").ok());
}

TEST(IdPageTest, DamagedPageIsDataLossOrAnotherPageButNeverACrash) {
  LedgerHarness ledger;
  Fill(ledger, 3, "id-");
  const std::string good = ledger.shard().ids().pages().front().Encode();
  const auto try_loading = [](const std::string& bytes) {
    RememberedIds ids;
    const absl::Status loaded = ids.LoadPage(bytes);
    if (!loaded.ok()) {
      EXPECT_EQ(loaded.code(), absl::StatusCode::kDataLoss);
      return false;
    }
    EXPECT_EQ(ids.pages().front().Encode(), bytes);
    return true;
  };
  ASSERT_TRUE(try_loading(good));
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(try_loading(good.substr(0, size))) << "cut to " << size;
  }
  EXPECT_FALSE(try_loading(good + "x"));
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    try_loading(bad);
  }
}

TEST(IdPageTest, PagesMustFollowOneAnother) {
  LedgerHarness ledger;
  ledger.policy().page_bytes = 1;
  Fill(ledger, 2, "id-");
  const auto& pages = ledger.shard().ids().pages();
  ASSERT_EQ(pages.size(), 2u);
  RememberedIds ids;
  ASSERT_TRUE(ids.LoadPage(pages[1].Encode()).ok());
  EXPECT_EQ(ids.LoadPage(pages[0].Encode()).code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace quota::ledger
