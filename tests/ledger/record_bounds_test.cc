// Stored figures that the rules never come to are DATA_LOSS: in a stored account, in a journal
// entry, and where an entry does not fit the account.

#include "ledger/record_bounds.h"

#include <functional>

#include "ledger/account_record.h"
#include "tests/ledger/ledger_harness.h"
#include "tests/ledger/matchers.h"

namespace quota::ledger {
namespace {

using std::chrono::hours;

constexpr auto kLoss = absl::StatusCode::kDataLoss;

// A stored account with a pack, a day and a hold.
records::Account StoredAccount() {
  LedgerHarness ledger;
  ledger.BuyPack("pack", 50);
  EXPECT_TRUE(ledger.Run(Ask("open", 120)).ok());
  records::Account record;
  EXPECT_TRUE(record.ParseFromString(ledger.shard().SaveAccount(1, ledger.sequence())));
  return record;
}

absl::Status Load(const records::Account& record) {
  Shard shard(0);
  if (absl::Status loaded = shard.LoadAccount(ToBytes(record), 1); !loaded.ok()) return loaded;
  return shard.FinishRecovery();
}

TEST(RecordBoundsTest, AStoredAccountBeyondThemIsDataLoss) {
  ASSERT_TRUE(Load(StoredAccount()).ok());
  constexpr int64_t kMost = kMaxBalance.value();
  using Damage = std::function<void(records::Account&)>;
  const Damage damages[] = {
      [](auto& a) { a.mutable_plan()->set_agents(int64_t{1} << 32); },
      [](auto& a) { a.mutable_plan()->set_agents(-1); },
      [](auto& a) { a.mutable_plan()->set_signup_day(INT32_MAX); },
      [](auto& a) { a.mutable_plan()->set_revision(INT64_MAX); },
      [](auto& a) { a.mutable_plan()->set_created_at(INT64_MIN); },
      [](auto& a) { a.mutable_days(0)->set_used(kMost + 1); },
      [](auto& a) { a.mutable_days(0)->set_used(-1); },
      [](auto& a) { a.mutable_days(0)->set_overage(-1); },
      [](auto& a) { a.mutable_days(0)->set_model(3); },
      [](auto& a) { a.mutable_days(0)->set_end(a.days(0).start()); },
      [](auto& a) { a.mutable_days(0)->set_end(INT64_MAX); },
      [](auto& a) { *a.add_days() = a.days(0); },
      [](auto& a) { a.mutable_days(0)->mutable_draws(0)->set_credits(-20); },
      [](auto& a) { a.mutable_purchases(0)->set_credits(kMost + 1); },
      [](auto& a) {
        for (int i = 0; i < 2; ++i) {
          *a.add_purchases() = a.purchases(0);
          a.mutable_purchases(i)->set_credits(kMost / 2 + 1);
        }
      },
      [](auto& a) { a.mutable_pools(0)->set_limit(int64_t{1} << 32); },
      [](auto& a) { a.mutable_holds(0)->set_slots(UINT32_MAX); },
      [](auto& a) { a.set_last_day_end(INT64_MAX); },
      // What is held is what the holds add up to.
      [](auto& a) { a.mutable_days(0)->set_held(121); },
      [](auto& a) { a.mutable_holds(0)->set_credits(119); },
      [](auto& a) { a.mutable_pools(0)->set_in_flight(2); },
      [](auto& a) { a.clear_holds(); },
      [](auto& a) { a.mutable_holds(0)->set_deadline(a.days(0).end() + 86'400'000'000); },
      [](auto& a) { a.mutable_holds(0)->set_created_at(a.days(0).end()); },
  };
  for (size_t i = 0; i < std::size(damages); ++i) {
    records::Account record = StoredAccount();
    damages[i](record);
    EXPECT_EQ(Load(record).code(), kLoss) << "damage " << i;
  }
}

TEST(RecordBoundsTest, AnEntryBeyondThemIsDataLoss) {
  const auto decode = [](const Event& event) {
    EntryEncoder entry(test::kNoon);
    entry.Add(event);
    return DecodeEntry(entry.bytes()).status().code();
  };
  Reserved reserved;
  reserved.account = 1;
  reserved.id = ReservationId::FromText("a");
  reserved.day_start = reserved.deadline = test::kNoon;
  reserved.slots = kMaxHoldSlots;
  reserved.credits = kMaxBalance;
  EXPECT_EQ(decode(reserved), absl::StatusCode::kOk);
  reserved.credits += Credits(1);
  EXPECT_EQ(decode(reserved), kLoss);
  reserved.credits = Credits(1);
  reserved.slots = kMaxHoldSlots + 1;
  EXPECT_EQ(decode(reserved), kLoss);
  reserved.slots = 1;
  reserved.packs = {{1, -kMaxBalance - Credits(1)}};
  EXPECT_EQ(decode(reserved), kLoss);
  reserved.packs = {};
  reserved.deadline = Instant(kMaxTime) + Duration(1);
  EXPECT_EQ(decode(reserved), kLoss);

  records::DayOpened opened;
  opened.mutable_day()->set_model(2);
  EXPECT_EQ(decode(opened), kLoss) << "no account";
  opened.set_account(1);
  EXPECT_EQ(decode(opened), absl::StatusCode::kOk);
  opened.mutable_day()->set_daily(kMaxBalance.value() + 1);
  EXPECT_EQ(decode(opened), kLoss);
}

// Each fits by itself, and not what was there.
TEST(RecordBoundsTest, AnEntrySealsAndForgetsPagesOnce) {
  const Event events[] = {IdsSealed{}, IdsForgotten{7}};
  for (const Event& event : events) {
    EntryEncoder entry(test::kNoon);
    entry.Add(event);
    EXPECT_TRUE(DecodeEntry(entry.bytes()).ok());
    entry.Add(event);
    EXPECT_EQ(DecodeEntry(entry.bytes()).status().code(), kLoss);
  }
}

TEST(RecordBoundsTest, AnEntryThatMakesTheFiguresImpossibleIsDataLoss) {
  LedgerHarness ledger;
  ASSERT_TRUE(ledger.Run(Ask("open", 10)).ok());
  const Instant start = ledger.account().days[0].start;
  const auto replay = [&ledger](const Events& events) {
    Shard shard(0);
    for (const auto& [sequence, bytes] : ledger.entries()) {
      EXPECT_TRUE(shard.Replay(*DecodeEntry(bytes), sequence).ok());
    }
    return shard.Replay({test::kNoon, events}, ledger.sequence() + 1).code();
  };
  Settled charge;
  charge.account = 1;
  charge.id = ReservationId::FromText("charge");
  charge.origin = Origin::kCharge;
  charge.state = HoldState::kCommitted;
  charge.charged = kMaxBalance;
  charge.day_start = start;
  EXPECT_EQ(replay({charge}), absl::StatusCode::kOk);
  EXPECT_EQ(replay({charge, charge}), kLoss);

  records::DayClosed closed;
  closed.set_account(1);
  closed.set_start(ToMicros(start));
  EXPECT_EQ(replay({closed}), kLoss) << "a day with an open hold";

  records::DayOpened opened;
  opened.set_account(1);
  opened.mutable_day()->set_model(2);
  opened.mutable_day()->set_start(ToMicros(start + hours(23)));
  opened.mutable_day()->set_end(ToMicros(start + hours(48)));
  EXPECT_EQ(replay({opened}), kLoss) << "a day that begins before the one before has ended";
}

TEST(RecordBoundsTest, AnAccountOfALaterTimeThanTheJournalIsDataLoss) {
  LedgerHarness ledger;
  ledger.Usage();
  const std::string stored = ledger.shard().SaveAccount(1, ledger.sequence());
  for (const bool later : {false, true}) {
    Shard shard(0);
    ASSERT_TRUE(shard.LoadAccount(stored, ledger.sequence()).ok());
    const Instant last = test::kNoon - hours(later ? 13 : 12);
    ASSERT_TRUE(shard.Replay({last, {}}, ledger.sequence()).ok());
    EXPECT_EQ(shard.FinishRecovery().code(), later ? kLoss : absl::StatusCode::kOk);
  }
}

TEST(RecordBoundsTest, ANumberFarAheadCostsNoMemoryAndIsDataLoss) {
  records::Account record = StoredAccount();
  record.set_number(UINT32_MAX);
  EXPECT_THAT(std::string(Load(record).message()), testing::HasSubstr("account 1 is missing"));
  record.set_number(2);
  Shard shard(0);
  ASSERT_TRUE(shard.LoadAccount(ToBytes(record), 1).ok());
  record.set_number(1);
  record.set_org_id("another");
  ASSERT_TRUE(shard.LoadAccount(ToBytes(record), 1).ok()) << "an older one that comes later";
  EXPECT_TRUE(shard.FinishRecovery().ok());
  EXPECT_EQ(shard.account_count(), 2u);
}

}  // namespace
}  // namespace quota::ledger
