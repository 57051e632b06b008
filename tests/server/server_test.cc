// The whole server, as main starts it: ports, health, stops and restarts.
#include "server/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "catalog/catalog_loader.h"
#include "common/mutex.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "quota/v1/admin.grpc.pb.h"
#include "quota/v1/quota.grpc.pb.h"
#include "storage/memory_store.h"
#include "tests/fakes/simulated_clock.h"
#include "tests/integration/health.h"
#include "tests/server/running_server.h"
#include "tests/storage/temp_folder.h"

namespace quota::server {
namespace {

using test::Health;
using ::testing::HasSubstr;

TEST(ServerTest, UsageIsThereAfterARestart) {
  const storage::TempFolder folder;
  const test::SimulatedClock clock;
  {
    RunningServer running(clock, Folder(folder / "data"));
    running.CreateOrg("acme");
    EXPECT_TRUE(running.Charge("acme", "c1", 42).ok());
    EXPECT_TRUE(running.server().Drain(std::chrono::seconds(10)));
  }
  RunningServer running(clock, Folder(folder / "data"));
  EXPECT_EQ(running.Usage("acme").usage().used(), 42);
}

TEST(ServerTest, HealthAndReadinessSayThatItServes) {
  const test::SimulatedClock clock;
  const storage::TempFolder folder;
  RunningServer running(clock, Folder(folder / "data"));
  for (const char* service : {"", "quota.v1.QuotaService", "quota.v1.QuotaAdmin"}) {
    EXPECT_EQ(Health(running.channel, service), 1) << service;
  }
  EXPECT_EQ(running.Get("/healthz").first, 200);
  EXPECT_EQ(running.Get("/readyz").first, 200);
}

TEST(ServerTest, MetricsShowWhatWasDone) {
  const test::SimulatedClock clock;
  const storage::TempFolder folder;
  RunningServer running(clock, Folder(folder / "data"));
  running.CreateOrg("acme");
  EXPECT_TRUE(running.Charge("acme", "c1", 1).ok());
  const std::string page = running.Get("/metrics").second;
  EXPECT_THAT(page, HasSubstr("quotad_requests_total{method=\"charge\",transport=\"unary\","
                              "outcome=\"granted\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("quotad_engine_state{state=\"serving\"} 1\n"));
}

// Keeps writes back while its gate is closed.
class GatedStore final : public storage::Store {
 public:
  const storage::Limits& limits() const override { return store_.limits(); }
  absl::StatusOr<std::optional<std::string>> Get(std::string_view key) override {
    return store_.Get(key);
  }
  absl::StatusOr<storage::Page> Scan(std::string_view begin, std::string_view end,
                                     size_t max_entries, size_t max_bytes) override {
    return store_.Scan(begin, end, max_entries, max_bytes);
  }
  void Apply(uint32_t shard, storage::Batch batch, storage::Completion done) override {
    {
      MutexLock lock(mutex_);
      if (closed_) {
        held_.push_back({shard, std::move(batch), std::move(done)});
        return;
      }
    }
    store_.Apply(shard, std::move(batch), std::move(done));
  }
  void Drain() override {
    {
      // Whoever opens the gate is still in here: the store must outlive that.
      MutexLock lock(mutex_);
      while (opening_) opened_.WaitFor(mutex_, std::chrono::seconds(1));
    }
    store_.Drain();
  }
  absl::Status Sync() override { return store_.Sync(); }
  storage::StoreStats stats() const override { return store_.stats(); }
  absl::Status Close() override { return store_.Close(); }

  void CloseGate() {
    MutexLock lock(mutex_);
    closed_ = true;
  }
  // Lets through what was kept back.
  void OpenGate() {
    std::vector<Held> held;
    {
      MutexLock lock(mutex_);
      closed_ = false;
      opening_ = true;
      held.swap(held_);
    }
    for (Held& write : held) {
      store_.Apply(write.shard, std::move(write.batch), std::move(write.done));
    }
    MutexLock lock(mutex_);
    opening_ = false;
    opened_.NotifyAll();
  }
  bool HoldsBack() const {
    MutexLock lock(mutex_);
    return !held_.empty();
  }

 private:
  struct Held {
    uint32_t shard;
    storage::Batch batch;
    storage::Completion done;
  };
  storage::MemoryStore store_{std::make_shared<storage::MemoryDisk>(), {.immediate = true}};
  mutable Mutex mutex_;
  bool closed_ = false;
  CondVar opened_;
  bool opening_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<Held> held_;
};

TEST(ServerTest, WhileItDrainsNewCallsAreToldSo) {
  const test::SimulatedClock clock;
  GatedStore* store = nullptr;
  RunningServer running(clock, [&store]() -> absl::StatusOr<std::unique_ptr<storage::Store>> {
    auto opened = std::make_unique<GatedStore>();
    store = opened.get();
    return opened;
  });
  running.CreateOrg("acme");
  store->CloseGate();
  auto accepted = std::async(std::launch::async, [&] { return running.Charge("acme", "c1", 1); });
  while (!store->HoldsBack()) std::this_thread::yield();
  auto drained = std::async(std::launch::async,
                            [&] { return running.server().Drain(std::chrono::minutes(1)); });
  while (running.server().engine().serving()) std::this_thread::yield();
  const grpc::Status refused = running.Charge("acme", "c2", 1);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(refused.error_message(), HasSubstr("shutting down"));
  EXPECT_EQ(Health(running.channel, "quota.v1.QuotaService"), 2);
  EXPECT_EQ(running.Get("/readyz"), std::make_pair(503, std::string("shutting down\n")));
  store->OpenGate();
  EXPECT_TRUE(accepted.get().ok());
  EXPECT_TRUE(drained.get());
}

// What was acknowledged while the server was stopped is there, and nothing was left hanging.
TEST(ServerTest, ADrainAnswersWhatWasAccepted) {
  const storage::TempFolder folder;
  const test::SimulatedClock clock;
  std::atomic<int64_t> charged = 0;
  {
    RunningServer running(clock, Folder(folder / "data"));
    running.CreateOrg("acme");
    std::atomic<bool> stopped = false;
    std::vector<std::thread> clients;
    for (int client = 0; client < 8; ++client) {
      clients.emplace_back([&, client] {
        for (int call = 0; !stopped; ++call) {
          const std::string id = std::to_string(client) + "-" + std::to_string(call);
          const grpc::Status status = running.Charge("acme", id, 1);
          if (status.ok()) {
            ++charged;
          } else {
            // CANCELLED: it came as gRPC closed the port.
            EXPECT_TRUE(status.error_code() == grpc::StatusCode::UNAVAILABLE ||
                        status.error_code() == grpc::StatusCode::CANCELLED)
                << status.error_message();
            return;
          }
        }
      });
    }
    while (charged < 100) std::this_thread::yield();
    EXPECT_TRUE(running.server().Drain(std::chrono::seconds(10)));
    stopped = true;
    for (std::thread& client : clients) client.join();
  }
  RunningServer running(clock, Folder(folder / "data"));
  EXPECT_EQ(running.Usage("acme").usage().used(), std::min<int64_t>(charged, 5'000));
}

TEST(ServerTest, AFolderInUseIsAnErrorThatNamesIt) {
  const test::SimulatedClock clock;
  const storage::TempFolder folder;
  RunningServer running(clock, Folder(folder / "data"));
  Server second(RunningServer::Options(), *catalog::LoadDefaultCatalog(), clock,
                Folder(folder / "data"));
  const absl::Status started = second.Start();
  EXPECT_EQ(started.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(started.message()), HasSubstr(folder / "data"));
}

TEST(ServerTest, APortInUseIsAnErrorThatNamesIt) {
  const test::SimulatedClock clock;
  const storage::TempFolder folder;
  RunningServer running(clock, Folder(folder / "data"));
  ServerOptions options = RunningServer::Options();
  options.grpc.port = running.server().grpc_port();
  Server second(options, *catalog::LoadDefaultCatalog(), clock, Folder(folder / "other"));
  const absl::Status started = second.Start();
  EXPECT_EQ(started.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(started.message()), HasSubstr(options.grpc.Text()));
}

// The reason of a failed call; empty where it has none.
std::string Reason(const grpc::Status& status) {
  google::rpc::Status details;
  google::rpc::ErrorInfo info;
  if (!details.ParseFromString(status.error_details()) || details.details_size() == 0 ||
      !details.details(0).UnpackTo(&info)) {
    return "";
  }
  return info.reason();
}

TEST(ServerTest, AFailedStoreShowsInHealthAndHeals) {
  test::SimulatedClock clock;
  const auto disk = std::make_shared<storage::MemoryDisk>();
  storage::MemoryStore* store = nullptr;
  std::atomic<bool> repaired = true;
  RunningServer running(clock, [&]() -> absl::StatusOr<std::unique_ptr<storage::Store>> {
    if (!repaired) return absl::UnavailableError("the disk is gone");
    auto opened = std::make_unique<storage::MemoryStore>(
        disk, storage::MemoryStoreOptions{.immediate = true});
    store = opened.get();
    return opened;
  });
  running.CreateOrg("acme");
  repaired = false;
  store->FailWrite(1, storage::WriteFault::kUnknownApplied);
  const grpc::Status failed = running.Charge("acme", "c1", 5);
  EXPECT_EQ(failed.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(Reason(failed), "OUTCOME_UNKNOWN");
  EXPECT_EQ(Reason(running.Charge("acme", "c2", 5)), "STORE_STOPPED");
  while (Health(running.channel, "quota.v1.QuotaService") != 2) std::this_thread::yield();
  EXPECT_EQ(running.Get("/healthz").first, 503);
  EXPECT_THAT(running.Get("/healthz").second, HasSubstr("the store is stopped"));
  EXPECT_EQ(running.Get("/readyz").first, 503);
  repaired = true;
  while (Health(running.channel, "quota.v1.QuotaService") != 1) {
    clock.Advance(std::chrono::milliseconds(50));
  }
  EXPECT_EQ(running.Get("/healthz").first, 200);
  // It had reached the disk: the retry learns that, and pays nothing.
  EXPECT_TRUE(running.Charge("acme", "c1", 5).ok());
  EXPECT_EQ(running.Usage("acme").usage().used(), 5);
}

// The slots of an API server that crashed come back.
TEST(ServerTest, ALostSessionFreesItsSlots) {
  test::SimulatedClock clock;
  const storage::TempFolder folder;
  RunningServer running(clock, Folder(folder / "data"));
  running.CreateOrg("acme");
  grpc::ClientContext context;
  const auto stream = running.quota->Session(&context);
  v1::SessionRequest message;
  message.mutable_open()->set_session_id("s1");
  stream->Write(message);
  auto& reserve = *message.mutable_batch()->add_operations()->mutable_reserve();
  reserve.set_org_id("acme");
  reserve.set_reservation_id("r1");
  reserve.set_credits(10);
  reserve.set_bind_to_session(true);
  stream->Write(message);
  v1::SessionResponse response;
  ASSERT_TRUE(stream->Read(&response));
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.result().results(0).reserve().decision(), v1::DECISION_GRANTED);
  EXPECT_EQ(running.Usage("acme").usage().pools(0).in_flight(), 1);
  context.TryCancel();
  while (stream->Read(&response)) {
  }
  stream->Finish();
  while (!running.MetricsHave("quotad_session_streams 0\n")) std::this_thread::yield();
  EXPECT_EQ(running.Usage("acme").usage().pools(0).in_flight(), 1);
  clock.Advance(std::chrono::seconds(5));
  while (running.Usage("acme").usage().pools(0).in_flight() > 0) std::this_thread::yield();
  EXPECT_EQ(running.Usage("acme").usage().held(), 0);
}

}  // namespace
}  // namespace quota::server
