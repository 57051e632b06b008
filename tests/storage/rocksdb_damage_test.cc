// A device that gives back other bytes than were written: RocksDbStore answers with an error or
// with the truth, whichever file and byte it was.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "storage/rocksdb/rocksdb_store.h"
#include "tests/fakes/faulty_device.h"
#include "tests/integration/wait_until.h"
#include "tests/storage/store_matchers.h"
#include "tests/storage/temp_folder.h"

namespace quota::storage {
namespace {

using absl::StatusCode;
namespace fs = std::filesystem;

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

void WriteFile(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// A store with data in tables and, later, in the log; damaged in copies.
class RocksDbDamageTest : public ::testing::Test {
 protected:
  void SetUp() override {
    {
      absl::StatusOr<std::unique_ptr<Store>> store = Open(original_);
      ASSERT_TRUE(store.ok()) << store.status();
      for (int i = 0; i < 60; ++i) MustPut(**store, "table" + std::to_string(i), "value");
      Batch deletion;
      deletion.DeleteRange("table2", "table3");
      MustApply(**store, std::move(deletion));
      ASSERT_TRUE((*store)->Sync().ok());
      for (int i = 0; i < kInLog; ++i) MustPut(**store, "log" + std::to_string(i), "value");
      truth_ = Contents(**store);
    }
    ASSERT_EQ(truth_.size(), 49u + kInLog);
  }

  static absl::StatusOr<std::unique_ptr<Store>> Open(const std::string& path) {
    return RocksDbStore::Open({.path = path, .create_if_missing = true});
  }

  // The one file (or the largest) whose name ends or starts so.
  fs::path FileLike(const std::string& part) {
    fs::path found;
    for (const auto& file : fs::directory_iterator(original_)) {
      const std::string name = file.path().filename().string();
      if (name.find(part) == std::string::npos) continue;
      if (found.empty() || file.file_size() > fs::file_size(found)) found = file.path();
    }
    EXPECT_FALSE(found.empty()) << part;
    return found;
  }

  // Opens a copy of the store in which `file` holds `bytes`.
  absl::StatusOr<std::unique_ptr<Store>> OpenDamaged(const fs::path& file,
                                                     const std::string& bytes) {
    fs::remove_all(copy_);
    fs::copy(original_, copy_, fs::copy_options::recursive);
    WriteFile(copy_ / file.filename(), bytes);
    return Open(copy_);
  }

  // Flips a bit in each of about `count` bytes, evenly spread. At least `errors` are to be found.
  void FlipBits(const fs::path& file, size_t count, double errors) {
    const std::string bytes = ReadFile(file);
    const size_t step = std::max<size_t>(1, bytes.size() / count);
    size_t tried = 0;
    size_t found = 0;
    for (size_t position = 0; position < bytes.size(); position += step, ++tried) {
      std::string damaged = bytes;
      damaged[position] = static_cast<char>(damaged[position] ^ 0x04);
      absl::StatusOr<std::unique_ptr<Store>> store = OpenDamaged(file, damaged);
      if (store.ok()) {
        EXPECT_TRUE(Contents(**store) == truth_) << file.filename() << " at " << position;
        continue;
      }
      EXPECT_EQ(store.status().code(), StatusCode::kDataLoss) << store.status();
      ++found;
    }
    EXPECT_GE(static_cast<double>(found), errors * static_cast<double>(tried)) << file.filename();
  }

  static constexpr int kInLog = 6;
  const TempFolder folder_;
  const std::string original_ = folder_ / "original";
  const fs::path copy_ = folder_ / "copy";
  std::map<std::string, std::string> truth_;
};

TEST_F(RocksDbDamageTest, EveryByteOfTheManifestIsGuarded) {
  FlipBits(FileLike("MANIFEST-"), 400, 1);
}

TEST_F(RocksDbDamageTest, EveryByteOfCurrentIsGuarded) { FlipBits(FileLike("CURRENT"), 100, 1); }

// Lengths among them: those that lead past the end of the file look like a write cut short.
TEST_F(RocksDbDamageTest, EveryByteOfTheLogIsGuarded) { FlipBits(FileLike(".log"), 10'000, 1); }

// Its index among them, which RocksDB itself answers with an assertion here and there.
TEST_F(RocksDbDamageTest, EveryByteOfATableIsGuarded) { FlipBits(FileLike(".sst"), 10'000, 1); }

TEST_F(RocksDbDamageTest, DamageToOtherFilesChangesNothing) {
  for (const char* name : {"OPTIONS-", "IDENTITY"}) FlipBits(FileLike(name), 50, 0);
  const absl::StatusOr<std::unique_ptr<Store>> store = OpenDamaged("LOCK", "a byte or two");
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_TRUE(Contents(**store) == truth_);
}

TEST_F(RocksDbDamageTest, AMissingNewestLogIsDataLoss) {
  fs::copy(original_, copy_, fs::copy_options::recursive);
  fs::remove(copy_ / FileLike(".log").filename());
  EXPECT_THAT(Open(copy_), IsError(StatusCode::kDataLoss, "the newest log is missing"));
}

// Two logs: the older one is kept until its writes are in a table, which a slow disk delays.
TEST_F(RocksDbDamageTest, AnOlderLogThatWasCutOrIsMissingIsDataLoss) {
  const fs::path live = folder_ / "live";
  const fs::path two = folder_ / "two";
  const auto logs = [](const fs::path& folder) {
    std::vector<fs::path> found;
    for (const auto& file : fs::directory_iterator(folder)) {
      if (file.path().extension() == ".log") found.push_back(file.path());
    }
    std::sort(found.begin(), found.end());
    return found;
  };
  test::FaultyDevice disk(folder_ / "shadow");
  {
    absl::StatusOr<std::unique_ptr<Store>> store =
        RocksDbStore::Open({.path = live, .create_if_missing = true, .env = disk.env()});
    ASSERT_TRUE(store.ok()) << store.status();
    for (int i = 0; i < kInLog; ++i) MustPut(**store, "older" + std::to_string(i), "value");
    disk.Fail({.calls = test::kCreateFile, .file = ".sst", .error = test::DiskError::kHang});
    std::thread flush([&store] { EXPECT_TRUE((*store)->Sync().ok()); });
    EXPECT_TRUE(test::WaitUntil([&] { return logs(live).size() == 2; }));
    for (int i = 0; i < kInLog; ++i) MustPut(**store, "newer" + std::to_string(i), "value");
    truth_ = Contents(**store);
    fs::copy(live, two, fs::copy_options::recursive);
    disk.Heal();
    flush.join();
  }
  const fs::path older = logs(two).front();
  const uint64_t bytes = fs::file_size(older);
  for (uint64_t cut = 0; cut <= 60; ++cut) {
    SCOPED_TRACE(cut);
    fs::remove_all(copy_);
    fs::copy(two, copy_, fs::copy_options::recursive);
    fs::resize_file(copy_ / older.filename(), bytes - cut);
    absl::StatusOr<std::unique_ptr<Store>> store = Open(copy_);
    if (cut == 0) {
      ASSERT_TRUE(store.ok()) << store.status();
      EXPECT_TRUE(Contents(**store) == truth_);
    } else {
      EXPECT_THAT(store, IsError(StatusCode::kDataLoss, copy_.string()));
    }
  }
  fs::remove_all(copy_);
  fs::copy(two, copy_, fs::copy_options::recursive);
  fs::remove(copy_ / older.filename());
  EXPECT_THAT(Open(copy_), IsError(StatusCode::kDataLoss, copy_.string()));
}

TEST_F(RocksDbDamageTest, AMissingOrCutTableIsDataLoss) {
  const fs::path table = FileLike(".sst");
  const std::string bytes = ReadFile(table);
  for (const size_t size : {size_t{0}, bytes.size() / 2, bytes.size() - 1}) {
    EXPECT_THAT(OpenDamaged(table, bytes.substr(0, size)),
                IsError(StatusCode::kDataLoss, copy_.string()));
  }
  fs::remove(copy_ / table.filename());
  EXPECT_THAT(Open(copy_), IsError(StatusCode::kDataLoss, table.stem().string()));
}

TEST_F(RocksDbDamageTest, ALogCutAnywhereLosesOnlyWhatWasCut) {
  const fs::path log = FileLike(".log");
  const std::string bytes = ReadFile(log);
  size_t last = truth_.size();
  for (size_t size = bytes.size(); size > bytes.size() - 80; --size) {
    absl::StatusOr<std::unique_ptr<Store>> store = OpenDamaged(log, bytes.substr(0, size));
    ASSERT_TRUE(store.ok()) << store.status();
    const std::map<std::string, std::string> contents = Contents(**store);
    ASSERT_LE(contents.size(), last);
    last = contents.size();
    // The writes before the cut, all of them and in their order.
    for (int i = 0; i < kInLog; ++i) {
      ASSERT_EQ(contents.contains("log" + std::to_string(i)), i < static_cast<int>(last) - 49);
    }
  }
  EXPECT_LT(last, truth_.size());
}

TEST_F(RocksDbDamageTest, HeadersAreGuardedInEveryBlockOfALog) {
  constexpr size_t kBlock = 32 * 1024;
  {
    absl::StatusOr<std::unique_ptr<Store>> store = Open(original_);
    ASSERT_TRUE(store.ok()) << store.status();
    for (int i = 0; i < 12; ++i) {
      MustPut(**store, "large" + std::to_string(i), std::string(10'000, 'x'));
    }
    truth_ = Contents(**store);
  }
  const fs::path log = FileLike(".log");
  const std::string bytes = ReadFile(log);
  ASSERT_GT(bytes.size(), 3 * kBlock);
  for (size_t block = 0; block < bytes.size(); block += kBlock) {
    for (size_t bit = 0; bit < 7 * 8; ++bit) {
      std::string damaged = bytes;
      char& byte = damaged[block + bit / 8];
      byte = static_cast<char>(byte ^ (1 << bit % 8));
      EXPECT_THAT(OpenDamaged(log, damaged), IsError(StatusCode::kDataLoss, copy_.string()))
          << "block at " << block << ", bit " << bit;
    }
  }
  // Cut in its third block, in the middle of a record: what is before is there.
  absl::StatusOr<std::unique_ptr<Store>> cut = OpenDamaged(log, bytes.substr(0, 2 * kBlock + 99));
  ASSERT_TRUE(cut.ok()) << cut.status();
  EXPECT_TRUE((*(*cut)->Get("large5")).has_value());
  EXPECT_FALSE((*(*cut)->Get("large6")).has_value());
}

}  // namespace
}  // namespace quota::storage
