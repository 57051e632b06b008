// What the real quotad does with a data folder that is full, read-only, damaged, or not its own: it
// says what is wrong and what to do, in its log and by its exit code, and works again when the
// cause has gone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "storage/format.h"
#include "storage/keys.h"
#include "storage/record.h"
#include "storage/rocksdb/rocksdb_store.h"
#include "tests/crash/quotad_process.h"
#include "tests/crash/small_disk.h"
#include "tests/integration/health.h"
#include "tests/integration/quota_calls.h"
#include "tests/integration/wait_until.h"
#include "tests/storage/store_matchers.h"
#include "tests/storage/temp_folder.h"

namespace quota::test {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

// A store with an organisation that was charged 10, in tables and in the log.
void MakeStore(const std::string& folder) {
  for (const char* id : {"c1", "c2"}) {
    QuotadProcess quotad({.data_folder = folder});
    ASSERT_TRUE(quotad.WaitUntilServing());
    QuotaCalls calls(quotad.target());
    ASSERT_TRUE(calls.CreateOrg("acme", "enterprise").ok());
    ASSERT_TRUE(calls.Charge(MakeCharge("acme", id, 5)).ok());
    ASSERT_EQ(quotad.Stop(), ProcessEnd{});
  }
}

void ExpectServesTheTruth(const std::string& folder) {
  QuotadProcess quotad({.data_folder = folder});
  ASSERT_TRUE(quotad.WaitUntilServing());
  const auto usage = QuotaCalls(quotad.target()).GetUsage("acme");
  ASSERT_TRUE(usage.ok()) << usage.message();
  EXPECT_EQ(usage->usage().used(), 10);
  EXPECT_EQ(quotad.Stop(), ProcessEnd{});
}

// Starts, which must fail with exit code 1, and returns the line that says why.
std::string WhyItDoesNotStart(const std::string& folder) {
  QuotadProcess quotad({.data_folder = folder});
  EXPECT_EQ(quotad.process().WaitForEnd(kPatience), (ProcessEnd{.code = 1, .signal = 0}))
      << quotad.process().err();
  const std::string log = quotad.process().err();
  const size_t begin = log.find("quotad can't start: ");
  EXPECT_NE(begin, std::string::npos) << log;
  return begin == std::string::npos ? log : log.substr(begin, log.find('\n', begin) - begin);
}

// ---- Full and read-only -------------------------------------------------------------------------

// A charge that was answered is never lost, one that was not is there once after it is repeated.
TEST(BrokenFolderTest, AFullDiskStopsTheServerUntilThereIsRoomAgain) {
  const storage::TempFolder folder;
  SmallDisk disk(folder / "disk");
  if (!disk.mounted()) GTEST_SKIP() << disk.why_not();
  QuotadProcess quotad({.data_folder = disk / "data"});
  ASSERT_TRUE(quotad.WaitUntilServing());
  QuotaCalls calls(quotad.target());
  ASSERT_TRUE(calls.CreateOrg("acme", "enterprise").ok());
  disk.Fill();
  int charged = 0;
  const auto charge = [&](int number) {
    return calls.Charge(MakeCharge("acme", "c" + std::to_string(number), 1));
  };
  while (charge(charged).ok()) ++charged;
  const auto failed = quotad.process().WaitForErrorLine("the store failed", kPatience);
  ASSERT_TRUE(failed.has_value());
  EXPECT_THAT(*failed, HasSubstr("No space left on device"));
  EXPECT_TRUE(WaitUntil([&] { return Health(calls.channel(), "") == kNotServing; }, kPatience));

  disk.MakeRoom();
  ASSERT_TRUE(WaitUntil([&] { return charge(charged).ok(); }, kPatience)) << quotad.process().err();
  EXPECT_EQ(calls.GetUsage("acme")->usage().used(), charged + 1);
  for (int i = 0; i <= charged; ++i) EXPECT_TRUE(charge(i)->repeated()) << i;
  EXPECT_EQ(quotad.Stop(), ProcessEnd{});
}

TEST(BrokenFolderTest, AFullDiskIsNamedAtTheStart) {
  const storage::TempFolder folder;
  SmallDisk disk(folder / "disk");
  if (!disk.mounted()) GTEST_SKIP() << disk.why_not();
  MakeStore(disk / "data");
  disk.Fill();
  EXPECT_THAT(WhyItDoesNotStart(disk / "data"),
              AllOf(HasSubstr(disk / "data"), HasSubstr("No space left on device"),
                    HasSubstr("make room on the device, then try again")));
  disk.MakeRoom();
  ExpectServesTheTruth(disk / "data");
}

TEST(BrokenFolderTest, AReadOnlyFileSystemIsNamedAtTheStart) {
  const storage::TempFolder folder;
  SmallDisk disk(folder / "disk");
  if (!disk.mounted()) GTEST_SKIP() << disk.why_not();
  MakeStore(disk / "data");
  ASSERT_TRUE(disk.MakeReadOnly(true));
  EXPECT_THAT(WhyItDoesNotStart(disk / "data"),
              AllOf(HasSubstr(disk / "data"), HasSubstr("Read-only file system")));
  ASSERT_TRUE(disk.MakeReadOnly(false));
  ExpectServesTheTruth(disk / "data");
}

// ---- Not its own --------------------------------------------------------------------------------

TEST(BrokenFolderTest, AFolderOfSomethingElseIsRefusedAndLeftAlone) {
  const storage::TempFolder folder;
  fs::create_directory(folder / "data");
  std::ofstream(folder / "data/letter.txt") << "dear reader";
  EXPECT_THAT(WhyItDoesNotStart(folder / "data"),
              AllOf(HasSubstr(folder / "data"), HasSubstr("letter.txt"),
                    HasSubstr("give an empty folder")));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder / "data"), fs::directory_iterator()), 1);
}

TEST(BrokenFolderTest, AStoreOfANewerVersionIsRefusedWithWhatToDo) {
  const storage::TempFolder folder;
  MakeStore(folder / "data");
  {
    auto store = storage::RocksDbStore::Open({.path = folder / "data"});
    ASSERT_TRUE(store.ok()) << store.status();
    const std::string key = storage::FormatKey();
    std::string payload;
    storage::AppendBigEndian32(payload, storage::kFormatVersion + 1);
    storage::MustPut(**store, key, storage::SealRecord(key, payload + "whatever it has by then"));
  }
  EXPECT_THAT(WhyItDoesNotStart(folder / "data"),
              AllOf(HasSubstr("has format version 2, and this quotad reads version 1"),
                    HasSubstr("run the newer quotad that wrote it, or restore a backup")));
}

TEST(BrokenFolderTest, AFolderThatIsEmptiedWhileItIsUsedStopsTheServerAndIsNotMadeAnew) {
  const storage::TempFolder folder;
  MakeStore(folder / "data");
  QuotadProcess quotad({.data_folder = folder / "data"});
  ASSERT_TRUE(quotad.WaitUntilServing());
  QuotaCalls calls(quotad.target());
  for (const auto& file : fs::directory_iterator(folder / "data")) fs::remove(file);
  const auto charge = calls.Charge(MakeCharge("acme", "c3", 5));
  EXPECT_EQ(charge.code(), grpc::StatusCode::UNAVAILABLE);
  const auto failed = quotad.process().WaitForErrorLine("the store failed", kPatience);
  ASSERT_TRUE(failed.has_value());
  EXPECT_THAT(*failed, AllOf(HasSubstr(folder / "data"), HasSubstr("was the folder emptied"),
                             HasSubstr("Restore a backup")));
  const auto refused = quotad.process().WaitForErrorLine("cannot be opened yet", kPatience);
  ASSERT_TRUE(refused.has_value());
  EXPECT_THAT(*refused, HasSubstr("holds no store"));
  EXPECT_TRUE(fs::is_empty(folder / "data"));
  EXPECT_EQ(quotad.Stop(), ProcessEnd{});
}

// ---- Damaged ------------------------------------------------------------------------------------

// Flips a bit in the middle of the largest file whose name has this in it.
void FlipABit(const std::string& folder, const std::string& part) {
  fs::path found;
  for (const auto& file : fs::directory_iterator(folder)) {
    if (file.path().filename().string().find(part) == std::string::npos) continue;
    if (found.empty() || file.file_size() > fs::file_size(found)) found = file.path();
  }
  ASSERT_FALSE(found.empty()) << part;
  std::fstream file(found, std::ios::in | std::ios::out | std::ios::binary);
  const auto middle = static_cast<std::streamoff>(fs::file_size(found) / 2);
  file.seekg(middle);
  const int byte = file.get();
  file.clear();
  file.seekp(middle);
  // An empty file gets a byte.
  file.put(static_cast<char>((byte < 0 ? 0 : byte) ^ 0x10));
}

TEST(BrokenFolderTest, AFlippedBitInAFileThatMattersPreventsTheStartWithWhatToDo) {
  const storage::TempFolder folder;
  MakeStore(folder / "good");
  for (const char* kind : {".sst", ".log", "MANIFEST-", "CURRENT"}) {
    SCOPED_TRACE(kind);
    fs::remove_all(folder / "data");
    fs::copy(folder / "good", folder / "data");
    FlipABit(folder / "data", kind);
    EXPECT_THAT(WhyItDoesNotStart(folder / "data"),
                AllOf(HasSubstr(folder / "data"), HasSubstr("restore a backup")));
  }
}

TEST(BrokenFolderTest, AFlippedBitInAFileThatDoesNotMatterChangesNothing) {
  const storage::TempFolder folder;
  MakeStore(folder / "good");
  for (const char* kind : {"OPTIONS-", "IDENTITY", "LOCK"}) {
    SCOPED_TRACE(kind);
    fs::remove_all(folder / "data");
    fs::copy(folder / "good", folder / "data");
    FlipABit(folder / "data", kind);
    ExpectServesTheTruth(folder / "data");
  }
}

TEST(BrokenFolderTest, AMissingLogOrTablePreventsTheStartWithWhatToDo) {
  const storage::TempFolder folder;
  MakeStore(folder / "good");
  for (const char* kind : {".sst", ".log"}) {
    SCOPED_TRACE(kind);
    fs::remove_all(folder / "data");
    fs::copy(folder / "good", folder / "data");
    for (const auto& file : fs::directory_iterator(folder / "data")) {
      if (file.path().extension() == kind) fs::remove(file);
    }
    EXPECT_THAT(
        WhyItDoesNotStart(folder / "data"),
        AllOf(HasSubstr(folder / "data"), HasSubstr("missing"), HasSubstr("restore a backup")));
  }
}

}  // namespace
}  // namespace quota::test
