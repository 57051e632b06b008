// Verify over a store in memory: nothing is found in a whole one, and every kind of damage is.
#include "inspect/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <ostream>
#include <string>

#include "quota/v1/admin.pb.h"
#include "storage/keys.h"
#include "storage/record.h"
#include "tests/inspect/stored_ledger.h"
#include "tests/storage/store_matchers.h"

namespace quota::inspect {
namespace {

using storage::KeyTag;
using testing::AllOf;
using testing::Contains;
using testing::Field;
using testing::HasSubstr;
using testing::Not;

auto Finds(const std::string& where, const std::string& what) {
  return Contains(AllOf(Field("where", &Finding::where, where),
                        Field("what", &Finding::what, HasSubstr(what))));
}

std::string AllFindings(const Report& report) {
  std::string text;
  for (const Finding& finding : report.findings()) {
    text += finding.where + ": " + finding.what + "\n";
  }
  return text;
}

Report Verify(StoredLedger& stored) {
  const auto report = VerifyStore(stored.store(), nullptr);
  EXPECT_TRUE(report.ok()) << report.status();
  return report.ok() ? *report : Report();
}

// ---- A whole store ----

TEST(Verify, FindsNothingInAWholeStoreAndCountsWhatItHas) {
  StoredLedger stored;
  FillWithEverything(stored);
  const Report before = Verify(stored);
  EXPECT_TRUE(before.ok()) << AllFindings(before);
  stored.Snapshot();
  const Report report = Verify(stored);
  EXPECT_TRUE(report.ok()) << AllFindings(report);
  EXPECT_EQ(report.shards_checked, StoredLedger::kShards);
  EXPECT_EQ(report.counts.accounts, 2u);
  EXPECT_EQ(report.counts.holds, 2u);
  EXPECT_EQ(report.counts.ids, 3u);
  EXPECT_EQ(report.counts.closed_days, 1u);
  // Two creations and a purchase; each was told to watchers, and the threshold of yesterday.
  EXPECT_EQ(report.counts.audit_entries, 3u);
  EXPECT_GE(report.counts.watched_events, 3u);
  EXPECT_GE(report.counts.pages, 1u);
  EXPECT_GE(report.counts.entries, 1u);
  EXPECT_LT(report.counts.entries, before.counts.entries) << "the journal was trimmed";
  EXPECT_EQ(report.counts.orphan_chunks, 0u);
  EXPECT_EQ(report.counts.records, storage::Contents(stored.store()).size());
  EXPECT_EQ(report.last_at, stored.now());
  EXPECT_EQ(report.found(), 0u);
}

TEST(Verify, AStoreWithoutARecordIsNoStore) {
  storage::MemoryStore store(std::make_shared<storage::MemoryDisk>(), {.immediate = true});
  EXPECT_THAT(VerifyStore(store, nullptr),
              storage::IsError(absl::StatusCode::kNotFound, "the store is empty"));
}

TEST(Verify, TellsHowFarItIs) {
  StoredLedger stored;
  std::vector<std::string> told;
  ASSERT_TRUE(VerifyStore(stored.store(), [&told](std::string_view what, uint64_t done) {
                told.push_back(std::string(what) + " " + std::to_string(done));
              }).ok());
  EXPECT_THAT(told, testing::ElementsAre("shards 0", "shards 1"));
}

// ---- Sums ----

struct WrongSum {
  const char* name;
  std::function<void(records::Account&)> change;
  const char* finding;
};

void PrintTo(const WrongSum& wrong, std::ostream* out) { *out << wrong.name; }

records::Day& Today(records::Account& account) {
  return *account.mutable_days(account.days_size() - 1);
}

const WrongSum kWrongSums[] = {
    {"Held", [](auto& a) { Today(a).set_held(Today(a).held() + 1); },
     "46 credits are held, but its open holds come to 45"},
    {"AHoldsCredits", [](auto& a) { a.mutable_holds(0)->set_credits(19); },
     "45 credits are held, but its open holds come to 44"},
    {"AHoldGone", [](auto& a) { a.mutable_holds()->RemoveLast(); }, "credits are held, but"},
    {"InFlight", [](auto& a) { a.mutable_pools(0)->set_in_flight(3); },
     "pool main: 3 slots are taken, but the open holds come to 2"},
    {"InFlightOfTheSecondPool", [](auto& a) { a.mutable_pools(1)->set_in_flight(0); },
     "pool heavy: 0 slots are taken, but the open holds come to 1"},
    {"Draws", [](auto& a) { Today(a).mutable_draws(0)->set_credits(77); },
     "are 78 above the 100 of the day, but 77 are drawn from packs"},
    {"NoDraws", [](auto& a) { Today(a).clear_draws(); }, "but 0 are drawn from packs"},
    {"ADrawOnNothing", [](auto& a) { Today(a).mutable_draws(0)->set_pack(9); },
     "it draws on purchase 9, which there is not"},
    {"Settled", [](auto& a) { a.mutable_purchases(0)->set_settled(990); },
     "purchase order-1: of 1000 credits, 990 were charged by closed days and 78 are drawn"},
    {"NegativeSettled", [](auto& a) { a.mutable_purchases(0)->set_settled(-1); },
     "the account does not decode"},
    {"APurchasesNumber", [](auto& a) { a.mutable_purchases(0)->set_number(8); },
     "its number 8 is another's, or yet to come"},
    {"UsedBelowWhatIdsSay",
     [](auto& a) {
       Today(a).set_used(50);
       Today(a).clear_draws();
     },
     "acme, day 2025-11-04: used 50 and overage 0 are less than the 133 and 0"},
    {"NegativeOverage", [](auto& a) { Today(a).set_overage(-4); }, "the account does not decode"},
    {"Daily",
     [](auto& a) {
       Today(a).set_daily(99);
       Today(a).mutable_draws(0)->set_credits(79);
     },
     "it may spend 99 credits, but its allotment comes to 100"},
    {"AShortDay", [](auto& a) { Today(a).set_end(Today(a).start() + 1); },
     "the figures of acme do not fit together"},
    {"ADayTwice",
     [](auto& a) {
       records::Day day = Today(a);
       day.set_start(day.start() + 1);
       day.set_used(0);
       day.set_held(0);
       day.clear_draws();
       *a.add_days() = day;
     },
     "the figures of acme do not fit together"},
    {"TooManyDays",
     [](auto& a) {
       records::Day day = Today(a);
       day.set_used(0);
       day.set_held(0);
       day.clear_draws();
       for (int i = 1; i <= 3; ++i) {
         const int64_t length = day.end() - day.start();
         day.set_start(day.end());
         day.set_end(day.start() + length);
         *a.add_days() = day;
       }
     },
     "the figures of acme do not fit together"},
    {"AHoldOfAnotherDay", [](auto& a) { a.mutable_holds(0)->set_created_at(Today(a).start() - 1); },
     "hold open-1 was not made on the day that it is of"},
    {"ALongHold",
     [](auto& a) {
       auto& hold = *a.mutable_holds(0);
       hold.set_deadline(hold.created_at() + 25LL * 3600 * 1'000'000);
     },
     "would live for more than 24 hours"},
};

class VerifySumTest : public testing::TestWithParam<WrongSum> {};

TEST_P(VerifySumTest, FindsASumThatIsWrong) {
  StoredLedger stored;
  FillWithEverything(stored);
  stored.Snapshot();
  stored.ChangeAccount("acme", GetParam().change);
  const Report report = Verify(stored);
  EXPECT_FALSE(report.ok());
  EXPECT_THAT(report.findings(),
              Contains(Field("what", &Finding::what, HasSubstr(GetParam().finding))))
      << AllFindings(report);
}

INSTANTIATE_TEST_SUITE_P(Sums, VerifySumTest, testing::ValuesIn(kWrongSums),
                         [](const auto& info) { return info.param.name; });

TEST(Verify, FindsAllThatIsWrongInOneRun) {
  StoredLedger stored;
  FillWithEverything(stored);
  stored.Snapshot();
  stored.ChangeAccount("acme", [](records::Account& account) {
    Today(account).set_held(46);
    account.mutable_pools(0)->set_in_flight(0);
  });
  stored.ChangeAccount(
      "globex", [](records::Account& account) { account.mutable_pools(0)->set_in_flight(2); });
  const Report report = Verify(stored);
  const std::string acme = storage::PrintableKey(storage::AccountKey(stored.ShardOf("acme"), 1));
  EXPECT_THAT(report.findings(), Finds(acme, "acme: day 2025-11-04: 46 credits are held"));
  EXPECT_THAT(report.findings(), Finds(acme, "acme: pool main: 0 slots are taken"));
  EXPECT_THAT(report.findings(),
              Contains(Field("what", &Finding::what, HasSubstr("globex: pool main: 2 slots"))));
  EXPECT_GE(report.found(), 3u);
}

// ---- Records ----

TEST(Verify, FindsAFlippedBitInEachRecordAndNamesItsKey) {
  StoredLedger stored;
  FillWithEverything(stored);
  const auto check_all = [&stored] {
    for (const auto& [key, value] : storage::Contents(stored.store())) {
      const std::string name = storage::PrintableKey(key);
      for (const size_t byte : {size_t{0}, size_t{3}, value.size() / 2, value.size() - 1}) {
        ASSERT_TRUE(stored.disk().Damage(key, byte)) << name;
        const Report report = Verify(stored);
        EXPECT_THAT(report.findings(), Contains(Field("where", &Finding::where, name)))
            << "byte " << byte << "\n"
            << AllFindings(report);
        ASSERT_TRUE(stored.disk().Damage(key, byte));
      }
    }
    EXPECT_TRUE(Verify(stored).ok()) << "the damage was undone";
  };
  check_all();
  stored.Snapshot();
  check_all();
}

TEST(Verify, FindsAGapWhereAnEntryOfTheJournalIsMissing) {
  StoredLedger stored;
  FillWithEverything(stored);
  const uint32_t shard = stored.ShardOf("acme");
  storage::Batch batch;
  batch.Delete(storage::JournalKey(shard, 3));
  stored.Write(std::move(batch));
  const Report report = Verify(stored);
  EXPECT_THAT(report.findings(), Finds(storage::PrintableKey(storage::JournalKey(shard, 4)),
                                       "the journal has a gap: entry 3 is missing"));
  EXPECT_THAT(report.findings(),
              Finds("shard " + std::to_string(shard), "its sums can't be recomputed"));
}

TEST(Verify, FindsThatTheJournalsEndIsMissing) {
  StoredLedger stored;
  FillWithEverything(stored);
  stored.Snapshot();
  const uint32_t shard = stored.ShardOf("acme");
  storage::Batch batch;
  batch.DeleteRange(storage::ShardPrefix(KeyTag::kJournal, shard),
                    storage::ShardEnd(KeyTag::kJournal, shard));
  stored.Write(std::move(batch));
  EXPECT_THAT(Verify(stored).findings(),
              Finds("shard " + std::to_string(shard), "journal entries are missing"));
}

TEST(Verify, FindsAMissingAccount) {
  StoredLedger stored;
  FillWithEverything(stored);
  stored.Snapshot();
  const uint32_t shard = stored.ShardOf("acme");
  storage::Batch batch;
  batch.Delete(storage::AccountKey(shard, 1));
  stored.Write(std::move(batch));
  EXPECT_FALSE(Verify(stored).ok());
}

TEST(Verify, FindsWhatIsNoKeyOfTheStore) {
  StoredLedger stored;
  storage::MustPut(stored.store(), "Zebra", "stripes");
  storage::MustPut(stored.store(), storage::JournalKey(StoredLedger::kShards, 1), "x");
  const Report report = Verify(stored);
  EXPECT_THAT(report.findings(), Finds("\"Zebra\"", "is no key of this store"));
  EXPECT_THAT(report.findings(), Finds("J/2/1", "is no key of this store"));
}

// A record that is sealed for its key, but says something else than its key does.
void PutSealed(StoredLedger& stored, const std::string& key, const std::string& payload) {
  storage::MustPut(stored.store(), key, storage::SealRecord(key, payload));
}

TEST(Verify, FindsHistoryThatSaysAnotherInstantThanItsKey) {
  StoredLedger stored;
  FillWithEverything(stored);
  const uint32_t shard = stored.ShardOf("acme");
  PutSealed(stored, storage::AuditKey(shard, 1, 5, 1, 0), v1::AuditEntry().SerializeAsString());
  PutSealed(stored, storage::DayKey(shard, 1, 5), v1::DayUsage().SerializeAsString());
  PutSealed(stored, storage::EventKey(shard, {5, 1, 0}), v1::Event().SerializeAsString());
  const Report report = Verify(stored);
  EXPECT_EQ(report.found(), 3u) << AllFindings(report);
  EXPECT_THAT(report.findings(), testing::Each(Field("what", &Finding::what,
                                                     HasSubstr("its instant is not that of"))));
}

TEST(Verify, FindsAClosedDayWhoseSourcesDoNotAddUp) {
  StoredLedger stored;
  FillWithEverything(stored);
  v1::DayUsage day;
  day.mutable_starts_at()->set_seconds(5);
  day.set_closed(true);
  day.set_used(10);
  day.mutable_used_by_source()->set_base(9);
  PutSealed(stored, storage::DayKey(stored.ShardOf("acme"), 1, 5'000'000), day.SerializeAsString());
  EXPECT_THAT(Verify(stored).findings(),
              Contains(Field("what", &Finding::what,
                             HasSubstr("10 credits were used, but by source they come to 9"))));
}

TEST(Verify, FindsHistoryOfWhatTheJournalDoesNotHave) {
  StoredLedger stored;
  FillWithEverything(stored);
  const uint32_t shard = stored.ShardOf("acme");
  v1::AuditEntry entry;
  entry.mutable_at()->set_seconds(5);
  PutSealed(stored, storage::AuditKey(shard, 99, 5'000'000, 1'000, 0), entry.SerializeAsString());
  const Report report = Verify(stored);
  const std::string where = "shard " + std::to_string(shard);
  EXPECT_THAT(report.findings(), Finds(where, "history is of journal sequence 1000"));
  EXPECT_THAT(report.findings(), Finds(where, "history is of account 99"));
}

TEST(Verify, FindsAnAccountThatLiesInAShardWhereNobodyLooksForIt) {
  StoredLedger stored;
  FillWithEverything(stored);
  stored.Snapshot();
  std::string stray = "stray";
  while (stored.ShardOf(stray) == stored.ShardOf("acme")) stray += "y";
  stored.ChangeAccount("acme", [&stray](records::Account& a) { a.set_org_id(stray); });
  EXPECT_THAT(Verify(stored).findings(),
              Contains(Field("what", &Finding::what, HasSubstr(stray + " belongs to shard"))));
}

// ---- Records that are split ----

constexpr storage::Limits kSmallValues{100, 64 * 1024, 4 * 1024};

void FillSplit(StoredLedger& stored) {
  stored.CreateOrg("acme", "enterprise");
  for (int i = 0; i < 80; ++i) {
    stored.Reserve("acme", std::string(50, 'x') + "-" + std::to_string(i), 1, /*slots=*/0);
  }
  stored.Snapshot();
}

TEST(Verify, FindsAMissingChunk) {
  StoredLedger stored(kSmallValues);
  FillSplit(stored);
  const uint32_t shard = stored.ShardOf("acme");
  EXPECT_TRUE(Verify(stored).ok());
  const auto chunks =
      storage::Contents(stored.store(), storage::ShardPrefix(KeyTag::kAccountChunk, shard),
                        storage::ShardEnd(KeyTag::kAccountChunk, shard));
  ASSERT_GE(chunks.size(), 2u) << "the account is not split";
  storage::Batch batch;
  batch.Delete(chunks.rbegin()->first);
  stored.Write(std::move(batch));
  EXPECT_THAT(Verify(stored).findings(),
              Finds(storage::PrintableKey(storage::AccountKey(shard, 1)), "is missing"));
}

TEST(Verify, CountsChunksThatACrashLeftAndFindsNothingWrongWithThem) {
  StoredLedger stored(kSmallValues);
  FillSplit(stored);
  std::string key = storage::AccountPrefix(KeyTag::kAccountChunk, stored.ShardOf("acme"), 1);
  storage::AppendBigEndian64(key, 1);
  for (const uint32_t part : {7, 8, 9}) storage::AppendBigEndian32(key, part);
  PutSealed(stored, key, "left behind");
  const Report report = Verify(stored);
  EXPECT_TRUE(report.ok()) << AllFindings(report);
  EXPECT_EQ(report.counts.orphan_chunks, 1u);
}

TEST(Report, KeepsAThousandFindingsAndCountsAll) {
  Report report;
  for (int i = 0; i < 1'500; ++i) report.Add("here", "wrong");
  EXPECT_EQ(report.found(), 1'500u);
  EXPECT_EQ(report.findings().size(), Report::kMostFindings);
  EXPECT_FALSE(report.ok());
}

}  // namespace
}  // namespace quota::inspect
