// Store::CopyTo, over every engine: a copy of a store that is written to is that store at one
// instant. Engines that keep no files say so, and go on.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "storage/backup/durable_files.h"
#include "storage/keys.h"
#include "storage/store.h"
#include "tests/conformance/engines.h"
#include "tests/storage/store_matchers.h"
#include "tests/storage/temp_folder.h"

namespace quota::storage {
namespace {

constexpr uint32_t kWriters = 4;

class CopyConformanceTest : public ::testing::TestWithParam<Engine> {
 protected:
  void SetUp() override {
    auto opened = place_->Open();
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }

  std::string NewFolder() {
    const std::string path = folder_ / ("copy" + std::to_string(++copies_));
    std::filesystem::create_directory(path);
    return path;
  }

  // Whether the engine has files; if not, that it says so.
  bool CopiesFiles() {
    if (place_->HasFiles()) return true;
    EXPECT_THAT(store_->CopyTo(NewFolder(), nullptr),
                IsError(absl::StatusCode::kUnimplemented, "no files"));
    MustPut(*store_, "k", "the store goes on");
    return false;
  }

  std::map<std::string, std::string> ContentsOfCopy(const std::string& path) {
    auto copy = place_->OpenCopy(path);
    EXPECT_TRUE(copy.ok()) << copy.status();
    return copy.ok() ? Contents(**copy) : std::map<std::string, std::string>();
  }

  const std::unique_ptr<Place> place_ = GetParam().create();
  const TempFolder folder_;
  int copies_ = 0;
  std::unique_ptr<Store> store_;
};

TEST_P(CopyConformanceTest, ACopyHasWhatTheStoreHasAndDoesNotFollowIt) {
  if (!CopiesFiles()) return;
  MustPut(*store_, "a", "1");
  MustPut(*store_, "b", std::string(100'000, 'b'));
  const auto before = Contents(*store_);
  const std::string path = NewFolder();
  const auto files = store_->CopyTo(path, nullptr);
  ASSERT_TRUE(files.ok()) << files.status();
  MustPut(*store_, "a", "2");
  EXPECT_EQ(ContentsOfCopy(path), before);
  EXPECT_EQ(store_->Get("a")->value(), "2");
}

TEST_P(CopyConformanceTest, EveryFileOfACopyIsListedWithItsSizeAndChecksum) {
  if (!CopiesFiles()) return;
  MustPut(*store_, "a", "1");
  const std::string path = NewFolder();
  const auto files = store_->CopyTo(path, nullptr);
  ASSERT_TRUE(files.ok()) << files.status();
  size_t found = 0;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    const auto measured = MeasureFile(entry.path().string(), nullptr);
    ASSERT_TRUE(measured.ok()) << measured.status();
    EXPECT_TRUE(std::find(files->begin(), files->end(), *measured) != files->end())
        << measured->name;
    ++found;
  }
  EXPECT_EQ(found, files->size());
}

TEST_P(CopyConformanceTest, ACopyUnderWritesHasAllThatWasDoneBeforeAndNoGap) {
  if (!CopiesFiles()) return;
  std::atomic<bool> stop = false;
  std::atomic<uint64_t> done[kWriters] = {};
  std::vector<std::thread> writers;
  for (uint32_t writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([this, writer, &stop, &done] {
      for (uint64_t sequence = 1; !stop; ++sequence) {
        Batch batch;
        batch.RequireAbsent(JournalKey(writer, sequence));
        batch.Put(JournalKey(writer, sequence), std::string(300, 'x'));
        EXPECT_EQ(ApplyAndWait(*store_, writer, std::move(batch)).result, WriteResult::kDone);
        done[writer] = sequence;
      }
    });
  }
  for (int round = 0; round < 8; ++round) {
    for (uint32_t writer = 0; writer < kWriters; ++writer) {
      const uint64_t seen = done[writer];
      while (done[writer] < seen + 5) std::this_thread::yield();
    }
    uint64_t before[kWriters];
    for (uint32_t writer = 0; writer < kWriters; ++writer) before[writer] = done[writer];
    const std::string path = NewFolder();
    const auto files = store_->CopyTo(path, nullptr);
    ASSERT_TRUE(files.ok()) << files.status();
    const auto contents = ContentsOfCopy(path);
    for (uint32_t writer = 0; writer < kWriters; ++writer) {
      uint64_t last = 0;
      while (contents.contains(JournalKey(writer, last + 1))) ++last;
      EXPECT_GE(last, before[writer]) << "writer " << writer << ", round " << round;
      const auto end = contents.lower_bound(ShardEnd(KeyTag::kJournal, writer));
      const auto begin = contents.lower_bound(JournalKey(writer, 1));
      EXPECT_EQ(static_cast<uint64_t>(std::distance(begin, end)), last) << "a gap";
    }
  }
  stop = true;
  for (std::thread& writer : writers) writer.join();
}

TEST_P(CopyConformanceTest, ACopyThatIsStoppedSaysSoAndTheStoreGoesOn) {
  if (!CopiesFiles()) return;
  MustPut(*store_, "a", "1");
  int asked = 0;
  EXPECT_THAT(store_->CopyTo(NewFolder(), [&asked] { return ++asked == 2; }),
              IsError(absl::StatusCode::kCancelled, ""));
  EXPECT_EQ(asked, 2) << "it stops at once";
  MustPut(*store_, "b", "2");
  const std::string path = NewFolder();
  ASSERT_TRUE(store_->CopyTo(path, nullptr).ok());
  EXPECT_EQ(ContentsOfCopy(path).size(), 2u);
}

TEST_P(CopyConformanceTest, AClosedStoreIsNotCopied) {
  if (!CopiesFiles()) return;
  ASSERT_TRUE(store_->Close().ok());
  EXPECT_THAT(store_->CopyTo(NewFolder(), nullptr),
              IsError(absl::StatusCode::kUnavailable, "closed"));
}

INSTANTIATE_TEST_SUITE_P(Engines, CopyConformanceTest, ::testing::ValuesIn(AllEngines()),
                         [](const auto& param) { return param.param.name; });

}  // namespace
}  // namespace quota::storage
