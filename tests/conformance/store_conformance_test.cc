// The store contract (storage/store.h), run over every engine.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "storage/keys.h"
#include "storage/store.h"
#include "tests/conformance/engines.h"
#include "tests/storage/store_matchers.h"

namespace quota::storage {
namespace {

using Contained = std::map<std::string, std::string>;

class StoreConformanceTest : public ::testing::TestWithParam<Engine> {
 protected:
  void SetUp() override { Reopen(); }

  void Reopen() {
    store_.reset();
    absl::StatusOr<std::unique_ptr<Store>> opened = place_->Open();
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }

  WriteOutcome Write(Batch batch) { return ApplyAndWait(*store_, 0, std::move(batch)); }

  std::optional<std::string> Read(const std::string& key) {
    absl::StatusOr<std::optional<std::string>> value = store_->Get(key);
    EXPECT_TRUE(value.ok()) << value.status();
    return value.ok() ? *value : std::nullopt;
  }

  // Refused, with a code and a message that names `part`.
  void ExpectRefused(Batch batch, absl::StatusCode code, const std::string& part) {
    const WriteOutcome outcome = Write(std::move(batch));
    EXPECT_EQ(outcome.result, WriteResult::kRefused);
    EXPECT_THAT(outcome.status, IsError(code, part));
  }

  const std::unique_ptr<Place> place_ = GetParam().create();
  std::unique_ptr<Store> store_;
};

TEST_P(StoreConformanceTest, GetReturnsWhatWasPutLast) {
  EXPECT_EQ(Read("a"), std::nullopt);
  MustPut(*store_, "a", "1");
  EXPECT_EQ(Read("a"), "1");
  MustPut(*store_, "a", "2");
  EXPECT_EQ(Read("a"), "2");
  EXPECT_EQ(Read("aa"), std::nullopt);
}

TEST_P(StoreConformanceTest, EmptyValuesAndAnyBytesAreKept) {
  const std::string key("\0\xff\n\0", 4);
  const std::string value("\0\0\xfe", 3);
  MustPut(*store_, key, value);
  MustPut(*store_, "empty", "");
  EXPECT_EQ(Read(key), value);
  EXPECT_EQ(Read("empty"), "");
}

TEST_P(StoreConformanceTest, ScanIsOrderedByUnsignedBytes) {
  const std::vector<std::string> ordered = {
      std::string(1, '\0'), "A", "a", "a\x7f", "a\x80", "aa\xff", "b", "\xfe", "\xff", "\xff\xff"};
  std::vector<std::string> sorted = ordered;
  std::sort(sorted.begin(), sorted.end());
  Batch batch;
  for (size_t i = ordered.size(); i > 0; --i) batch.Put(ordered[i - 1], "v");
  MustApply(*store_, std::move(batch));
  absl::StatusOr<Page> page = store_->Scan("", "", 100, 1000);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->entries.size(), sorted.size());
  for (size_t i = 0; i < sorted.size(); ++i) EXPECT_EQ(page->entries[i].first, sorted[i]);
  EXPECT_EQ(page->next, "");
}

TEST_P(StoreConformanceTest, ScanKeepsToItsBounds) {
  Batch batch;
  for (const char* key : {"a", "b", "b1", "c", "d"}) batch.Put(key, key);
  MustApply(*store_, std::move(batch));
  EXPECT_EQ(Contents(*store_, "b", "d"), (Contained{{"b", "b"}, {"b1", "b1"}, {"c", "c"}}));
  EXPECT_EQ(Contents(*store_, "c"), (Contained{{"c", "c"}, {"d", "d"}}));
  EXPECT_EQ(Contents(*store_, "b0", "b0"), Contained());
  EXPECT_EQ(Contents(*store_, "d", "a"), Contained());
  EXPECT_EQ(Contents(*store_, "e"), Contained());
}

TEST_P(StoreConformanceTest, ScanPagesByEntriesAndTellsWhereTheNextBegins) {
  Batch batch;
  for (const char* key : {"a", "b", "c", "d"}) batch.Put(key, "v");
  MustApply(*store_, std::move(batch));
  absl::StatusOr<Page> page = store_->Scan("a", "", 3, 1000);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->entries.size(), 3u);
  EXPECT_EQ(page->next, "d");
  page = store_->Scan("a", "d", 3, 1000);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->entries.size(), 3u);
  EXPECT_EQ(page->next, "") << "nothing follows below the bound";
  EXPECT_THAT(store_->Scan("a", "", 0, 1000), IsError(absl::StatusCode::kInvalidArgument, ""));
}

TEST_P(StoreConformanceTest, ScanPagesByBytesButHoldsOneEntryAtLeast) {
  Batch batch;
  batch.Put("a", std::string(9, 'x'));
  batch.Put("b", std::string(9, 'x'));
  batch.Put("c", std::string(999, 'x'));
  MustApply(*store_, std::move(batch));
  absl::StatusOr<Page> page = store_->Scan("", "", 10, 20);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->entries.size(), 2u);
  EXPECT_EQ(page->next, "c");
  page = store_->Scan("", "", 10, 19);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->entries.size(), 1u);
  EXPECT_EQ(page->next, "b");
  page = store_->Scan("c", "", 10, 1);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->entries.size(), 1u);
  EXPECT_EQ(page->next, "");
}

TEST_P(StoreConformanceTest, DeleteRangeTakesItsBeginAndLeavesItsEnd) {
  Batch batch;
  for (const char* key : {"a", "b", "b\xff", "c", "d"}) batch.Put(key, "v");
  MustApply(*store_, std::move(batch));
  Batch deletion;
  deletion.DeleteRange("b", "c");
  deletion.Delete("d");
  deletion.Delete("never there");
  MustApply(*store_, std::move(deletion));
  EXPECT_EQ(Contents(*store_), (Contained{{"a", "v"}, {"c", "v"}}));
  MustPut(*store_, "b", "again");
  EXPECT_EQ(Read("b"), "again");
}

TEST_P(StoreConformanceTest, RequireAbsentHoldsForAbsentKeysOnly) {
  Batch first;
  first.RequireAbsent("k");
  first.Put("k", "1");
  MustApply(*store_, first);
  ExpectRefused(first, absl::StatusCode::kFailedPrecondition, "\"k\"");
  MustPut(*store_, "k", "");
  ExpectRefused(first, absl::StatusCode::kFailedPrecondition, "\"k\"");
  EXPECT_EQ(Read("k"), "");
}

// As a journal's: in order, with gaps, and with the end deleted again.
TEST_P(StoreConformanceTest, RequireAbsentHoldsForAbsentKeysOfASequenceOnly) {
  const auto append = [](uint64_t sequence) {
    Batch batch;
    batch.RequireAbsent(JournalKey(1, sequence));
    batch.Put(JournalKey(1, sequence), "entry");
    return batch;
  };
  MustPut(*store_, JournalKey(1, 5), "there before any condition");
  ExpectRefused(append(5), absl::StatusCode::kFailedPrecondition, "");
  MustApply(*store_, append(7));
  MustApply(*store_, append(6));
  ExpectRefused(append(7), absl::StatusCode::kFailedPrecondition, "");
  // Without a condition, and not the next.
  MustPut(*store_, JournalKey(1, 12), "entry");
  ExpectRefused(append(12), absl::StatusCode::kFailedPrecondition, "");
  MustApply(*store_, append(11));
  // A longer key that begins alike is of another sequence.
  MustPut(*store_, JournalKey(1, 13) + "x", "not an entry");
  MustApply(*store_, append(13));
  Batch deletion;
  deletion.DeleteRange(JournalKey(1, 11), JournalKey(1, 14));
  MustApply(*store_, std::move(deletion));
  MustApply(*store_, append(12));
  ExpectRefused(append(12), absl::StatusCode::kFailedPrecondition, "");
  MustApply(*store_, append(14));
}

TEST_P(StoreConformanceTest, RequireValueHoldsForThatVeryValueOnly) {
  Batch swap;
  swap.RequireValue("k", "1");
  swap.Put("k", "2");
  ExpectRefused(swap, absl::StatusCode::kFailedPrecondition, "\"k\"");
  MustPut(*store_, "k", "11");
  ExpectRefused(swap, absl::StatusCode::kFailedPrecondition, "\"k\"");
  MustPut(*store_, "k", "1");
  MustApply(*store_, swap);
  EXPECT_EQ(Read("k"), "2");

  Batch empty;
  empty.RequireValue("absent", "");
  ExpectRefused(empty, absl::StatusCode::kFailedPrecondition, "\"absent\"");
}

TEST_P(StoreConformanceTest, OneFalsePreconditionRefusesTheWholeBatch) {
  MustPut(*store_, "a", "1");
  MustPut(*store_, "b", "1");
  Batch batch;
  batch.RequireValue("a", "1");
  batch.RequireValue("b", "2");
  batch.Put("a", "changed");
  batch.Put("c", "new");
  batch.DeleteRange("b", "b\xff");
  ExpectRefused(std::move(batch), absl::StatusCode::kFailedPrecondition, "\"b\"");
  EXPECT_EQ(Contents(*store_), (Contained{{"a", "1"}, {"b", "1"}}));
  EXPECT_EQ(store_->stats().refused, 1u);
}

TEST_P(StoreConformanceTest, PreconditionsSpeakOfTheStateBeforeTheirBatch) {
  MustPut(*store_, "k", "old");
  Batch batch;
  batch.Put("k", "new");
  batch.RequireValue("k", "old");
  batch.RequireAbsent("fresh");
  batch.Put("fresh", "1");
  MustApply(*store_, std::move(batch));
  EXPECT_EQ(Read("k"), "new");
  EXPECT_EQ(Read("fresh"), "1");
}

TEST_P(StoreConformanceTest, BatchesInFlightSeeThoseBeforeThemAndCompleteInOrder) {
  constexpr int kBatches = 300;
  std::vector<int> completed;
  for (int i = 0; i < kBatches; ++i) {
    Batch batch;
    if (i > 0) batch.RequireValue("counter", std::to_string(i - 1));
    batch.Put("counter", std::to_string(i));
    store_->Apply(7, std::move(batch), [&completed, i](WriteOutcome outcome) {
      EXPECT_EQ(outcome.result, WriteResult::kDone) << outcome.status;
      completed.push_back(i);
    });
  }
  store_->Drain();
  ASSERT_EQ(completed.size(), static_cast<size_t>(kBatches));
  for (int i = 0; i < kBatches; ++i) EXPECT_EQ(completed[i], i);
  EXPECT_EQ(Read("counter"), std::to_string(kBatches - 1));
  EXPECT_EQ(store_->stats().batches, static_cast<uint64_t>(kBatches));
}

TEST_P(StoreConformanceTest, ARefusedBatchDoesNotHoldUpTheNext) {
  std::vector<WriteResult> results;
  const auto note = [&results](WriteOutcome outcome) { results.push_back(outcome.result); };
  for (const char* value : {"1", "2"}) {
    Batch batch;
    batch.RequireAbsent("k");
    batch.Put("k", value);
    store_->Apply(0, std::move(batch), note);
  }
  Batch third;
  third.RequireValue("k", "1");
  third.Put("k", "3");
  store_->Apply(0, std::move(third), note);
  store_->Drain();
  EXPECT_EQ(results, (std::vector{WriteResult::kDone, WriteResult::kRefused, WriteResult::kDone}));
  EXPECT_EQ(Read("k"), "3");
}

TEST_P(StoreConformanceTest, AnEmptyBatchCompletesInItsTurnAndNeedsNoSync) {
  MustApply(*store_, Batch());
  EXPECT_EQ(store_->stats().syncs, 0u);
  std::string order;
  Batch put;
  put.Put("k", "v");
  store_->Apply(0, std::move(put), [&order](WriteOutcome) { order += "put "; });
  store_->Apply(0, Batch(), [&order](WriteOutcome) { order += "empty"; });
  store_->Drain();
  EXPECT_EQ(order, "put empty");
  EXPECT_EQ(store_->stats().syncs, 1u);
}

TEST_P(StoreConformanceTest, ACompletionMayReadAndApply) {
  std::string read;
  Batch first;
  first.Put("k", "1");
  store_->Apply(0, std::move(first), [this, &read](WriteOutcome) {
    read = Read("k").value_or("absent");
    Batch second;
    second.Put("k", "2");
    store_->Apply(0, std::move(second), [&read](WriteOutcome outcome) {
      EXPECT_EQ(outcome.result, WriteResult::kDone) << outcome.status;
      read += " then done";
    });
  });
  store_->Drain();
  store_->Drain();  // the second batch was handed over during the first Drain
  EXPECT_EQ(read, "1 then done");
  EXPECT_EQ(Read("k"), "2");
}

TEST_P(StoreConformanceTest, OperationsUpToTheLimitAreAcceptedAndOneMoreIsNot) {
  const size_t limit = store_->limits().max_operations;
  Batch batch;
  batch.RequireAbsent("absent");
  for (size_t i = 1; i < limit; ++i) batch.Put(absl::StrCat("k", i), "");
  Batch above = batch;
  above.Delete("one more");
  ExpectRefused(std::move(above), absl::StatusCode::kInvalidArgument, "operations");
  EXPECT_EQ(Contents(*store_), Contained());
  MustApply(*store_, std::move(batch));
  EXPECT_EQ(Contents(*store_).size(), limit - 1);
}

TEST_P(StoreConformanceTest, BytesUpToTheLimitsAreAcceptedAndOneMoreIsNot) {
  const Limits limits = store_->limits();
  Batch batch;
  for (int i = 0; batch.bytes() < limits.max_batch_bytes; ++i) {
    const std::string key = absl::StrCat("k", i);
    const size_t rest = limits.max_batch_bytes - batch.bytes() - key.size();
    batch.Put(key, std::string(std::min(rest, limits.max_value_bytes), 'x'));
  }
  ASSERT_EQ(batch.bytes(), limits.max_batch_bytes);
  Batch above = batch;
  above.Delete("d");
  ExpectRefused(std::move(above), absl::StatusCode::kInvalidArgument, "bytes");
  MustApply(*store_, std::move(batch));

  Batch value;
  value.Put("large", std::string(limits.max_value_bytes + 1, 'x'));
  ExpectRefused(std::move(value), absl::StatusCode::kInvalidArgument, "\"large\"");
}

TEST_P(StoreConformanceTest, ABatchThatWritesAKeyTwiceIsRefused) {
  Batch put_in_range;
  put_in_range.DeleteRange("a", "c");
  put_in_range.Put("b", "v");
  ExpectRefused(std::move(put_in_range), absl::StatusCode::kInvalidArgument, "\"b\"");
  Batch twice;
  twice.Put("k", "1");
  twice.Delete("k");
  ExpectRefused(std::move(twice), absl::StatusCode::kInvalidArgument, "\"k\"");
}

TEST_P(StoreConformanceTest, EverythingDoneIsThereAfterReopening) {
  Batch batch;
  for (int i = 0; i < 50; ++i) batch.Put(absl::StrCat("k", i), std::to_string(i));
  MustApply(*store_, std::move(batch));
  Batch deletion;
  deletion.DeleteRange("k1", "k3");
  MustApply(*store_, std::move(deletion));
  const Contained before = Contents(*store_);
  EXPECT_EQ(before.size(), 28u);
  Reopen();
  EXPECT_EQ(Contents(*store_), before);
  ASSERT_TRUE(store_->Sync().ok());
  Reopen();
  EXPECT_EQ(Contents(*store_), before);
}

TEST_P(StoreConformanceTest, ClosingCompletesWhatIsInFlight) {
  int completed = 0;
  for (int i = 0; i < 20; ++i) {
    Batch batch;
    batch.Put(absl::StrCat("k", i), "v");
    store_->Apply(0, std::move(batch), [&completed](WriteOutcome outcome) {
      completed += outcome.result == WriteResult::kDone;
    });
  }
  ASSERT_TRUE(store_->Close().ok());
  EXPECT_EQ(completed, 20);
  Reopen();
  EXPECT_EQ(Contents(*store_).size(), 20u);
}

TEST_P(StoreConformanceTest, AClosedStoreAnswersUnavailable) {
  ASSERT_TRUE(store_->Close().ok());
  EXPECT_THAT(store_->Get("k"), IsError(absl::StatusCode::kUnavailable, "closed"));
  EXPECT_THAT(store_->Scan("", "", 1, 1), IsError(absl::StatusCode::kUnavailable, "closed"));
  EXPECT_THAT(store_->Sync(), IsError(absl::StatusCode::kUnavailable, "closed"));
  Batch batch;
  batch.Put("k", "v");
  ExpectRefused(std::move(batch), absl::StatusCode::kUnavailable, "closed");
  EXPECT_TRUE(store_->Close().ok());
}

TEST_P(StoreConformanceTest, EightThreadsLoseAndDoubleNothing) {
  constexpr int kThreads = 8;
  constexpr int kBatches = 200;
  std::atomic<int> done = 0;
  std::atomic<int> claimed = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kBatches; ++i) {
        Batch own;
        own.RequireAbsent(JournalKey(t, i + 1));
        if (i > 0) own.RequireValue(JournalKey(t, i), std::to_string(i - 1));
        own.Put(JournalKey(t, i + 1), std::to_string(i));
        store_->Apply(t, std::move(own), [&done](WriteOutcome outcome) {
          done += outcome.result == WriteResult::kDone;
        });
        // All threads race for this one; exactly one may win.
        Batch shared;
        shared.RequireAbsent(absl::StrCat("claim", i));
        shared.Put(absl::StrCat("claim", i), std::to_string(t));
        store_->Apply(t, std::move(shared), [&claimed](WriteOutcome outcome) {
          claimed += outcome.result == WriteResult::kDone;
        });
        EXPECT_TRUE(store_->Get("claim0").ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  store_->Drain();
  EXPECT_EQ(done, kThreads * kBatches);
  EXPECT_EQ(claimed, kBatches);
  for (int t = 0; t < kThreads; ++t) {
    EXPECT_EQ(
        Contents(*store_, ShardPrefix(KeyTag::kJournal, t), ShardEnd(KeyTag::kJournal, t)).size(),
        static_cast<size_t>(kBatches));
  }
}

INSTANTIATE_TEST_SUITE_P(Engines, StoreConformanceTest, ::testing::ValuesIn(AllEngines()),
                         [](const auto& param) { return param.param.name; });

}  // namespace
}  // namespace quota::storage
