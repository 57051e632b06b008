// A disk that fails under the whole server: it stops with a reason that everybody can see, tries
// again with growing pauses, and recovers when the cause has gone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "catalog/catalog_loader.h"
#include "httplib.h"
#include "server/server.h"
#include "storage/rocksdb/rocksdb_store.h"
#include "tests/fakes/faulty_device.h"
#include "tests/fakes/simulated_clock.h"
#include "tests/integration/health.h"
#include "tests/integration/quota_calls.h"
#include "tests/integration/wait_until.h"
#include "tests/storage/temp_folder.h"

// Of AddressSanitizer, where it is used: it keeps what is freed for a while.
extern "C" size_t __sanitizer_get_current_allocated_bytes() __attribute__((weak));

namespace quota::test {
namespace {

using server::EngineState;
using testing::HasSubstr;

constexpr std::chrono::seconds kLongEnough{60};

struct Trouble {
  std::string name;
  DiskFault at_write;   // fails the write of a call
  DiskFault at_reopen;  // then keeps the store from opening
  std::string reason;   // part of what is told
};
void PrintTo(const Trouble& trouble, std::ostream* out) { *out << trouble.name; }

const DiskFault kFailingSync = {.calls = kSyncFile, .file = ".log"};

std::vector<Trouble> Troubles() {
  const auto full = [](uint32_t calls, const std::string& file) {
    return DiskFault{.calls = calls, .file = file, .error = DiskError::kFull};
  };
  const auto failing = [](uint32_t calls, const std::string& file) {
    return DiskFault{.calls = calls, .file = file};
  };
  const uint32_t writing = kCreateFile | kAppend;
  const std::string no_space = "No space left";
  const std::string io_error = "Input/output error";
  return {
      {"FullDisk", full(writing, ""), full(writing, ""), no_space},
      {"FullAtTheSyncOfTheLog", full(kSyncFile, ".log"), full(writing, ".log"), no_space},
      // Not full before: RocksDB looks for space by itself then, finds some, and writes the table.
      {"FullForATable", kFailingSync, full(writing, ".sst"), no_space},
      {"FullForTheManifest", full(kAppend, ".log"), full(kAppend, "MANIFEST-"), no_space},
      {"FailingSyncOfTheLog", kFailingSync, failing(kSyncFile, ""), io_error},
      {"FailingSyncOfATable", kFailingSync, failing(kSyncFile, ".sst"), io_error},
      {"FailingSyncOfTheManifest", kFailingSync, failing(kSyncFile, "MANIFEST-"), io_error},
      {"FailingSyncOfTheFolder", kFailingSync, failing(kSyncFolder, ""), io_error},
      {"FailingRename", kFailingSync, failing(kRename, "CURRENT"), io_error},
      {"UnreadableLog", kFailingSync, failing(kReadFile, ".log"), io_error},
      {"UnreadableTable", kFailingSync, failing(kReadFile, ".sst"), io_error},
      {"UnreadableManifest", kFailingSync, failing(kReadFile, "MANIFEST-"), io_error},
      {"ReadOnlyFileSystem",
       {.calls = kAnyChange, .error = DiskError::kReadOnly},
       {.calls = kAnyChange, .error = DiskError::kReadOnly},
       "Read-only file system"},
  };
}

class DiskTest : public testing::Test {
 protected:
  DiskTest() {
    spdlog::default_logger()->sinks().push_back(sink_);
    server::ServerOptions options;
    options.grpc = {"127.0.0.1", 0};
    options.http = server::ListenAddress{"127.0.0.1", 0};
    server_ = std::make_unique<server::Server>(
        options, *catalog::LoadDefaultCatalog(), clock_, [this, first = true]() mutable {
          return storage::RocksDbStore::Open({.path = folder_ / "data",
                                              .create_if_missing = std::exchange(first, false),
                                              .env = disk_.env()});
        });
    const absl::Status started = server_->Start();
    EXPECT_TRUE(started.ok()) << started;
    calls_ = std::make_unique<QuotaCalls>("127.0.0.1:" + std::to_string(server_->grpc_port()));
    EXPECT_TRUE(calls_->CreateOrg("acme", "free").ok());
    // A table, so that there is one to be damaged and to be read.
    EXPECT_TRUE(calls_->Charge(MakeCharge("acme", "before", 10)).ok());
  }
  ~DiskTest() override {
    server_.reset();
    spdlog::default_logger()->sinks().pop_back();
  }

  server::EngineStatus Status() { return server_->engine().status(); }

  // Time passes until `condition` is true.
  template <typename Condition>
  bool WaitWithTime(Condition condition, Duration step = std::chrono::milliseconds(50)) {
    return WaitUntil(
        [&] {
          clock_.Advance(step);
          return condition();
        },
        kLongEnough);
  }

  // With a step above the longest pause each step is an attempt.
  bool WaitForReopenFailures(uint64_t count, Duration step = std::chrono::milliseconds(50)) {
    return WaitWithTime([&] { return Status().reopen_failures >= count; }, step);
  }

  // Time stands still.
  bool WaitUntilStopped() {
    return WaitUntil([&] { return Status().state == EngineState::kStopped; }, kLongEnough);
  }

  bool WaitUntilServing() {
    return WaitWithTime([&] { return server_->engine().serving(); });
  }

  int HealthSays() { return Health(calls_->channel(), "quota.v1.QuotaService"); }

  // Of the HTTP port: the status and the body.
  std::pair<int, std::string> Get(const std::string& path) {
    const auto result = httplib::Client("127.0.0.1", server_->http_port()).Get(path);
    return result ? std::make_pair(result->status, result->body) : std::make_pair(0, "");
  }

  bool MetricsHave(const std::string& line) {
    return Get("/metrics").second.find("\n" + line + "\n") != std::string::npos;
  }

  // Lines of the log with this in them.
  uint64_t LogLines(const std::string& part) {
    std::istringstream lines(log_.str());
    uint64_t count = 0;
    for (std::string line; std::getline(lines, line);) {
      if (line.find(part) != std::string::npos) ++count;
    }
    return count;
  }

  std::ostringstream log_;
  const std::shared_ptr<spdlog::sinks::sink> sink_ =
      std::make_shared<spdlog::sinks::ostream_sink_mt>(log_);
  const storage::TempFolder folder_;
  FaultyDevice disk_{folder_ / "shadow"};
  SimulatedClock clock_;
  std::unique_ptr<server::Server> server_;
  std::unique_ptr<QuotaCalls> calls_;
};

class DiskTroubleTest : public DiskTest, public testing::WithParamInterface<Trouble> {};

INSTANTIATE_TEST_SUITE_P(Causes, DiskTroubleTest, testing::ValuesIn(Troubles()),
                         [](const auto& trouble) { return trouble.param.name; });

TEST_P(DiskTroubleTest, StopsWithAReasonAndRecoversWhenTheCauseHasGone) {
  disk_.Fail(GetParam().at_write);
  const auto failed = calls_->Charge(MakeCharge("acme", "c1", 20));
  EXPECT_EQ(failed.code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(failed.message(), HasSubstr("the same id"));

  // Stopped: calls, health, readiness, metrics and the log all say so.
  ASSERT_TRUE(WaitUntilStopped());
  disk_.Fail(GetParam().at_reopen);
  const auto refused = calls_->Charge(MakeCharge("acme", "c2", 1));
  EXPECT_EQ(refused.code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(refused.message(), HasSubstr("the call was not made, try again"));
  EXPECT_EQ(calls_->GetUsage("acme").code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(WaitUntil([&] { return HealthSays() == kNotServing; }, kLongEnough));
  EXPECT_EQ(Get("/healthz").first, 503);
  EXPECT_EQ(Get("/readyz").first, 503);
  EXPECT_TRUE(MetricsHave("quotad_engine_state{state=\"stopped\"} 1"));
  EXPECT_TRUE(MetricsHave("quotad_store_failures_total 1"));

  // It tries again, and each attempt is told, with its reason, in one line.
  ASSERT_TRUE(WaitForReopenFailures(3));
  ASSERT_TRUE(WaitUntilStopped());
  EXPECT_THAT(Status().detail, HasSubstr(GetParam().reason));
  EXPECT_THAT(Get("/healthz").second, HasSubstr(GetParam().reason));
  EXPECT_THAT(Get("/readyz").second, HasSubstr(GetParam().reason));
  EXPECT_THAT(calls_->GetUsage("acme").message(), HasSubstr(GetParam().reason));
  EXPECT_EQ(Status().store_failures, 1u);

  disk_.Heal();
  ASSERT_TRUE(WaitUntilServing());
  const uint64_t attempts = Status().reopen_failures;
  EXPECT_TRUE(WaitUntil([&] { return HealthSays() == kServing; }, kLongEnough));
  EXPECT_EQ(Get("/healthz").first, 200);
  EXPECT_TRUE(MetricsHave("quotad_engine_state{state=\"serving\"} 1"));
  EXPECT_TRUE(MetricsHave("quotad_store_reopen_failures_total " + std::to_string(attempts)));

  // Nothing is lost, nothing is charged twice.
  EXPECT_TRUE(calls_->Charge(MakeCharge("acme", "before", 10))->repeated());
  EXPECT_TRUE(calls_->Charge(MakeCharge("acme", "c1", 20)).ok());
  EXPECT_EQ(calls_->GetUsage("acme")->usage().used(), 30);

  server_.reset();
  EXPECT_EQ(LogLines("the store failed and is stopped: "), 1u) << log_.str();
  EXPECT_EQ(LogLines("the store cannot be opened yet: "), attempts) << log_.str();
  EXPECT_EQ(LogLines("the store is open again"), 1u) << log_.str();
}

// Bytes that are allocated now.
size_t AllocatedBytes() {
  if (__sanitizer_get_current_allocated_bytes != nullptr) {
    return __sanitizer_get_current_allocated_bytes();
  }
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

// The worst of them: each attempt writes a table before it fails.
TEST_F(DiskTest, AttemptsToReopenGrowNeitherTheProcessNorTheFolder) {
  const auto folder = [this] {
    std::pair<size_t, uint64_t> files_and_bytes;
    for (const auto& file : std::filesystem::directory_iterator(folder_ / "data")) {
      ++files_and_bytes.first;
      files_and_bytes.second += file.file_size();
    }
    return files_and_bytes;
  };
  constexpr auto kStep = std::chrono::seconds(11);
  disk_.Fail(kFailingSync);
  EXPECT_FALSE(calls_->Charge(MakeCharge("acme", "c1", 20)).ok());
  ASSERT_TRUE(WaitUntilStopped());
  disk_.Fail({.calls = kAppend, .file = "MANIFEST-", .error = DiskError::kFull});
  ASSERT_TRUE(WaitForReopenFailures(10, kStep));
  const size_t memory = AllocatedBytes();
  const auto [files, bytes] = folder();
  ASSERT_TRUE(WaitForReopenFailures(60, kStep));
  const auto [files_later, bytes_later] = folder();
  EXPECT_LT(AllocatedBytes(), memory + (1 << 20));
  EXPECT_LT(files_later, files + 5);
  EXPECT_LT(bytes_later, bytes + (1 << 16));
  disk_.Heal();
  ASSERT_TRUE(WaitUntilServing());
}

// As on a full disk where opening succeeds and the first write fails.
TEST_F(DiskTest, AStoreThatFailsAgainAndAgainIsReopenedEverMoreSlowly) {
  auto fail_and_heal = [this, calls = 0]() mutable {
    disk_.Fail(kFailingSync);
    EXPECT_FALSE(calls_->Charge(MakeCharge("acme", "c" + std::to_string(++calls), 1)).ok());
    EXPECT_TRUE(WaitUntilStopped());
    disk_.Heal();
    EXPECT_TRUE(WaitUntilServing());
    return Status().reopen_pause;
  };
  EXPECT_EQ(Status().reopen_pause, std::chrono::milliseconds(200));
  for (const int64_t next_pause : {400, 800, 1'600, 3'200, 6'400, 10'000, 10'000}) {
    EXPECT_EQ(fail_and_heal(), std::chrono::milliseconds(next_pause));
  }
  // Once it has served for longer than that, it is as if nothing had been.
  clock_.Advance(std::chrono::seconds(11));
  EXPECT_EQ(fail_and_heal(), std::chrono::milliseconds(400));
  EXPECT_EQ(Status().reopen_failures, 0u);
}

}  // namespace
}  // namespace quota::test
