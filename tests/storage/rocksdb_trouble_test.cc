// A disk or a folder that gives trouble while a store is open, and folders that are no stores.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>

#include "common/status.h"
#include "rocksdb/db.h"
#include "storage/rocksdb/rocksdb_store.h"
#include "tests/fakes/faulty_device.h"
#include "tests/integration/wait_until.h"
#include "tests/storage/store_matchers.h"
#include "tests/storage/temp_folder.h"

namespace quota::storage {
namespace {

using absl::StatusCode;
using test::DiskError;
namespace fs = std::filesystem;

class RocksDbTroubleTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<Store>> Open() {
    return RocksDbStore::Open({.path = path_, .create_if_missing = true, .env = disk_.env()});
  }

  std::unique_ptr<Store> MustOpen() {
    absl::StatusOr<std::unique_ptr<Store>> store = Open();
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }

  static WriteOutcome Put(Store& store, const std::string& key) {
    Batch batch;
    batch.Put(key, "v");
    return ApplyAndWait(store, 0, std::move(batch));
  }

  static void ExpectStopped(Store& store, const std::string& part) {
    EXPECT_EQ(ReasonOf(store.Get("k").status()), kStoreStopped);
    EXPECT_THAT(store.Get("k"), IsError(StatusCode::kUnavailable, part));
    EXPECT_THAT(store.Scan("", "", 1, 1), IsError(StatusCode::kUnavailable, part));
    const WriteOutcome refused = Put(store, "later");
    EXPECT_EQ(refused.result, WriteResult::kRefused);
    EXPECT_EQ(ReasonOf(refused.status), kStoreStopped);
    EXPECT_THAT(store.Sync(), IsError(StatusCode::kUnavailable, part));
  }

  const TempFolder folder_;
  const std::string path_ = folder_ / "store";
  test::FaultyDevice disk_{folder_ / "shadow"};
};

TEST_F(RocksDbTroubleTest, ATableThatCanNotBeWrittenStopsTheStore) {
  {
    const std::unique_ptr<Store> store = MustOpen();
    MustPut(*store, "k", "v");
    disk_.Fail({.calls = test::kCreateFile, .file = ".sst", .error = DiskError::kFull});
    EXPECT_THAT(store->Sync(), IsError(StatusCode::kResourceExhausted, "No space left"));
    ExpectStopped(*store, "No space left");
  }
  EXPECT_THAT(Open(), IsError(StatusCode::kResourceExhausted, "make room on the device"));
  disk_.Heal();
  EXPECT_TRUE((*MustOpen()->Get("k")).has_value());
}

TEST_F(RocksDbTroubleTest, AfterAFailedSyncOfTheLogNothingIsTriedAgain) {
  const std::unique_ptr<Store> store = MustOpen();
  disk_.Fail({.calls = test::kSyncFile, .file = ".log", .times = 1});
  EXPECT_EQ(Put(*store, "k").result, WriteResult::kUnknown);
  EXPECT_EQ(disk_.failed(), 1u);
  const uint64_t changes = disk_.changes();
  ExpectStopped(*store, "Input/output error");
  EXPECT_EQ(disk_.changes(), changes);
}

// The log that was not synced can still be read, and is, at the next opening: it has to be made
// durable by other means than syncing it again, since that would say "done" and do nothing.
TEST_F(RocksDbTroubleTest, WhatIsReadAfterAFailedSyncIsDurableOnceTheStoreHasSynced) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    const std::string key = "k" + std::to_string(seed);
    disk_.Fail({.calls = test::kSyncFile, .file = ".log", .after = 0, .times = 1});
    // Opening may sync a log, too.
    if (auto store = Open(); store.ok()) {
      const WriteOutcome outcome = Put(**store, key);
      if (outcome.result == WriteResult::kDone) continue;
    }
    disk_.Heal();
    bool there = false;
    {
      const std::unique_ptr<Store> store = MustOpen();
      there = (*store->Get(key)).has_value();
      ASSERT_TRUE(store->Sync().ok());
    }
    disk_.CutPower();
    std::mt19937_64 random(seed);
    disk_.RestorePower(random);
    if (there) {
      EXPECT_TRUE((*MustOpen()->Get(key)).has_value());
    }
  }
}

TEST_F(RocksDbTroubleTest, AnUnreadableTableIsAnErrorAndTheRestGoesOn) {
  {
    const std::unique_ptr<Store> before = MustOpen();
    MustPut(*before, "k", "v");
    ASSERT_TRUE(before->Sync().ok());
  }
  // What a flush wrote may still be in the cache of blocks.
  const std::unique_ptr<Store> store = MustOpen();
  disk_.Fail({.calls = test::kReadFile, .file = ".sst"});
  EXPECT_THAT(store->Scan("", "", 10, 1'000), IsError(StatusCode::kUnavailable, "Input/output"));
  disk_.Heal();
  EXPECT_EQ(Contents(*store).size(), 1u);
  MustPut(*store, "later", "v");
}

TEST_F(RocksDbTroubleTest, WritesToALogThatWasDeletedAreNotAcknowledged) {
  const std::unique_ptr<Store> store = MustOpen();
  MustPut(*store, "k", "v");
  ASSERT_TRUE(store->Sync().ok());
  for (const auto& file : fs::directory_iterator(path_)) {
    if (file.path().extension() == ".log") fs::remove(file);
  }
  const WriteOutcome outcome = Put(*store, "k");
  EXPECT_EQ(outcome.result, WriteResult::kUnknown);
  EXPECT_THAT(outcome.status, IsError(StatusCode::kDataLoss, "was the folder emptied"));
  ExpectStopped(*store, path_);
}

TEST_F(RocksDbTroubleTest, AFolderWithOtherFilesIsNotMadeAStore) {
  fs::create_directory(path_);
  for (const char* name : {".hidden", "LOCK", "LOG", "LOG.old.1", "IDENTITY", "OPTIONS-000005",
                           "MANIFEST-000001", "000001.dbtmp"}) {
    std::ofstream(path_ + "/" + name) << "x";
  }
  fs::create_directory(path_ + "/lost+found");
  std::ofstream(path_ + "/notes.txt") << "x";
  EXPECT_THAT(Open(), IsError(StatusCode::kFailedPrecondition, "holds notes.txt and no store"));
  fs::remove(path_ + "/notes.txt");
  EXPECT_TRUE(Open().ok()) << Open().status();
}

TEST_F(RocksDbTroubleTest, ADatabaseOfAnotherKindIsRefused) {
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* db = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(options, path_, &db).ok());
  rocksdb::ColumnFamilyHandle* family = nullptr;
  ASSERT_TRUE(db->CreateColumnFamily(options, "theirs", &family).ok());
  ASSERT_TRUE(db->DestroyColumnFamilyHandle(family).ok());
  delete db;
  EXPECT_THAT(Open(), IsError(StatusCode::kFailedPrecondition, "it is not quotad's"));
}

}  // namespace
}  // namespace quota::storage
