// Power cuts and failing disks at random moments of RocksDbStore's life: writes, flushes,
// compactions, opening. What was acknowledged is there afterwards; of what was not, the first few
// batches are there, whole.
//
// QUOTA_TEST_SEED repeats a run's choices (not the timing of RocksDB's threads);
// QUOTA_TEST_POWER_CUTS sets how many cuts, and how many faults.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/rocksdb/rocksdb_store.h"
#include "tests/fakes/faulty_device.h"
#include "tests/storage/batch_row.h"
#include "tests/storage/store_matchers.h"
#include "tests/storage/temp_folder.h"

namespace quota::storage {
namespace {

using absl::StatusCode;
using test::DiskError;
using test::FaultyDevice;

constexpr uint64_t kDefaultCuts = 400;
// About what opening, a few dozen writes and a flush or two ask of the disk.
constexpr uint64_t kMostChangesBetweenCuts = 250;
// A round without a failure that is felt ends after so many writes.
constexpr int kMostWrites = 100;

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

class PowerLossTest : public ::testing::Test {
 protected:
  PowerLossTest()
      : seed_(FromEnvironment("QUOTA_TEST_SEED", std::random_device()())),
        cuts_(FromEnvironment("QUOTA_TEST_POWER_CUTS", kDefaultCuts)),
        random_(seed_),
        row_(random_) {
    std::cout << "QUOTA_TEST_SEED=" << seed_ << std::endl;
  }

  // One life of the store: opens it, checks what is there, and writes until it stops or has written
  // enough. What was wrong, or "".
  std::string Live() {
    absl::StatusOr<std::unique_ptr<Store>> store = RocksDbStore::Open(
        {.path = folder_ / "store", .create_if_missing = true, .env = disk_.env()});
    if (!store.ok()) return CheckRefusal(store.status());
    const absl::StatusOr<Page> page = (*store)->Scan("", "", 1'000, 100'000'000);
    if (!page.ok()) return CheckRefusal(page.status());
    const std::string wrong = row_.Check({page->entries.begin(), page->entries.end()});
    if (!wrong.empty() || !(*store)->Sync().ok()) return wrong;
    row_.Settle();
    for (int i = 0; i < kMostWrites; ++i) {
      for (uint64_t waiting = Pick(1, 4); waiting > 0; --waiting) Write(**store);
      (*store)->Drain();
      // Makes a table; after every few of them RocksDB merges them.
      if (Pick(0, 9) == 0) (void)(*store)->Sync();
      if (Stopped(**store)) break;
    }
    return "";
  }

  void Write(Store& store) {
    Batch batch = row_.Next();
    store.Apply(0, std::move(batch), [this, number = row_.count()](const WriteOutcome& outcome) {
      if (outcome.result == WriteResult::kDone) row_.Acknowledge(number);
    });
  }

  // A store that can't be opened or read is a failure of the disk, and says so.
  std::string CheckRefusal(const absl::Status& status) {
    ++refused_to_open_;
    if (disk_.powered() && disk_.failed() == failed_before_) {
      return absl::StrCat("can't be opened: ", status.ToString());
    }
    if (absl::IsUnavailable(status) || absl::IsResourceExhausted(status) ||
        absl::IsPermissionDenied(status)) {
      return "";
    }
    return absl::StrCat("a failing disk is called another name: ", status.ToString());
  }

  bool Stopped(Store& store) { return !store.Get("last").ok(); }

  // What was wrong after one of so many cuts, or "".
  std::string CutAgainAndAgain(uint64_t cuts) {
    for (uint64_t cut = 1; cut <= cuts; ++cut) {
      disk_.CutPower(Pick(0, kMostChangesBetweenCuts));
      if (std::string wrong = Live(); !wrong.empty()) {
        return absl::StrCat("after cut ", cut - 1, ": ", wrong);
      }
      disk_.CutPower();
      disk_.RestorePower(random_);
    }
    return "";
  }

  // One fault after the other; between them the disk works, or loses its power too.
  std::string FailAgainAndAgain(uint64_t faults) {
    constexpr DiskError kErrors[] = {DiskError::kInputOutput, DiskError::kFull,
                                     DiskError::kReadOnly};
    for (uint64_t fault = 1; fault <= faults; ++fault) {
      failed_before_ = disk_.failed();
      const uint32_t kind = 1u << Pick(0, 6);
      disk_.Fail({.calls = kind,
                  .after = Pick(0, 60),
                  .times = Pick(0, 1) == 0 ? 1 : UINT64_MAX,
                  .error = kErrors[Pick(0, 2)]});
      if (std::string wrong = Live(); !wrong.empty()) {
        return absl::StrCat("at fault ", fault, " of kind ", kind, ": ", wrong);
      }
      if (disk_.failed() > failed_before_) ++felt_;
      disk_.Heal();
      if (Pick(0, 1) == 0) {
        disk_.CutPower();
        disk_.RestorePower(random_);
      }
      failed_before_ = disk_.failed();
      if (std::string wrong = Live(); !wrong.empty()) {
        return absl::StrCat("after fault ", fault, " of kind ", kind, ": ", wrong);
      }
    }
    return "";
  }

  uint64_t Pick(uint64_t low, uint64_t high) {
    return std::uniform_int_distribution<uint64_t>(low, high)(random_);
  }

  const uint64_t seed_;
  const uint64_t cuts_;
  std::mt19937_64 random_;
  const TempFolder folder_;
  FaultyDevice disk_{folder_ / "shadow"};
  BatchRow row_;
  uint64_t refused_to_open_ = 0;
  uint64_t failed_before_ = 0;
  uint64_t felt_ = 0;
};

TEST_F(PowerLossTest, WhatWasAcknowledgedIsThereAndTheRestWholeAndInOrder) {
  EXPECT_EQ(CutAgainAndAgain(cuts_), "");
  std::cout << cuts_ << " power cuts, " << refused_to_open_ << " of them while opening; "
            << row_.count() << " batches" << std::endl;
  // Of 400 cuts 8 to 30 come while it opens.
  EXPECT_GT(refused_to_open_, cuts_ / 200);
  EXPECT_GT(row_.count(), cuts_);
}

TEST_F(PowerLossTest, AFailingDiskStopsTheStoreAndCostsNothingAcknowledged) {
  const uint64_t faults = cuts_ / 4;
  EXPECT_EQ(FailAgainAndAgain(faults), "");
  std::cout << faults << " faults, " << felt_ << " of them felt, " << refused_to_open_
            << " while opening; " << row_.count() << " batches" << std::endl;
  EXPECT_GT(felt_, faults / 4);
}

// ---- Tests of the test ----

// What it would be if the log were not synced before an answer.
TEST_F(PowerLossTest, ALogThatIsNotSyncedIsCaught) {
  disk_.LieAboutSyncs(".log");
  EXPECT_NE(CutAgainAndAgain(50), "");
}

TEST_F(PowerLossTest, ATableThatIsNotSyncedIsCaught) {
  disk_.LieAboutSyncs(".sst");
  EXPECT_NE(CutAgainAndAgain(50), "");
}

TEST_F(PowerLossTest, AManifestThatIsNotSyncedIsCaught) {
  disk_.LieAboutSyncs("MANIFEST-");
  EXPECT_NE(CutAgainAndAgain(50), "");
}

TEST_F(PowerLossTest, AFolderThatIsNotSyncedIsCaught) {
  disk_.LieAboutSyncs("/.");
  EXPECT_NE(CutAgainAndAgain(50), "");
}

}  // namespace
}  // namespace quota::storage
