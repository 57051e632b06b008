// Backups: one at a time, each answered once, none in the way of a store that closes.
#include "server/backups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "storage/backup/durable_files.h"
#include "storage/format.h"
#include "storage/memory_store.h"
#include "tests/fakes/simulated_clock.h"
#include "tests/storage/store_matchers.h"
#include "tests/storage/temp_folder.h"

namespace quota::server {
namespace {

using storage::IsError;
using Result = absl::StatusOr<storage::BackupManifest>;

// A store whose copy takes until a test lets it end.
class SlowStore final : public storage::Store {
 public:
  SlowStore() { EXPECT_TRUE(storage::EnsureFormat(inner_, 1).ok()); }

  absl::StatusOr<std::vector<storage::CopiedFile>> CopyTo(
      const std::string& folder, const storage::StopCopying& stop) override {
    started.set_value();
    while (!go_on && !stop()) std::this_thread::yield();
    if (stop()) return absl::CancelledError("stopped");
    auto file = storage::DurableFile::Create(folder + "/CURRENT");
    EXPECT_TRUE(file.ok() && file->Append("contents").ok());
    return std::vector{*file->Finish()};
  }
  std::promise<void> started;
  std::atomic<bool> go_on = false;

  const storage::Limits& limits() const override { return inner_.limits(); }
  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) override {
    return inner_.Get(key);
  }
  absl::StatusOr<storage::Page> Scan(std::string_view begin, std::string_view end, size_t entries,
                                     size_t bytes) override {
    return inner_.Scan(begin, end, entries, bytes);
  }
  void Apply(uint32_t shard, storage::Batch batch, storage::Completion done) override {
    inner_.Apply(shard, std::move(batch), std::move(done));
  }
  void Drain() override { inner_.Drain(); }
  absl::Status Sync() override { return inner_.Sync(); }
  storage::StoreStats stats() const override { return inner_.stats(); }
  absl::Status Close() override { return inner_.Close(); }

 private:
  storage::MemoryStore inner_{std::make_shared<storage::MemoryDisk>(), {.immediate = true}};
};

class BackupsTest : public testing::Test {
 protected:
  BackupsTest() { backups_.Open(store_); }
  ~BackupsTest() override { backups_.Close(); }

  std::future<Result> Take(const std::string& name, const std::string& id) {
    auto promise = std::make_shared<std::promise<Result>>();
    backups_.Take(
        name, id,
        [this](const storage::BackupManifest& manifest) {
          recorded_.push_back(manifest.name);
          return record_;
        },
        [promise](const Result& result) { promise->set_value(result); });
    return promise->get_future();
  }

  const storage::TempFolder folder_;
  const test::SimulatedClock clock_;
  SlowStore store_;
  // Written on the backup's thread, read once that has answered.
  std::vector<std::string> recorded_;
  absl::Status record_;
  Backups backups_{folder_ / "backups", clock_};
};

TEST_F(BackupsTest, TakesOneAtATimeAndSaysWhichIsUnderWay) {
  auto monday = Take("monday", "r1");
  store_.started.get_future().wait();
  EXPECT_THAT(Take("tuesday", "r2").get(),
              IsError(absl::StatusCode::kFailedPrecondition, "backup monday is being taken"));
  EXPECT_THAT(Take("monday", "r2").get(),
              IsError(absl::StatusCode::kFailedPrecondition, "backup monday is being taken"));
  store_.go_on = true;
  const Result taken = monday.get();
  ASSERT_TRUE(taken.ok()) << taken.status();
  EXPECT_EQ(taken->folder, folder_ / "backups/monday");
  EXPECT_EQ(taken->bytes(), 8u);
}

TEST_F(BackupsTest, TheSameRequestWaitsForTheSameBackupAndIsRecordedOnce) {
  auto first = Take("monday", "r1");
  store_.started.get_future().wait();
  auto second = Take("monday", "r1");
  store_.go_on = true;
  EXPECT_TRUE(first.get().ok());
  EXPECT_TRUE(second.get().ok());
  // After its end, it is found.
  EXPECT_TRUE(Take("monday", "r1").get().ok());
  EXPECT_THAT(recorded_, testing::ElementsAre("monday"));
}

TEST_F(BackupsTest, AStoreThatClosesStopsTheOneUnderWay) {
  auto monday = Take("monday", "r1");
  store_.started.get_future().wait();
  backups_.Close();
  EXPECT_THAT(monday.get(), IsError(absl::StatusCode::kUnavailable, "there is none"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "backups"));
  EXPECT_THAT(Take("tuesday", "r2").get(), IsError(absl::StatusCode::kUnavailable, "not open"));
}

TEST_F(BackupsTest, ARecordThatFailsIsTold) {
  record_ = absl::UnavailableError("not in the audit log");
  store_.go_on = true;
  EXPECT_THAT(Take("monday", "r1").get(),
              IsError(absl::StatusCode::kUnavailable, "not in the audit log"));
}

TEST(Backups, WithoutAFolderNoneAreTaken) {
  const test::SimulatedClock clock;
  Backups backups("", clock);
  Result result = absl::InternalError("not called");
  backups.Take(
      "monday", "r1", [](const auto&) { return absl::OkStatus(); },
      [&result](const Result& answer) { result = answer; });
  EXPECT_THAT(result, IsError(absl::StatusCode::kFailedPrecondition, "--backup-dir FOLDER"));
}

}  // namespace
}  // namespace quota::server
