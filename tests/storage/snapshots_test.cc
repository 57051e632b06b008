#include "storage/snapshots.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/journal.h"
#include "storage/keys.h"
#include "storage/memory_store.h"
#include "tests/storage/store_matchers.h"

namespace quota::storage {
namespace {

using absl::StatusCode;

constexpr uint32_t kSnapshotShard = 4;
constexpr uint64_t kMark = 1;

// Small, so that a few kilobytes need chunks and several batches.
constexpr Limits kSnapshotLimits = kLeastLimits;

class SnapshotsTest : public ::testing::Test {
 protected:
  SnapshotWriter Writer() {
    absl::StatusOr<SnapshotWriter> writer = SnapshotWriter::Open(store_, kSnapshotShard);
    EXPECT_TRUE(writer.ok()) << writer.status();
    return *std::move(writer);
  }

  std::vector<Batch> Encode(SnapshotWriter& writer, const std::vector<AccountSnapshot>& accounts,
                            uint64_t mark = kMark) {
    absl::StatusOr<std::vector<Batch>> batches = writer.EncodeAccounts(accounts, mark);
    EXPECT_TRUE(batches.ok()) << batches.status();
    for (const Batch& batch : *batches) EXPECT_TRUE(Validate(batch, kSnapshotLimits).ok());
    return *std::move(batches);
  }

  void MustApplyAll(std::vector<Batch> batches) {
    for (Batch& batch : batches) MustApply(store_, std::move(batch));
  }

  // Writes with a fresh writer, as after a restart.
  void WriteAccounts(const std::vector<AccountSnapshot>& accounts) {
    SnapshotWriter writer = Writer();
    MustApplyAll(Encode(writer, accounts));
  }

  absl::StatusOr<std::vector<AccountSnapshot>> Read() {
    AccountReader reader(store_, kSnapshotShard);
    std::vector<AccountSnapshot> accounts;
    for (;;) {
      absl::StatusOr<std::optional<AccountSnapshot>> account = reader.Next();
      if (!account.ok()) return account.status();
      if (!account->has_value()) return accounts;
      accounts.push_back(**std::move(account));
    }
  }

  void ExpectRead(const std::vector<AccountSnapshot>& expected) {
    absl::StatusOr<std::vector<AccountSnapshot>> read = Read();
    ASSERT_TRUE(read.ok()) << read.status();
    ASSERT_EQ(read->size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ((*read)[i].account, expected[i].account);
      EXPECT_EQ((*read)[i].sequence, expected[i].sequence);
      EXPECT_TRUE((*read)[i].record == expected[i].record) << expected[i].account;
    }
  }

  size_t Chunks(KeyTag tag = KeyTag::kAccountChunk) {
    return Contents(store_, ShardPrefix(tag, kSnapshotShard), ShardEnd(tag, kSnapshotShard)).size();
  }

  static std::string Large(char fill) {
    std::string record(20'000, fill);
    for (size_t i = 0; i < record.size(); i += 7) record[i] = static_cast<char>(i);
    return record;
  }

  const std::shared_ptr<MemoryDisk> disk_ = std::make_shared<MemoryDisk>();
  MemoryStore store_{disk_, {.limits = kSnapshotLimits}};
};

TEST_F(SnapshotsTest, AShardWithoutAccountsReadsAsNone) { ExpectRead({}); }

TEST_F(SnapshotsTest, RecordsOfAllSizesComeBackByNumber) {
  std::vector<AccountSnapshot> accounts;
  for (uint32_t i = 0; i < 60; ++i) {
    accounts.push_back({i * 1000, i, std::string(i * 150, static_cast<char>('a' + i % 26))});
  }
  accounts[20].record.clear();
  accounts[21].sequence = ~0ull;
  WriteAccounts({accounts.rbegin(), accounts.rend()});
  ExpectRead(accounts);
}

TEST_F(SnapshotsTest, SmallRecordsShareBatchesUpToTheLimits) {
  std::vector<AccountSnapshot> accounts;
  for (uint32_t i = 0; i < 30; ++i) accounts.push_back({i, 1, "small"});
  SnapshotWriter writer = Writer();
  // The condition on the mark is one of the 16 operations of a batch.
  EXPECT_EQ(Encode(writer, accounts).size(), 2u);
  EXPECT_TRUE(Encode(writer, {}).empty());
}

TEST_F(SnapshotsTest, ALaterRecordReplacesTheEarlier) {
  WriteAccounts({{1, 10, "ten"}, {2, 10, Large('a')}, {3, 10, Large('b')}});
  EXPECT_GT(Chunks(), 0u);
  WriteAccounts({{1, 20, Large('c')}, {2, 20, Large('d')}, {3, 20, "small again"}});
  ExpectRead({{1, 20, Large('c')}, {2, 20, Large('d')}, {3, 20, "small again"}});
  WriteAccounts({{1, 30, "small"}, {2, 30, "small"}});
  EXPECT_EQ(Chunks(), 0u);
}

TEST_F(SnapshotsTest, OneWriterKeepsTrackOfItsOwnChunks) {
  SnapshotWriter writer = Writer();
  MustApplyAll(Encode(writer, {{1, 10, Large('a')}}));
  const size_t chunks = Chunks();
  MustApplyAll(Encode(writer, {{1, 20, Large('b')}}));
  EXPECT_EQ(Chunks(), chunks);
  MustApplyAll(Encode(writer, {{1, 30, "small"}}));
  EXPECT_EQ(Chunks(), 0u);
}

TEST_F(SnapshotsTest, ACrashBetweenAnyTwoBatchesLeavesTheOldRecordOrTheNew) {
  const AccountSnapshot old_record{1, 10, Large('a')};
  // The same sequence again, as after an upgrade that encodes differently, and a later one.
  for (const AccountSnapshot& next :
       {AccountSnapshot{1, 10, Large('b')}, AccountSnapshot{1, 20, Large('b')},
        AccountSnapshot{1, 20, "small"}}) {
    for (size_t applied = 0;; ++applied) {
      WriteAccounts({old_record});
      SnapshotWriter writer = Writer();
      std::vector<Batch> batches = Encode(writer, {next});
      if (applied > batches.size()) break;
      for (size_t i = 0; i < applied; ++i) MustApply(store_, batches[i]);
      ExpectRead({applied < batches.size() ? old_record : next});
      // The next write deletes what the crash left.
      WriteAccounts({{1, 30, "small"}});
      ExpectRead({{1, 30, "small"}});
      EXPECT_EQ(Chunks(), 0u);
    }
  }
}

TEST_F(SnapshotsTest, ChunksOfAnAccountThatNeverGotItsHeadAreIgnoredThenDeleted) {
  SnapshotWriter writer = Writer();
  std::vector<Batch> batches = Encode(writer, {{9, 10, Large('a')}});
  batches.pop_back();
  ASSERT_FALSE(batches.empty());
  MustApplyAll(std::move(batches));
  ASSERT_GT(Chunks(), 0u);
  ExpectRead({});
  WriteAccounts({{9, 11, "small"}});
  EXPECT_EQ(Chunks(), 0u);
  ExpectRead({{9, 11, "small"}});
}

TEST_F(SnapshotsTest, OtherAccountsAndShardsAreLeftAlone) {
  WriteAccounts({{1, 10, Large('a')}, {2, 10, Large('b')}, {3, 10, Large('c')}});
  absl::StatusOr<SnapshotWriter> other = SnapshotWriter::Open(store_, kSnapshotShard + 1);
  ASSERT_TRUE(other.ok()) << other.status();
  const std::vector<AccountSnapshot> others = {{2, 5, Large('d')}};
  MustApplyAll(*other->EncodeAccounts(others, kMark));
  WriteAccounts({{2, 20, "small"}});
  ExpectRead({{1, 10, Large('a')}, {2, 20, "small"}, {3, 10, Large('c')}});
  AccountReader reader(store_, kSnapshotShard + 1);
  EXPECT_TRUE((*reader.Next())->record == Large('d'));
}

TEST_F(SnapshotsTest, AnyDamagedByteIsFound) {
  WriteAccounts({{1, 10, "small"}, {2, 10, std::string(5000, 'x')}});
  for (const auto& [key, value] : Contents(store_)) {
    for (size_t byte = 0; byte < value.size(); ++byte) {
      ASSERT_TRUE(disk_->Damage(key, byte));
      EXPECT_THAT(Read(), IsError(StatusCode::kDataLoss, PrintableKey(key))) << byte;
      ASSERT_TRUE(disk_->Damage(key, byte));  // flips it back
    }
  }
  EXPECT_TRUE(Read().ok());
}

TEST_F(SnapshotsTest, AMissingChunkIsDataLossNamingIt) {
  WriteAccounts({{2, 10, Large('x')}});
  const auto chunks = Contents(store_, ShardPrefix(KeyTag::kAccountChunk, kSnapshotShard),
                               ShardEnd(KeyTag::kAccountChunk, kSnapshotShard));
  for (const auto& [key, value] : chunks) {
    Batch erase;
    erase.Delete(key);
    MustApply(store_, std::move(erase));
    EXPECT_THAT(Read(), IsError(StatusCode::kDataLoss, PrintableKey(key) + " is missing"));
    MustPut(store_, key, value);
  }
  EXPECT_TRUE(Read().ok());
}

TEST_F(SnapshotsTest, EveryBatchIsRefusedOnceTheMarkMoved) {
  SnapshotWriter writer = Writer();
  std::vector<Batch> batches = Encode(writer, {{1, 10, Large('a')}});
  ASSERT_GT(batches.size(), 1u);
  Batch trim;
  Journal::Trim(trim, kSnapshotShard, 1, 2);
  MustApply(store_, std::move(trim));
  for (Batch& batch : batches) {
    const WriteOutcome outcome = ApplyAndWait(store_, kSnapshotShard, std::move(batch));
    EXPECT_EQ(outcome.result, WriteResult::kRefused);
    EXPECT_THAT(outcome.status, IsError(StatusCode::kFailedPrecondition, "W/4"));
  }
  MustApplyAll(Encode(writer, {{1, 10, "small"}}, 2));
  ExpectRead({{1, 10, "small"}});
}

TEST_F(SnapshotsTest, AnAccountTwiceOrARecordTooLargeIsRefused) {
  SnapshotWriter writer = Writer();
  const std::vector<AccountSnapshot> twice = {{7, 1, "a"}, {8, 1, "b"}, {7, 2, "c"}};
  EXPECT_THAT(writer.EncodeAccounts(twice, kMark),
              IsError(StatusCode::kInvalidArgument, "record 7 is given twice"));
  std::vector<AccountSnapshot> large(1);
  large[0].record.resize(kMaxRecordBytes + 1);
  EXPECT_THAT(writer.EncodeAccounts(large, kMark),
              IsError(StatusCode::kInvalidArgument, "67108865 bytes"));
}

TEST_F(SnapshotsTest, PagesComeBackAndAreDroppedFromTheFront) {
  std::vector<IdPageSnapshot> pages;
  for (uint64_t i = 0; i < 6; ++i) pages.push_back({i + (1ull << 32), i, Large('a')});
  SnapshotWriter writer = Writer();
  absl::StatusOr<std::vector<Batch>> batches = writer.EncodeIdPages(pages, kMark);
  ASSERT_TRUE(batches.ok()) << batches.status();
  MustApplyAll(*std::move(batches));
  const size_t chunks = Chunks(KeyTag::kIdPageChunk);
  Batch drop;
  writer.DropIdPages(drop, pages[2].page);
  MustApply(store_, std::move(drop));
  EXPECT_EQ(Chunks(KeyTag::kIdPageChunk), chunks / 6 * 4);
  IdPageReader reader(store_, kSnapshotShard);
  for (size_t i = 2; i < pages.size(); ++i) {
    absl::StatusOr<std::optional<IdPageSnapshot>> page = reader.Next();
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_EQ((*page)->page, pages[i].page);
    EXPECT_EQ((*page)->sequence, pages[i].sequence);
    EXPECT_TRUE((*page)->record == pages[i].record);
  }
  EXPECT_FALSE((*reader.Next()).has_value());
  ExpectRead({});
}

TEST_F(SnapshotsTest, AReadErrorIsPassedOn) {
  WriteAccounts({{1, 10, "small"}});
  disk_->Crash();
  EXPECT_THAT(Read(), IsError(StatusCode::kUnavailable, "crashed"));
  EXPECT_THAT(SnapshotWriter::Open(store_, kSnapshotShard),
              IsError(StatusCode::kUnavailable, "crashed"));
}

}  // namespace
}  // namespace quota::storage
