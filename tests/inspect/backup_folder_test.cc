// Backups as folders, and what quotactl says of them: whole ones are restored record for record;
// of damaged ones every file is named, and nothing is restored.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "storage/backup/backup.h"
#include "storage/rocksdb/rocksdb_store.h"
#include "tests/client/quotactl_run.h"
#include "tests/fakes/simulated_clock.h"
#include "tests/inspect/stored_ledger.h"
#include "tests/storage/store_matchers.h"
#include "tests/storage/temp_folder.h"

namespace quota::inspect {
namespace {

namespace fs = std::filesystem;
using client::ExitCode;
using client::RunResult;
using client::RunTool;
using nlohmann::json;
using storage::IsError;
using storage::TakeBackup;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> NamesIn(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

class BackupFolderTest : public testing::Test {
 protected:
  BackupFolderTest() {
    StoredLedger stored;
    FillWithEverything(stored);
    stored.Snapshot();
    stored.Charge("globex", "after-the-snapshot", 2);
    auto opened = storage::RocksDbStore::Open({.path = data(), .create_if_missing = true});
    EXPECT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
    for (const auto& [key, value] : storage::Contents(stored.store())) {
      storage::MustPut(*store_, key, value);
    }
  }

  // Paths as the commands name them.
  std::string In(const std::string& name) const {
    return fs::path(folder_ / name).lexically_normal().string();
  }
  std::string data() const { return In("data"); }
  std::string backups() const { return In("backups"); }
  std::string monday() const { return backups() + "/monday"; }
  std::string restored() const { return In("restored"); }

  absl::StatusOr<storage::TakenBackup> Take(const std::string& name, const std::string& id = "r1",
                                            const storage::StopCopying& stop = nullptr) {
    return TakeBackup(*store_, {backups(), name, id}, clock_, stop);
  }
  void TakeMonday() {
    const auto taken = Take("monday");
    ASSERT_TRUE(taken.ok()) << taken.status();
  }

  // verify and restore both refuse, name `file`, and restore nothing.
  void ExpectDamaged(const std::string& file) {
    const RunResult verified = RunTool({"verify", monday()});
    EXPECT_EQ(verified.code, ExitCode::kDamaged) << verified.out;
    EXPECT_THAT(verified.out, AllOf(HasSubstr(file), HasSubstr("DAMAGED")));
    const RunResult restore = RunTool({"restore", monday(), restored()});
    EXPECT_EQ(restore.code, ExitCode::kDamaged) << restore.out;
    EXPECT_THAT(restore.err, HasSubstr(file));
    EXPECT_THAT(NamesIn(folder_.path()), ElementsAre("backups", "data"));
  }

  const storage::TempFolder folder_;
  test::SimulatedClock clock_;
  std::unique_ptr<storage::Store> store_;
};

TEST_F(BackupFolderTest, IsVerifiedAndRestoredRecordForRecord) {
  TakeMonday();
  const auto records = storage::Contents(*store_);
  store_.reset();
  const RunResult verified = RunTool({"verify", monday()});
  EXPECT_EQ(verified.code, ExitCode::kOk) << verified.out << verified.err;
  EXPECT_THAT(verified.out, HasSubstr(monday() + ": OK\n"));
  EXPECT_EQ(RunTool({"verify", monday()}).code, ExitCode::kOk) << "the first left a file behind";
  const RunResult restore = RunTool({"restore", monday(), restored()});
  EXPECT_EQ(restore.code, ExitCode::kOk) << restore.out << restore.err;
  EXPECT_THAT(restore.err, HasSubstr("quotad --data-dir " + restored()));
  EXPECT_THAT(NamesIn(folder_.path()), ElementsAre("backups", "data", "restored"));
  auto store = storage::RocksDbStore::Open({.path = restored()});
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_EQ(storage::Contents(**store), records);
}

TEST_F(BackupFolderTest, ItsManifestTellsWhatItIs) {
  clock_.Advance(std::chrono::hours(5));
  TakeMonday();
  EXPECT_THAT(NamesIn(backups()), ElementsAre("monday"));
  EXPECT_THAT(NamesIn(monday()), ElementsAre("BACKUP", "data"));
  const auto manifest = storage::ReadManifest(monday());
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_EQ(manifest->name, "monday");
  EXPECT_EQ(manifest->request_id, "r1");
  EXPECT_EQ(manifest->taken_at, clock_.Now());
  EXPECT_EQ(manifest->format.shards, StoredLedger::kShards);
  EXPECT_EQ(manifest->format.creation_id, storage::ReadFormat(*store_)->creation_id);
  std::vector<std::string> names;
  for (const auto& file : manifest->files) names.push_back(file.name);
  EXPECT_EQ(names, NamesIn(monday() + "/data"));
}

TEST_F(BackupFolderTest, AFlippedBitInAnyFileIsFoundAndTheFileNamed) {
  TakeMonday();
  std::vector<std::string> paths = {monday() + "/BACKUP"};
  for (const std::string& name : NamesIn(monday() + "/data")) {
    paths.push_back(monday() + "/data/" + name);
  }
  ASSERT_GE(paths.size(), 5u);
  for (const std::string& path : paths) {
    SCOPED_TRACE(path);
    const std::string bytes = ReadFile(path);
    // An empty file has none.
    for (const size_t at : {size_t{0}, bytes.size() / 2, bytes.size() - 1}) {
      if (at >= bytes.size()) continue;
      std::string flipped = bytes;
      flipped[at] = static_cast<char>(flipped[at] ^ 4);
      WriteFile(path, flipped);
      ExpectDamaged(fs::path(path).filename().string());
    }
    WriteFile(path, bytes);
  }
  EXPECT_EQ(RunTool({"verify", monday()}).code, ExitCode::kOk) << "the damage was undone";
}

TEST_F(BackupFolderTest, AFileThatIsCutGrownOrMissingIsFoundAndNamed) {
  TakeMonday();
  for (const std::string& name : NamesIn(monday() + "/data")) {
    SCOPED_TRACE(name);
    const std::string path = monday() + "/data/" + name;
    const std::string bytes = ReadFile(path);
    if (!bytes.empty()) {
      WriteFile(path, bytes.substr(0, bytes.size() - 1));
      ExpectDamaged(name);
    }
    WriteFile(path, bytes + "x");
    ExpectDamaged(name);
    fs::remove(path);
    ExpectDamaged(name);
    WriteFile(path, bytes);
  }
  const std::string manifest = ReadFile(monday() + "/BACKUP");
  WriteFile(monday() + "/BACKUP", manifest.substr(0, manifest.size() - 1));
  ExpectDamaged("BACKUP");
}

TEST_F(BackupFolderTest, EveryDamagedFileIsNamedInOneRun) {
  TakeMonday();
  const auto names = NamesIn(monday() + "/data");
  for (const std::string& name : names) WriteFile(monday() + "/data/" + name, "nothing");
  WriteFile(monday() + "/data/stranger", "");
  const RunResult verified = RunTool({"verify", monday(), "--output", "json"});
  EXPECT_EQ(verified.code, ExitCode::kDamaged);
  const json report = json::parse(verified.out);
  EXPECT_EQ(report["ok"], false);
  EXPECT_EQ(report["found"], names.size() + 1);
  for (const std::string& name : names) EXPECT_THAT(verified.out, HasSubstr(name));
  EXPECT_THAT(verified.out, HasSubstr("stranger is no file of the backup"));
}

// ---- Taking one ----

TEST_F(BackupFolderTest, TheSameRequestGetsTheSameBackupAndAnotherNone) {
  TakeMonday();
  storage::MustPut(*store_, "E", "changed since");
  clock_.Advance(std::chrono::hours(1));
  const auto again = Take("monday", "r1");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->repeated);
  EXPECT_EQ(again->manifest.taken_at, test::kNoon);
  EXPECT_THAT(Take("monday", "r2"),
              IsError(absl::StatusCode::kAlreadyExists, "there is a backup \"monday\" already"));
  const auto other = Take("tuesday", "r1");
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_FALSE(other->repeated);
  EXPECT_THAT(NamesIn(backups()), ElementsAre("monday", "tuesday"));
}

TEST_F(BackupFolderTest, OneThatIsStoppedLeavesNothing) {
  // Before its first piece, and later ones.
  for (int pieces = 1; pieces <= 4; ++pieces) {
    int asked = 0;
    EXPECT_THAT(Take("monday", "r1", [&asked, pieces] { return ++asked >= pieces; }),
                IsError(absl::StatusCode::kCancelled, ""));
    EXPECT_THAT(NamesIn(backups()), IsEmpty());
  }
  TakeMonday();
}

TEST_F(BackupFolderTest, WhatACrashLeftIsNoBackupAndGoesWithTheNext) {
  fs::create_directories(backups() + "/.monday.partial/data");
  WriteFile(backups() + "/.monday.partial/data/000001.sst", "half of it");
  EXPECT_EQ(RunTool({"verify", backups() + "/.monday.partial"}).code, ExitCode::kUsage);
  EXPECT_EQ(RunTool({"restore", backups() + "/.monday.partial", restored()}).code,
            ExitCode::kUsage);
  TakeMonday();
  EXPECT_THAT(NamesIn(backups()), ElementsAre("monday"));
}

TEST_F(BackupFolderTest, AStoreThatIsDamagedIsNotBackedUp) {
  ASSERT_TRUE(store_->Sync().ok());
  std::string table;
  for (const std::string& name : NamesIn(data())) {
    if (name.ends_with(".sst")) table = data() + "/" + name;
  }
  ASSERT_FALSE(table.empty());
  std::string bytes = ReadFile(table);
  bytes[bytes.size() / 4] = static_cast<char>(bytes[bytes.size() / 4] ^ 1);
  WriteFile(table, bytes);
  EXPECT_THAT(Take("monday"),
              IsError(absl::StatusCode::kDataLoss, fs::path(table).filename().string()));
  EXPECT_THAT(NamesIn(backups()), IsEmpty());
}

TEST_F(BackupFolderTest, AStoreWithoutFilesIsNotBackedUp) {
  StoredLedger stored;
  EXPECT_THAT(TakeBackup(stored.store(), {backups(), "monday", "r1"}, clock_, nullptr),
              IsError(absl::StatusCode::kUnimplemented, "keeps no files"));
  EXPECT_THAT(NamesIn(backups()), IsEmpty());
}

TEST_F(BackupFolderTest, AFolderThatCantBeMadeIsNamed) {
  WriteFile(folder_ / "file", "");
  EXPECT_THAT(TakeBackup(*store_, {folder_ / "file", "monday", "r1"}, clock_, nullptr),
              IsError(absl::StatusCode::kFailedPrecondition, folder_ / "file"));
}

TEST(BackupName, IsAFolderNameAndNeverAPath) {
  for (const char* name : {"monday", "2026-01-31", "a", "_x", "A.b-c_9"}) {
    EXPECT_TRUE(storage::IsBackupName(name)) << name;
  }
  for (const char* name :
       {"", ".", "..", ".hidden", "-option", "a/b", "/etc", "../x", "a b", "\xc3\xa4", "a\n"}) {
    EXPECT_FALSE(storage::IsBackupName(name)) << name;
  }
  EXPECT_TRUE(storage::IsBackupName(std::string(64, 'x')));
  EXPECT_FALSE(storage::IsBackupName(std::string(65, 'x')));
}

// ---- Restoring one ----

TEST_F(BackupFolderTest, IsNotRestoredOverSomethingElse) {
  TakeMonday();
  fs::create_directory(restored());
  EXPECT_EQ(RunTool({"restore", monday(), restored()}).code, ExitCode::kOk)
      << "an empty folder is taken";
  const RunResult again = RunTool({"restore", monday(), restored() + "/"});
  EXPECT_EQ(again.code, ExitCode::kUsage);
  EXPECT_THAT(again.err, HasSubstr(restored() + " exists and is not empty: move it away"));
  const RunResult file = RunTool({"restore", monday(), monday() + "/BACKUP"});
  EXPECT_EQ(file.code, ExitCode::kUsage) << file.err;
  fs::create_directory(folder_ / ".other.restoring");
  const RunResult second = RunTool({"restore", monday(), folder_ / "other"});
  EXPECT_EQ(second.code, ExitCode::kUsage);
  EXPECT_THAT(second.err, HasSubstr("another restore is under way, or was cut short"));
  EXPECT_TRUE(fs::exists(folder_ / ".other.restoring")) << "it may be another's";
}

TEST_F(BackupFolderTest, WhatIsNoBackupIsNotRestored) {
  const RunResult data_folder = RunTool({"restore", data(), restored()});
  EXPECT_EQ(data_folder.code, ExitCode::kUsage);
  EXPECT_THAT(data_folder.err, HasSubstr("holds no backup: there is no file BACKUP in it"));
  TakeMonday();
  const RunResult nowhere = RunTool({"restore", monday(), folder_ / "no/parent"});
  EXPECT_EQ(nowhere.code, ExitCode::kUsage);
  EXPECT_THAT(nowhere.err, HasSubstr("No such file or directory"));
  const std::string manifest = ReadFile(monday() + "/BACKUP");
  WriteFile(monday() + "/BACKUP", "quotad-backup 2" + manifest.substr(manifest.find('\n')));
  const RunResult newer = RunTool({"restore", monday(), restored()});
  EXPECT_EQ(newer.code, ExitCode::kUsage);
  EXPECT_THAT(newer.err, HasSubstr("the backup is of version 2"));
}

// ---- Looking into folders ----

TEST_F(BackupFolderTest, VerifyAndDumpWriteNothing) {
  store_.reset();
  const auto before = NamesIn(data());
  std::vector<std::string> contents;
  for (const std::string& name : before) contents.push_back(ReadFile(data() + "/" + name));
  EXPECT_EQ(RunTool({"verify", data()}).code, ExitCode::kOk);
  EXPECT_EQ(RunTool({"dump", data()}).code, ExitCode::kOk);
  ASSERT_EQ(NamesIn(data()), before);
  for (size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(ReadFile(data() + "/" + before[i]), contents[i]) << before[i];
  }
}

TEST_F(BackupFolderTest, VerifyCountsAsJson) {
  store_.reset();
  const RunResult verified = RunTool({"verify", data(), "--output", "json"});
  ASSERT_EQ(verified.code, ExitCode::kOk) << verified.out << verified.err;
  const json report = json::parse(verified.out);
  EXPECT_EQ(report["path"], data());
  EXPECT_EQ(report["ok"], true);
  EXPECT_EQ(report["accounts"], 2);
  EXPECT_EQ(report["holds"], 2);
  EXPECT_EQ(report["ids"], 4);
  EXPECT_EQ(report["shards"], 2);
  EXPECT_EQ(report["shards_checked"], 2);
  EXPECT_EQ(report["closed_days"], 1);
  EXPECT_EQ(report["findings"], json::array());
  EXPECT_EQ(report["creation_id"].get<std::string>().size(), 32u);
}

TEST_F(BackupFolderTest, VerifyNamesEveryDamagedTableOfADataFolder) {
  ASSERT_TRUE(store_->Sync().ok());
  storage::MustPut(*store_, storage::FormatKey(), storage::Contents(*store_).at("F"));
  ASSERT_TRUE(store_->Sync().ok());
  store_.reset();
  int tables = 0;
  for (const std::string& name : NamesIn(data())) {
    if (!name.ends_with(".sst")) continue;
    std::string bytes = ReadFile(data() + "/" + name);
    bytes[3] = static_cast<char>(bytes[3] ^ 1);
    WriteFile(data() + "/" + name, bytes);
    ++tables;
  }
  ASSERT_GE(tables, 2);
  const RunResult verified = RunTool({"verify", data()});
  EXPECT_EQ(verified.code, ExitCode::kDamaged);
  for (const std::string& name : NamesIn(data())) {
    if (name.ends_with(".sst")) {
      EXPECT_THAT(verified.out, HasSubstr(name));
    }
  }
}

TEST_F(BackupFolderTest, WhatCantBeLookedAtIsAUsageError) {
  fs::create_directory(folder_ / "empty");
  for (const std::string command : {"verify", "dump"}) {
    const RunResult missing = RunTool({command, folder_ / "missing"});
    EXPECT_EQ(missing.code, ExitCode::kUsage);
    EXPECT_THAT(missing.err, HasSubstr("there is no folder " + (folder_ / "missing")));
    const RunResult empty = RunTool({command, folder_ / "empty"});
    EXPECT_EQ(empty.code, ExitCode::kUsage);
    EXPECT_THAT(empty.err, HasSubstr("holds no store of quotad"));
  }
}

TEST_F(BackupFolderTest, DumpPrintsWhatIsAskedFor) {
  TakeMonday();
  const RunResult all = RunTool({"dump", monday()});
  EXPECT_EQ(all.code, ExitCode::kOk) << all.err;
  EXPECT_THAT(all.out, AllOf(HasSubstr("acme (shard "), HasSubstr("globex (shard "),
                             HasSubstr("settled globex id=after-the-snapshot")));
  const RunResult org = RunTool({"dump", monday(), "--org", "globex"});
  EXPECT_THAT(org.out, AllOf(HasSubstr("globex (shard "), testing::Not(HasSubstr("acme"))));
  const RunResult journal = RunTool({"dump", monday(), "--journal", "--output", "json"});
  for (std::istringstream lines(journal.out); lines.peek() != EOF;) {
    std::string line;
    std::getline(lines, line);
    EXPECT_EQ(json::parse(line)["record"], "entry");
  }
  const RunResult accounts = RunTool({"dump", monday(), "--accounts"});
  EXPECT_THAT(accounts.out, testing::Not(HasSubstr("sequence")));
  const RunResult unknown = RunTool({"dump", monday(), "--org", "nobody"});
  EXPECT_EQ(unknown.code, ExitCode::kUsage);
  EXPECT_THAT(unknown.err, HasSubstr("there is no organisation nobody"));
  const RunResult shard = RunTool({"dump", monday(), "--shard", "2"});
  EXPECT_EQ(shard.code, ExitCode::kUsage);
  EXPECT_THAT(shard.err, HasSubstr("there is no shard 2: the store has 2, from 0"));
}

}  // namespace
}  // namespace quota::inspect
