// Power cuts under the whole server: what clients were told over gRPC is still true afterwards.
//
// QUOTA_TEST_SEED repeats a run's choices (not its timing); QUOTA_TEST_SERVER_POWER_CUTS sets how
// many cuts.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "catalog/catalog_loader.h"
#include "server/server.h"
#include "storage/rocksdb/rocksdb_store.h"
#include "tests/crash/audit.h"
#include "tests/crash/bill.h"
#include "tests/crash/traffic.h"
#include "tests/fakes/faulty_device.h"
#include "tests/fakes/simulated_clock.h"
#include "tests/integration/quota_calls.h"
#include "tests/integration/wait_until.h"
#include "tests/storage/temp_folder.h"

namespace quota::test {
namespace {

constexpr uint64_t kDefaultCuts = 15;
constexpr int64_t kMostAnswersBetweenCuts = 400;
// So little that accounts are stored, and the journal is trimmed, between two cuts.
constexpr size_t kJournalBytes = storage::kDefaultShards * 16 * 1024;

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

class PowerCutTest : public testing::Test {
 protected:
  PowerCutTest()
      : seed_(FromEnvironment("QUOTA_TEST_SEED", std::random_device()())), random_(seed_) {
    std::cout << "QUOTA_TEST_SEED=" << seed_ << std::endl;
  }

  absl::Status Start() {
    server::ServerOptions options;
    options.grpc = {"127.0.0.1", 0};
    options.http.reset();
    options.engine.pipeline.snapshots.journal_bytes = kJournalBytes;
    server_ =
        std::make_unique<server::Server>(options, *catalog::LoadDefaultCatalog(), clock_, [this] {
          return storage::RocksDbStore::Open(
              {.path = folder_ / "data", .create_if_missing = true, .env = disk_.env()});
        });
    return server_->Start();
  }

  std::string target() const { return "127.0.0.1:" + std::to_string(server_->grpc_port()); }

  // The power comes back, after it has failed if it has not yet.
  void EndAndRestorePower() {
    disk_.CutPower();
    server_.reset();
    disk_.RestorePower(random_);
  }

  // A start that loses its power somewhere between its first look at the disk and its first answer.
  void StartInVain() {
    disk_.CutPower(static_cast<uint64_t>(Pick(0, 40)));
    (void)Start();
    EndAndRestorePower();
  }

  // One that soon has no credits left, two with plenty.
  void CreateOrgs() {
    QuotaCalls calls(target());
    const std::vector<std::pair<std::string, std::string>> orgs = {
        {"small", "free"}, {"medium", "express"}, {"large", "enterprise"}};
    for (const auto& [org, edition] : orgs) {
      const auto created = calls.CreateOrg(org, edition);
      ASSERT_TRUE(created.ok()) << created.message();
      orgs_.push_back(org);
    }
  }

  std::vector<Witness> CutDuringTraffic(uint64_t round) {
    Traffic traffic(target(), {.orgs = orgs_, .seed = random_(), .prefix = std::to_string(round)});
    traffic.WaitForAnswers(Pick(1, kMostAnswersBetweenCuts));
    traffic.ExpectTheEnd();
    disk_.CutPower(static_cast<uint64_t>(Pick(0, 30)));
    std::vector<Witness> witnesses = traffic.Stop();
    EXPECT_FALSE(disk_.powered());
    EXPECT_FALSE(server_->engine().serving());
    return witnesses;
  }

  // What the clients of this round and of the one before were told is true, and the sums agree.
  void AuditAfterCut(std::vector<Witness>& witnesses) {
    // Time passes, so that holds which are left to their ttl end; but far less than the two minutes
    // for which ids are remembered.
    constexpr auto kStep = std::chrono::milliseconds(20);
    constexpr int kMostSteps = 2'000;
    std::atomic<bool> done = false;
    std::thread time([&] {
      int steps = 0;
      WaitUntil(
          [&] {
            if (steps++ < kMostSteps) clock_.Advance(kStep);
            return done.load();
          },
          std::chrono::seconds(300));
    });
    AuditAll(target(), witnesses);
    AuditAll(target(), before_);
    done = true;
    time.join();
    for (const Witness& witness : witnesses) {
      AddToBills(witness, bills_);
      made_ += witness.size();
    }
    QuotaCalls calls(target());
    for (const std::string& org : orgs_) ExpectCharged(calls, org, bills_[org]);
  }

  int64_t Pick(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random_);
  }

  const uint64_t seed_;
  std::mt19937_64 random_;
  const storage::TempFolder folder_;
  FaultyDevice disk_{folder_ / "shadow"};
  SimulatedClock clock_;
  std::unique_ptr<server::Server> server_;
  std::vector<std::string> orgs_;
  // The clients of the round before.
  std::vector<Witness> before_;
  Bills bills_;
  size_t made_ = 0;
};

TEST_F(PowerCutTest, NothingThatAClientWasToldIsLost) {
  const uint64_t cuts = FromEnvironment("QUOTA_TEST_SERVER_POWER_CUTS", kDefaultCuts);
  StartInVain();
  ASSERT_TRUE(Start().ok());
  CreateOrgs();
  for (uint64_t round = 1; round <= cuts && !HasFailure(); ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    std::vector<Witness> witnesses = CutDuringTraffic(round);
    EndAndRestorePower();
    if (round % 3 == 0) StartInVain();
    const absl::Status started = Start();
    ASSERT_TRUE(started.ok()) << started;
    AuditAfterCut(witnesses);
    before_ = std::move(witnesses);
  }
  std::cout << cuts << " power cuts among " << made_ << " charges and reservations" << std::endl;
}

// A test of the test: the log is not synced before an answer.
TEST_F(PowerCutTest, ALogThatIsNotSyncedIsCaught) {
  disk_.LieAboutSyncs(".log");
  bool caught = false;
  for (int attempt = 0; attempt < 20 && !caught; ++attempt) {
    ASSERT_TRUE(Start().ok());
    const std::string org = "org" + std::to_string(attempt);
    ASSERT_TRUE(QuotaCalls(target()).CreateOrg(org, "free").ok());
    const auto charge = QuotaCalls(target()).Charge(MakeCharge(org, "c1", 5));
    ASSERT_TRUE(charge.ok()) << charge.message();
    EndAndRestorePower();
    if (!Start().ok()) break;
    const auto repeat = QuotaCalls(target()).Charge(MakeCharge(org, "c1", 5));
    caught = !repeat.ok() || !repeat->repeated();
    EndAndRestorePower();
  }
  EXPECT_TRUE(caught);
}

}  // namespace
}  // namespace quota::test
