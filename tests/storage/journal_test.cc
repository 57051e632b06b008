#include "storage/journal.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "storage/keys.h"
#include "storage/memory_store.h"
#include "storage/record.h"
#include "tests/storage/store_matchers.h"

namespace quota::storage {
namespace {

using absl::StatusCode;

constexpr uint32_t kShard = 2;

class JournalTest : public ::testing::Test {
 protected:
  void Append(uint64_t sequence, uint32_t shard = kShard) {
    Batch batch;
    Journal::Append(batch, shard, sequence, "entry " + std::to_string(sequence));
    MustApply(store_, std::move(batch));
  }

  WriteOutcome Trim(uint64_t old_mark, uint64_t new_mark) {
    Batch batch;
    Journal::Trim(batch, kShard, old_mark, new_mark);
    return ApplyAndWait(store_, kShard, std::move(batch));
  }

  // The sequences up to the end, or the error that came before it.
  absl::StatusOr<std::vector<uint64_t>> Read() {
    absl::StatusOr<JournalReader> reader = JournalReader::Open(store_, kShard);
    if (!reader.ok()) return reader.status();
    std::vector<uint64_t> sequences;
    for (;;) {
      absl::StatusOr<std::optional<JournalEntry>> entry = reader->Next();
      if (!entry.ok()) return entry.status();
      if (!entry->has_value()) break;
      EXPECT_EQ((*entry)->payload, "entry " + std::to_string((*entry)->sequence));
      sequences.push_back((*entry)->sequence);
    }
    next_ = reader->next_sequence();
    return sequences;
  }

  void ExpectRead(const std::vector<uint64_t>& expected) {
    absl::StatusOr<std::vector<uint64_t>> sequences = Read();
    ASSERT_TRUE(sequences.ok()) << sequences.status();
    EXPECT_EQ(*sequences, expected);
  }

  void Erase(const std::string& key) {
    Batch batch;
    batch.Delete(key);
    MustApply(store_, std::move(batch));
  }

  const std::shared_ptr<MemoryDisk> disk_ = std::make_shared<MemoryDisk>();
  MemoryStore store_{disk_, {}};
  uint64_t next_ = 0;
};

TEST_F(JournalTest, ANewShardIsEmptyAndStartsAtOne) {
  ExpectRead({});
  EXPECT_EQ(next_, 1u);
  EXPECT_EQ(*Journal::ReadLowWater(store_, kShard), 1u);
}

TEST_F(JournalTest, EntriesComeBackInOrderWithoutThoseOfOtherShards) {
  Append(1, kShard - 1);
  Append(1, kShard + 1);
  for (uint64_t sequence : {1, 2, 3}) Append(sequence);
  ExpectRead({1, 2, 3});
  EXPECT_EQ(next_, 4u);
}

TEST_F(JournalTest, AnEntryIsNotAppendedTwice) {
  Append(1);
  Batch again;
  Journal::Append(again, kShard, 1, "another entry");
  const WriteOutcome outcome = ApplyAndWait(store_, kShard, std::move(again));
  EXPECT_EQ(outcome.result, WriteResult::kRefused);
  EXPECT_THAT(outcome.status, IsError(StatusCode::kFailedPrecondition, "J/2/1"));
  ExpectRead({1});
}

TEST_F(JournalTest, AppendAddsWhatItSays) {
  Batch batch;
  Journal::Append(batch, kShard, 1, "payload");
  EXPECT_EQ(batch.operations(), Journal::kAppendOperations);
  EXPECT_EQ(batch.bytes(), Journal::kAppendOverheadBytes + 7);
  Batch guard;
  Journal::RequireLowWater(guard, kShard, 9);
  EXPECT_EQ(guard.operations(), 1u);
  EXPECT_EQ(guard.bytes(), Journal::kMarkConditionBytes);
}

TEST_F(JournalTest, ThePayloadBoundIsTheLargestThatFits) {
  const Limits limits = store_.limits();
  for (const Limits& each : {limits, Limits{100, 10'000, 10'000}}) {
    const size_t most = Journal::MaxPayloadBytes(each);
    Batch fits;
    Journal::Append(fits, kShard, 1, std::string(most, 'x'));
    EXPECT_TRUE(Validate(fits, each).ok());
    Batch above;
    Journal::Append(above, kShard, 1, std::string(most + 1, 'x'));
    EXPECT_FALSE(Validate(above, each).ok());
  }
}

TEST_F(JournalTest, AGapIsDataLossNamingBothSequences) {
  for (uint64_t sequence : {1, 2, 4, 5}) Append(sequence);
  EXPECT_THAT(Read(), IsError(StatusCode::kDataLoss,
                              "shard 2 has a gap: expected J/2/3, found "
                              "J/2/4"));
}

TEST_F(JournalTest, AMissingFirstEntryIsAGap) {
  for (uint64_t sequence : {2, 3}) Append(sequence);
  EXPECT_THAT(Read(), IsError(StatusCode::kDataLoss, "expected J/2/1, found J/2/2"));
}

TEST_F(JournalTest, AnyDamagedByteIsFound) {
  for (uint64_t sequence : {1, 2, 3}) Append(sequence);
  const size_t size = (*store_.Get(JournalKey(kShard, 2)))->size();
  for (size_t byte = 0; byte < size; ++byte) {
    ASSERT_TRUE(disk_->Damage(JournalKey(kShard, 2), byte));
    EXPECT_THAT(Read(), IsError(StatusCode::kDataLoss, "J/2/2")) << byte;
    ASSERT_TRUE(disk_->Damage(JournalKey(kShard, 2), byte));  // flips it back
  }
  ExpectRead({1, 2, 3});
}

TEST_F(JournalTest, AnEntryFoundUnderAnothersKeyIsDataLoss) {
  Append(1);
  MustPut(store_, JournalKey(kShard, 2), **store_.Get(JournalKey(kShard, 1)));
  EXPECT_THAT(Read(), IsError(StatusCode::kDataLoss, "J/2/2"));
}

TEST_F(JournalTest, AKeyThatIsNoSequenceIsDataLoss) {
  Append(1);
  MustPut(store_, JournalKey(kShard, 1) + "x", "foreign");
  EXPECT_THAT(Read(), IsError(StatusCode::kDataLoss, "gap"));
}

TEST_F(JournalTest, TrimDropsTheEntriesBeforeTheNewMark) {
  for (uint64_t sequence = 1; sequence <= 6; ++sequence) Append(sequence);
  Append(1, kShard + 1);
  ASSERT_EQ(Trim(1, 3).result, WriteResult::kDone);
  ExpectRead({3, 4, 5, 6});
  ASSERT_EQ(Trim(3, 6).result, WriteResult::kDone);
  ExpectRead({6});
  EXPECT_EQ(*Journal::ReadLowWater(store_, kShard), 6u);
  EXPECT_EQ(*Journal::ReadLowWater(store_, kShard + 1), 1u);
}

TEST_F(JournalTest, AJournalTrimmedEmptyGoesOnAtItsMark) {
  for (uint64_t sequence : {1, 2}) Append(sequence);
  ASSERT_EQ(Trim(1, 3).result, WriteResult::kDone);
  ExpectRead({});
  EXPECT_EQ(next_, 3u);
  Append(3);
  ExpectRead({3});
}

TEST_F(JournalTest, ATrimWhoseMarkMovedIsRefused) {
  for (uint64_t sequence : {1, 2, 3}) Append(sequence);
  ASSERT_EQ(Trim(1, 2).result, WriteResult::kDone);
  for (const uint64_t stale : {1, 3}) {
    const WriteOutcome outcome = Trim(stale, stale + 1);
    EXPECT_EQ(outcome.result, WriteResult::kRefused);
    EXPECT_THAT(outcome.status, IsError(StatusCode::kFailedPrecondition, "W/2"));
  }
  ExpectRead({2, 3});
}

TEST_F(JournalTest, ATrimThatDoesNotMoveForwardIsRefused) {
  for (uint64_t sequence : {1, 2, 3}) Append(sequence);
  ASSERT_EQ(Trim(1, 3).result, WriteResult::kDone);
  EXPECT_THAT(Trim(3, 3).status, IsError(StatusCode::kInvalidArgument, "range is empty"));
  EXPECT_THAT(Trim(3, 2).status, IsError(StatusCode::kInvalidArgument, "range is empty"));
}

TEST_F(JournalTest, AnEntryBelowTheMarkIsDataLoss) {
  for (uint64_t sequence : {1, 2, 3}) Append(sequence);
  ASSERT_EQ(Trim(1, 3).result, WriteResult::kDone);
  Append(2);
  EXPECT_THAT(Read(), IsError(StatusCode::kDataLoss, "J/2/2 below its low-water mark 3"));
}

TEST_F(JournalTest, AMarkThatWasLostShowsAsAGap) {
  for (uint64_t sequence : {1, 2, 3}) Append(sequence);
  ASSERT_EQ(Trim(1, 3).result, WriteResult::kDone);
  Erase(LowWaterKey(kShard));
  EXPECT_THAT(Read(), IsError(StatusCode::kDataLoss, "expected J/2/1, found J/2/3"));
}

TEST_F(JournalTest, ADamagedMarkIsFound) {
  Append(1);
  ASSERT_EQ(Trim(1, 2).result, WriteResult::kDone);
  const size_t size = (*store_.Get(LowWaterKey(kShard)))->size();
  for (size_t byte = 0; byte < size; ++byte) {
    ASSERT_TRUE(disk_->Damage(LowWaterKey(kShard), byte));
    EXPECT_THAT(Read(), IsError(StatusCode::kDataLoss, "W/2")) << byte;
    ASSERT_TRUE(disk_->Damage(LowWaterKey(kShard), byte));  // flips it back
  }
  MustPut(store_, LowWaterKey(kShard), SealRecord(LowWaterKey(kShard), "short"));
  EXPECT_THAT(Read(), IsError(StatusCode::kDataLoss, "holds no mark"));
}

}  // namespace
}  // namespace quota::storage
