// The history of accounts: order, trimming, damage.

#include "storage/history.h"

#include <gtest/gtest.h>

#include "storage/memory_store.h"
#include "tests/storage/store_matchers.h"

namespace quota::storage {
namespace {

using std::chrono::hours;

constexpr Instant kStart{hours(480'000)};
constexpr HistoryWriter::Keep kKeep{.days = hours(24) * 10, .audit = hours(24) * 20};

class HistoryTest : public testing::Test {
 protected:
  void Apply(Batch batch) {
    ASSERT_TRUE(Validate(batch, store_.limits()).ok());
    const WriteOutcome outcome = ApplyAndWait(store_, 0, std::move(batch));
    ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  }

  void AddDay(uint32_t account, int day) {
    Batch batch;
    HistoryWriter(batch, 3, 1, kKeep)
        .AddDay(account, kStart + hours(24) * day, "day " + std::to_string(day));
    Apply(std::move(batch));
  }

  std::vector<std::string> Payloads(KeyTag tag, uint32_t account, size_t most = 100) {
    const std::string prefix = AccountPrefix(tag, 3, account);
    const auto page = ReadHistory(store_, prefix, PrefixEnd(prefix), most);
    EXPECT_TRUE(page.ok()) << page.status();
    std::vector<std::string> payloads;
    for (const auto& record : page->records) payloads.push_back(record.payload);
    more_ = page->more;
    return payloads;
  }

  MemoryStore store_{std::make_shared<MemoryDisk>(), MemoryStoreOptions{.immediate = true}};
  bool more_ = false;
};

TEST_F(HistoryTest, TheNewestComesFirst) {
  for (const int day : {0, 1, 2}) AddDay(7, day);
  EXPECT_EQ(Payloads(KeyTag::kDay, 7), (std::vector<std::string>{"day 2", "day 1", "day 0"}));
  EXPECT_FALSE(more_);
  EXPECT_EQ(Payloads(KeyTag::kDay, 7, 2), (std::vector<std::string>{"day 2", "day 1"}));
  EXPECT_TRUE(more_);
}

TEST_F(HistoryTest, WatchedEventsComeOldestFirstAndAreTrimmedByShard) {
  for (const int hour : {0, 1, 2}) {
    Batch batch;
    HistoryWriter writer(batch, 3, 10 + hour, kKeep);
    writer.AddEvent(kStart + hours(hour), "a" + std::to_string(hour));
    writer.AddEvent(kStart + hours(hour), "b" + std::to_string(hour));
    Apply(std::move(batch));
  }
  Batch other;
  HistoryWriter(other, 4, 1, kKeep).AddEvent(kStart, "other shard");
  Apply(std::move(other));
  const auto payloads = [this](uint32_t shard) {
    std::vector<std::string> found;
    const auto page = ReadHistory(store_, ShardPrefix(KeyTag::kEvent, shard),
                                  ShardEnd(KeyTag::kEvent, shard), 100);
    EXPECT_TRUE(page.ok()) << page.status();
    for (const auto& record : page->records) found.push_back(record.payload);
    return found;
  };
  EXPECT_EQ(payloads(3), (std::vector<std::string>{"a0", "b0", "a1", "b1", "a2", "b2"}));
  Batch trim;
  HistoryWriter(trim, 3, 20, kKeep).TrimEvents(kStart + hours(1));
  Apply(std::move(trim));
  EXPECT_EQ(payloads(3), (std::vector<std::string>{"a1", "b1", "a2", "b2"}));
  EXPECT_EQ(payloads(4), (std::vector<std::string>{"other shard"}));
}

TEST_F(HistoryTest, EntriesOfOneInstantKeepTheirOrder) {
  Batch batch;
  HistoryWriter writer(batch, 3, 5, kKeep);
  writer.AddAudit(7, kStart, "first");
  writer.AddAudit(7, kStart, "second");
  Apply(std::move(batch));
  Batch later;
  HistoryWriter(later, 3, 6, kKeep).AddAudit(7, kStart, "third");
  Apply(std::move(later));
  EXPECT_EQ(Payloads(KeyTag::kAudit, 7), (std::vector<std::string>{"third", "second", "first"}));
}

TEST_F(HistoryTest, WhatIsTooOldGoesWithTheNextRecordOfItsAccountAlone) {
  AddDay(7, 0);
  AddDay(7, 1);
  AddDay(8, 0);
  AddDay(7, 10);
  EXPECT_EQ(Payloads(KeyTag::kDay, 7), (std::vector<std::string>{"day 10", "day 1", "day 0"}));
  AddDay(7, 11);
  EXPECT_EQ(Payloads(KeyTag::kDay, 7), (std::vector<std::string>{"day 11", "day 10", "day 1"}));
  AddDay(7, 30);
  EXPECT_EQ(Payloads(KeyTag::kDay, 7), (std::vector<std::string>{"day 30"}));
  EXPECT_EQ(Payloads(KeyTag::kDay, 8), (std::vector<std::string>{"day 0"}));
}

TEST_F(HistoryTest, SeveralRecordsOfAnAccountFitOneBatch) {
  Batch batch;
  HistoryWriter writer(batch, 3, 5, kKeep);
  for (const int day : {20, 21, 22}) writer.AddDay(7, kStart + hours(24) * day, "d");
  writer.AddAudit(7, kStart + hours(24) * 22, "a");
  EXPECT_LE(batch.operations(), 4 * HistoryWriter::kOperations);
  Apply(std::move(batch));
  EXPECT_EQ(Payloads(KeyTag::kDay, 7).size(), 3U);
}

TEST_F(HistoryTest, ADamagedRecordIsNamed) {
  const std::string key = DayKey(3, 7, 99);
  Batch batch;
  batch.Put(key, "nonsense");
  Apply(std::move(batch));
  const std::string prefix = AccountPrefix(KeyTag::kDay, 3, 7);
  const auto page = ReadHistory(store_, prefix, PrefixEnd(prefix), 10);
  EXPECT_EQ(page.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(page.status().message().find("D/3/7/"), absl::string_view::npos) << page.status();
}

}  // namespace
}  // namespace quota::storage
