// What is built on the store contract, run over every engine: a model that batches in flight are
// compared with, and journal, snapshots and format within each engine's limits.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "storage/format.h"
#include "storage/journal.h"
#include "storage/snapshots.h"
#include "tests/conformance/engines.h"
#include "tests/storage/store_matchers.h"

namespace quota::storage {
namespace {

using Contained = std::map<std::string, std::string>;

class LayoutConformanceTest : public ::testing::TestWithParam<Engine> {
 protected:
  void SetUp() override { Reopen(); }

  void Reopen() {
    store_.reset();
    absl::StatusOr<std::unique_ptr<Store>> opened = place_->Open();
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }

  const std::unique_ptr<Place> place_ = GetParam().create();
  std::unique_ptr<Store> store_;
};

std::string DrawKey(std::mt19937& random) { return std::string(1, 'a' + random() % 12); }

// A batch over twelve keys whose preconditions hold about as often as not.
Batch DrawBatch(std::mt19937& random, const Contained& model) {
  Batch batch;
  for (uint32_t i = random() % 3; i > 0; --i) {
    const std::string key = DrawKey(random);
    const auto found = model.find(key);
    if (found == model.end() || random() % 8 == 0) {
      batch.RequireAbsent(key);
    } else {
      batch.RequireValue(key, random() % 8 == 0 ? "other" : found->second);
    }
  }
  for (uint32_t i = random() % 4; i > 0; --i) {
    const std::string key = DrawKey(random);
    if (const uint32_t kind = random() % 10; kind < 6) {
      batch.Put(key, std::to_string(random() % 3));
    } else if (kind < 8) {
      batch.Delete(key);
    } else {
      batch.DeleteRange(key, std::string(1, key[0] + 1 + random() % 4));
    }
  }
  return batch;
}

// The contract in a few lines: what the batch does to `model`, and how it ends.
WriteResult ApplyToModel(const Batch& batch, const Limits& limits, Contained& model) {
  if (!Validate(batch, limits).ok()) return WriteResult::kRefused;
  for (const Precondition& precondition : batch.preconditions()) {
    const auto found = model.find(precondition.key);
    const auto value = found == model.end() ? std::nullopt : std::optional(found->second);
    if (value != precondition.value) return WriteResult::kRefused;
  }
  for (const Write& write : batch.writes()) {
    if (write.kind == Write::Kind::kPut) model[write.key] = write.value;
    if (write.kind == Write::Kind::kDelete) model.erase(write.key);
    if (write.kind == Write::Kind::kDeleteRange) {
      model.erase(model.lower_bound(write.key), model.lower_bound(write.end));
    }
  }
  return WriteResult::kDone;
}

TEST_P(LayoutConformanceTest, RandomBatchesInFlightEndAsTheModelSays) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  Contained model;
  for (int round = 0; round < 20; ++round) {
    std::vector<WriteResult> expected;
    std::vector<WriteResult> actual;
    for (int i = 0; i < 50; ++i) {
      Batch batch = DrawBatch(random, model);
      expected.push_back(ApplyToModel(batch, store_->limits(), model));
      store_->Apply(0, std::move(batch),
                    [&actual](WriteOutcome outcome) { actual.push_back(outcome.result); });
    }
    store_->Drain();
    ASSERT_EQ(actual, expected) << "round " << round;
    ASSERT_EQ(Contents(*store_), model) << "round " << round;
    if (round % 5 == 4) Reopen();
  }
}

TEST_P(LayoutConformanceTest, AJournalIsReadBackFromItsMarkAcrossReopening) {
  constexpr uint32_t kShard = 3;
  constexpr uint64_t kEntries = 250;
  const std::string largest(Journal::MaxPayloadBytes(store_->limits()), 'x');
  for (uint64_t sequence = 1; sequence <= kEntries; ++sequence) {
    Batch batch;
    Journal::Append(batch, kShard, sequence,
                    sequence == 200 ? largest : "group " + std::to_string(sequence));
    MustApply(*store_, std::move(batch));
  }
  Batch trim;
  Journal::Trim(trim, kShard, 1, 101);
  MustApply(*store_, std::move(trim));
  Reopen();
  absl::StatusOr<JournalReader> reader = JournalReader::Open(*store_, kShard);
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ(reader->low_water(), 101u);
  for (uint64_t sequence = 101; sequence <= kEntries; ++sequence) {
    absl::StatusOr<std::optional<JournalEntry>> entry = reader->Next();
    ASSERT_TRUE(entry.ok()) << entry.status();
    ASSERT_TRUE(entry->has_value());
    EXPECT_EQ((*entry)->sequence, sequence);
    EXPECT_EQ((*entry)->payload, sequence == 200 ? largest : "group " + std::to_string(sequence));
  }
  absl::StatusOr<std::optional<JournalEntry>> end = reader->Next();
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_FALSE(end->has_value());
  EXPECT_EQ(reader->next_sequence(), kEntries + 1);
}

TEST_P(LayoutConformanceTest, SnapshotsOfAnySizeFitTheEngine) {
  std::vector<AccountSnapshot> accounts;
  for (uint32_t i = 0; i < 500; ++i) accounts.push_back({i, i + 1, std::string(i, 'a' + i % 26)});
  accounts[7].record = std::string(store_->limits().max_batch_bytes * 2 + 12'345, 'z');
  absl::StatusOr<SnapshotWriter> writer = SnapshotWriter::Open(*store_, 5);
  ASSERT_TRUE(writer.ok()) << writer.status();
  absl::StatusOr<std::vector<Batch>> batches = writer->EncodeAccounts(accounts, 1);
  ASSERT_TRUE(batches.ok()) << batches.status();
  for (Batch& batch : *batches) MustApply(*store_, std::move(batch));
  Reopen();
  AccountReader reader(*store_, 5);
  for (const AccountSnapshot& expected : accounts) {
    absl::StatusOr<std::optional<AccountSnapshot>> read = reader.Next();
    ASSERT_TRUE(read.ok()) << read.status();
    ASSERT_TRUE(read->has_value());
    EXPECT_EQ((*read)->account, expected.account);
    EXPECT_EQ((*read)->sequence, expected.sequence);
    EXPECT_TRUE((*read)->record == expected.record) << expected.account;
  }
  EXPECT_FALSE((*reader.Next()).has_value());
}

TEST_P(LayoutConformanceTest, TheFormatIsWrittenOnceAndKept) {
  absl::StatusOr<FormatInfo> created = EnsureFormat(*store_, 24);
  ASSERT_TRUE(created.ok()) << created.status();
  Reopen();
  absl::StatusOr<FormatInfo> read = EnsureFormat(*store_, 16);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->shards, 24u);
  EXPECT_EQ(read->creation_id, created->creation_id);
}

INSTANTIATE_TEST_SUITE_P(Engines, LayoutConformanceTest, ::testing::ValuesIn(AllEngines()),
                         [](const auto& param) { return param.param.name; });

}  // namespace
}  // namespace quota::storage
