// What is RocksDbStore's own: opening, the folder's state, rounds, and a device that fails.
// Everything that every engine does is in tests/conformance/, damage in rocksdb_damage_test.cc.
#include "storage/rocksdb/rocksdb_store.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/status.h"
#include "tests/storage/store_matchers.h"
#include "tests/storage/temp_folder.h"

namespace quota::storage {
namespace {

using absl::StatusCode;
namespace fs = std::filesystem;

class RocksDbStoreTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<Store>> Open(bool create_if_missing = true) {
    return RocksDbStore::Open({.path = path_, .create_if_missing = create_if_missing});
  }

  std::unique_ptr<Store> MustOpen() {
    absl::StatusOr<std::unique_ptr<Store>> store = Open();
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }

  void ApplyPut(Store& store, const std::string& key, std::vector<WriteOutcome>& outcomes,
                const std::string& value = "v") {
    Batch batch;
    batch.Put(key, value);
    store.Apply(0, std::move(batch),
                [&outcomes](WriteOutcome outcome) { outcomes.push_back(std::move(outcome)); });
  }

  const TempFolder folder_;
  const std::string path_ = folder_ / "store";
};

TEST_F(RocksDbStoreTest, AMissingFolderIsNotFoundUnlessItIsToBeCreated) {
  EXPECT_THAT(Open(false), IsError(StatusCode::kNotFound, path_));
  EXPECT_FALSE(fs::exists(path_));
  fs::create_directory(path_);
  EXPECT_THAT(Open(false), IsError(StatusCode::kNotFound, path_));
  EXPECT_TRUE(fs::is_empty(path_));
  EXPECT_TRUE(Open(true).ok());
  EXPECT_TRUE(Open(false).ok());
}

TEST_F(RocksDbStoreTest, AMissingParentIsNotCreated) {
  const std::string nested = path_ + "/nested";
  EXPECT_THAT(RocksDbStore::Open({.path = nested, .create_if_missing = true}),
              IsError(StatusCode::kNotFound, nested));
}

TEST_F(RocksDbStoreTest, APathThatIsNoFolderIsRefused) {
  std::ofstream(path_) << "a file";
  EXPECT_THAT(Open(), IsError(StatusCode::kFailedPrecondition, path_ + " is not a folder"));
}

TEST_F(RocksDbStoreTest, LimitsBelowTheLeastAreRefused) {
  EXPECT_THAT(RocksDbStore::Open(
                  {.path = path_, .create_if_missing = true, .limits = {1, 1 << 20, 1 << 20}}),
              IsError(StatusCode::kInvalidArgument, "16 operations"));
}

TEST_F(RocksDbStoreTest, AFolderThatMayNotBeWrittenIsPermissionDenied) {
  MustOpen().reset();
  fs::permissions(folder_.path(), fs::perms::all);
  fs::permissions(path_, fs::perms::owner_read | fs::perms::owner_exec | fs::perms::others_read |
                             fs::perms::others_exec);
  // In a process of its own, as permissions do not bind root.
  EXPECT_EXIT(
      {
        constexpr uid_t kNobody = 65534;
        if (geteuid() == 0 && setuid(kNobody) != 0) _exit(2);
        const absl::Status status = Open().status();
        std::cerr << status << std::endl;
        _exit(status.code() == StatusCode::kPermissionDenied ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "/store: Permission denied");
  fs::permissions(path_, fs::perms::owner_all);
}

TEST_F(RocksDbStoreTest, AFolderThatThisProcessHasOpenIsRefused) {
  const std::unique_ptr<Store> holder = MustOpen();
  EXPECT_THAT(Open(), IsError(StatusCode::kFailedPrecondition, path_ + " is in use"));
  MustPut(*holder, "k", "the holder is not disturbed");
}

TEST_F(RocksDbStoreTest, AFolderThatAnotherProcessHasOpenIsRefused) {
  MustOpen().reset();
  int locked[2];
  int release[2];
  ASSERT_EQ(pipe(locked), 0);
  ASSERT_EQ(pipe(release), 0);
  const std::string lock_file = path_ + "/LOCK";
  const pid_t holder = fork();
  ASSERT_GE(holder, 0);
  if (holder == 0) {
    close(release[1]);
    // The lock that RocksDB takes, by itself: its threads do not survive a fork.
    struct flock lock = {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    const int file = open(lock_file.c_str(), O_RDWR);
    char byte = fcntl(file, F_SETLK, &lock) == 0 ? 'y' : 'n';
    if (write(locked[1], &byte, 1) != 1) _exit(1);
    // Ends when the test closes its side.
    _exit(read(release[0], &byte, 1) == 0 ? 0 : 1);
  }
  char byte = 0;
  ASSERT_EQ(read(locked[0], &byte, 1), 1);
  ASSERT_EQ(byte, 'y');
  EXPECT_THAT(Open(), IsError(StatusCode::kFailedPrecondition, path_ + " is in use: stop"));
  close(release[1]);
  int status = 0;
  ASSERT_EQ(waitpid(holder, &status, 0), holder);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(Open().ok());
  for (const int end : {locked[0], locked[1], release[0]}) close(end);
}

TEST_F(RocksDbStoreTest, AFolderThatLostItsCurrentFileIsNotTakenForANewOne) {
  MustPut(*MustOpen(), "k", "v");
  fs::remove(path_ + "/CURRENT");
  EXPECT_THAT(Open(), IsError(StatusCode::kDataLoss, "no file CURRENT"));
}

TEST_F(RocksDbStoreTest, ACreationThatWasCutShortIsDoneAgain) {
  fs::create_directory(path_);
  std::ofstream(path_ + "/MANIFEST-000001") << "the first bytes";
  std::ofstream(path_ + "/000001.dbtmp") << "MANIFEST";
  EXPECT_TRUE(Open().ok()) << Open().status();
}

TEST_F(RocksDbStoreTest, BatchesThatWaitShareOneSync) {
  const std::unique_ptr<Store> store = MustOpen();
  std::promise<void> first_done;
  std::promise<void> go_on;
  Batch first;
  first.Put("first", "v");
  store->Apply(0, std::move(first), [&](WriteOutcome) {
    first_done.set_value();
    go_on.get_future().wait();
  });
  first_done.get_future().wait();
  // The writer is held in the completion: these gather.
  std::vector<WriteOutcome> outcomes;
  for (int i = 0; i < 100; ++i) ApplyPut(*store, "k" + std::to_string(i), outcomes);
  go_on.set_value();
  store->Drain();
  EXPECT_EQ(outcomes.size(), 100u);
  EXPECT_EQ(store->stats().batches, 101u);
  EXPECT_EQ(store->stats().syncs, 2u);
  EXPECT_EQ(store->stats().background_errors, 0u);
}

// While it lives, files can't grow above `bytes`: a write that does fails as on a full device.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit = {bytes, before_.rlim_max};
    EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_;
};

TEST_F(RocksDbStoreTest, AfterAFailedWriteTheStoreHasStoppedAndReopensWithAllThatWasDone) {
  size_t done = 0;
  {
    const std::unique_ptr<Store> store = MustOpen();
    std::vector<WriteOutcome> outcomes;
    {
      const FileSizeLimit limit(256 * 1024);
      const std::string value(10'000, 'x');
      for (int i = 0; i < 60; ++i) {
        ApplyPut(*store, "k" + std::to_string(i), outcomes, value);
        if (i % 4 == 0) store->Drain();
      }
      store->Drain();
    }
    ASSERT_EQ(outcomes.size(), 60u);
    while (done < outcomes.size() && outcomes[done].result == WriteResult::kDone) ++done;
    ASSERT_GT(done, 0u);
    ASSERT_LT(done, outcomes.size());
    EXPECT_EQ(outcomes[done].result, WriteResult::kUnknown);
    EXPECT_FALSE(outcomes[done].status.ok());
    EXPECT_EQ(outcomes.back().result, WriteResult::kRefused);
    EXPECT_EQ(ReasonOf(outcomes.back().status), kStoreStopped);
    EXPECT_EQ(ReasonOf(store->Get("k0").status()), kStoreStopped);
    EXPECT_THAT(store->Sync(), IsError(StatusCode::kUnavailable, "stopped"));
    EXPECT_EQ(store->stats().batches, done);
  }
  const std::unique_ptr<Store> reopened = MustOpen();
  ASSERT_NE(reopened, nullptr);
  for (size_t i = 0; i < done; ++i) {
    EXPECT_TRUE((*reopened->Get("k" + std::to_string(i))).has_value()) << i;
  }
  MustPut(*reopened, "after", "v");
}

}  // namespace
}  // namespace quota::storage
