#include "storage/memory_store.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/status.h"
#include "tests/storage/store_matchers.h"

namespace quota::storage {
namespace {

using absl::StatusCode;

Batch PutBatch(const std::string& key, const std::string& value) {
  Batch batch;
  batch.Put(key, value);
  return batch;
}

class MemoryStoreTest : public ::testing::Test {
 protected:
  void ApplyPut(MemoryStore& store, const std::string& key) {
    store.Apply(0, PutBatch(key, "v"), [this, key](WriteOutcome outcome) {
      completed_.emplace_back(key, outcome.result);
    });
  }

  using Completed = std::vector<std::pair<std::string, WriteResult>>;

  const std::shared_ptr<MemoryDisk> disk_ = std::make_shared<MemoryDisk>();
  Completed completed_;
};

TEST_F(MemoryStoreTest, NothingIsDurableOrVisibleBeforeItsStep) {
  MemoryStore store(disk_, {});
  ApplyPut(store, "a");
  ApplyPut(store, "b");
  EXPECT_EQ(store.queued(), 2u);
  EXPECT_TRUE(Contents(store).empty());
  EXPECT_TRUE(store.Step());
  EXPECT_EQ(completed_, (Completed{{"a", WriteResult::kDone}}));
  EXPECT_EQ(Contents(store).size(), 1u);
  EXPECT_TRUE(store.Step());
  EXPECT_FALSE(store.Step());
  EXPECT_EQ(store.queued(), 0u);
}

TEST_F(MemoryStoreTest, ACrashDropsWhatWasQueuedUncalled) {
  MemoryStore store(disk_, {});
  ApplyPut(store, "a");
  ASSERT_TRUE(store.Step());
  ApplyPut(store, "b");
  disk_->Crash();
  EXPECT_FALSE(store.Step());
  EXPECT_THAT(store.Get("a"), IsError(StatusCode::kUnavailable, "crashed"));
  EXPECT_EQ(completed_, (Completed{{"a", WriteResult::kDone}}));
  MemoryStore reopened(disk_, {});
  EXPECT_EQ(Contents(reopened), (std::map<std::string, std::string>{{"a", "v"}}));
}

TEST_F(MemoryStoreTest, OpeningTakesTheDiskFromTheStoreBefore) {
  MemoryStore before(disk_, {});
  MemoryStore after(disk_, {});
  ApplyPut(before, "a");
  EXPECT_FALSE(before.Step());
  EXPECT_THAT(before.Sync(), IsError(StatusCode::kUnavailable, "taken over"));
  EXPECT_TRUE(Contents(after).empty());
}

TEST_F(MemoryStoreTest, ARefusalOnDemandLetsTheStoreGoOn) {
  MemoryStore store(disk_, {.immediate = true});
  store.FailWrite(2, WriteFault::kRefuse);
  for (const char* key : {"a", "b", "c"}) ApplyPut(store, key);
  EXPECT_EQ(completed_, (Completed{{"a", WriteResult::kDone},
                                   {"b", WriteResult::kRefused},
                                   {"c", WriteResult::kDone}}));
  EXPECT_EQ(Contents(store).size(), 2u);
}

TEST_F(MemoryStoreTest, AfterAnUnknownOutcomeTheStoreHasStoppedUntilReopened) {
  for (const auto& [fault, expected] :
       {std::pair(WriteFault::kUnknownApplied, 2u), std::pair(WriteFault::kUnknownUnapplied, 1u)}) {
    const auto disk = std::make_shared<MemoryDisk>();
    completed_.clear();
    MemoryStore store(disk, {});
    store.FailWrite(2, fault);
    for (const char* key : {"a", "b", "c"}) ApplyPut(store, key);
    store.Drain();
    EXPECT_EQ(completed_, (Completed{{"a", WriteResult::kDone},
                                     {"b", WriteResult::kUnknown},
                                     {"c", WriteResult::kRefused}}));
    EXPECT_EQ(ReasonOf(store.Get("a").status()), kStoreStopped);
    EXPECT_THAT(store.Scan("", "", 1, 1), IsError(StatusCode::kUnavailable, "stopped"));
    EXPECT_THAT(store.Sync(), IsError(StatusCode::kUnavailable, "stopped"));
    MemoryStore reopened(disk, {});
    EXPECT_EQ(Contents(reopened).size(), expected);
    MustPut(reopened, "d", "v");
  }
}

TEST_F(MemoryStoreTest, AStepWithinACompletionDoesNothing) {
  MemoryStore store(disk_, {});
  bool stepped = true;
  store.Apply(0, Batch(), [&](WriteOutcome) { stepped = store.Step(); });
  ApplyPut(store, "a");
  ASSERT_TRUE(store.Step());
  EXPECT_FALSE(stepped);
  EXPECT_EQ(store.queued(), 1u);
}

TEST_F(MemoryStoreTest, TheDestructorCompletesWhatIsQueued) {
  {
    MemoryStore store(disk_, {});
    ApplyPut(store, "a");
  }
  EXPECT_EQ(completed_, (Completed{{"a", WriteResult::kDone}}));
}

TEST_F(MemoryStoreTest, DamageChangesOneStoredByte) {
  MemoryStore store(disk_, {});
  MustPut(store, "k", "abc");
  EXPECT_TRUE(disk_->Damage("k", 1));
  EXPECT_FALSE(disk_->Damage("k", 3));
  EXPECT_FALSE(disk_->Damage("other", 0));
  EXPECT_EQ(**store.Get("k"), "arc");
}

}  // namespace
}  // namespace quota::storage
