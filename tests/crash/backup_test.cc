// Backups of the real server under traffic: taken by quotactl, restored, and served again. What was
// acknowledged before a backup began is in it, whole, and its sums agree.
//
// QUOTA_TEST_SEED repeats a run's choices (not its timing); QUOTA_TEST_BACKUPS sets how many.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "storage/rocksdb/rocksdb_store.h"
#include "tests/client/quotactl_run.h"
#include "tests/crash/audit.h"
#include "tests/crash/quotad_process.h"
#include "tests/crash/traffic.h"
#include "tests/integration/quota_calls.h"
#include "tests/integration/zone_at_noon.h"
#include "tests/storage/temp_folder.h"

namespace quota::test {
namespace {

using client::ExitCode;
using client::RunResult;
using client::RunTool;
using nlohmann::json;
using testing::HasSubstr;

constexpr uint64_t kDefaultBackups = 2;
constexpr int64_t kAnswersBetween = 300;

uint64_t NumberFromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

class BackupTest : public testing::Test {
 protected:
  BackupTest()
      : seed_(NumberFromEnvironment("QUOTA_TEST_SEED", std::random_device()())), random_(seed_) {
    std::cout << "QUOTA_TEST_SEED=" << seed_ << std::endl;
  }

  std::string data() const { return folder_ / "data"; }
  // As quotad names it.
  std::string backups() const {
    return std::filesystem::path(folder_ / "backups").lexically_normal().string();
  }

  bool Start(std::unique_ptr<QuotadProcess>& quotad, const std::string& folder) {
    quotad = std::make_unique<QuotadProcess>(
        QuotadOptions{.data_folder = folder, .backup_folder = backups()});
    return quotad->WaitUntilServing();
  }

  void CreateOrgs() {
    QuotaCalls calls(quotad_->target());
    for (const char* const edition : {"free", "express", "enterprise"}) {
      v1::CreateOrgRequest request;
      request.set_request_id(edition);
      request.set_org_id(std::string("of-") + edition);
      request.set_edition(edition);
      request.set_time_zone(ZoneAtNoon());
      const auto reply = calls.CreateOrg(request);
      ASSERT_TRUE(reply.ok()) << reply.message();
      orgs_.push_back(request.org_id());
    }
    v1::PurchaseCreditsRequest purchase;
    purchase.set_request_id("purchase");
    purchase.set_org_id("of-free");
    purchase.set_purchase_id("pack");
    purchase.set_pack_credits(30'000);
    ASSERT_TRUE(Once(calls.admin(), &v1::QuotaAdmin::Stub::PurchaseCredits, purchase).ok());
  }

  RunResult Backup(const std::string& name) {
    return RunTool(
        {"backup", name, "--server", quotad_->target(), "--output", "json", "--timeout", "1s"});
  }

  // Of clients whose calls have an order.
  TrafficOptions Unary(const std::string& prefix) {
    return {.orgs = orgs_,
            .seed = random_(),
            .prefix = prefix,
            .unary_clients = 8,
            .session_clients = 0};
  }

  // The first calls of a client, all answered.
  static Witness First(const Witness& witness, const WitnessSize& size) {
    Witness first;
    first.charges.assign(witness.charges.begin(), witness.charges.begin() + size.charges);
    first.reserves.assign(witness.reserves.begin(), witness.reserves.begin() + size.reserves);
    return first;
  }

  const uint64_t seed_;
  std::mt19937_64 random_;
  const storage::TempFolder folder_;
  std::unique_ptr<QuotadProcess> quotad_;
  std::vector<std::string> orgs_;
};

TEST_F(BackupTest, WhatWasAcknowledgedBeforeABackupIsThereAfterItsRestore) {
  const uint64_t count = NumberFromEnvironment("QUOTA_TEST_BACKUPS", kDefaultBackups);
  ASSERT_TRUE(Start(quotad_, data()));
  CreateOrgs();
  Traffic traffic(quotad_->target(), Unary("t"));
  std::vector<std::vector<WitnessSize>> before;
  for (uint64_t i = 1; i <= count; ++i) {
    ASSERT_TRUE(traffic.WaitForAnswers(static_cast<int64_t>(i) * kAnswersBetween));
    before.push_back(traffic.Answered());
    const RunResult taken = Backup("b" + std::to_string(i));
    ASSERT_EQ(taken.code, ExitCode::kOk) << taken.err;
    EXPECT_EQ(json::parse(taken.out)["path"], backups() + "/b" + std::to_string(i));
  }
  traffic.ExpectTheEnd();
  quotad_->Kill();
  const std::vector<Witness> witnesses = traffic.Stop();

  size_t audited = 0;
  for (uint64_t i = 1; i <= count && !HasFailure(); ++i) {
    SCOPED_TRACE("backup " + std::to_string(i));
    const std::string name = "b" + std::to_string(i);
    const std::string restored = folder_ / ("restored" + std::to_string(i));
    const RunResult verified = RunTool({"verify", backups() + "/" + name});
    ASSERT_EQ(verified.code, ExitCode::kOk) << verified.out << verified.err;
    const RunResult restore = RunTool({"restore", backups() + "/" + name, restored});
    ASSERT_EQ(restore.code, ExitCode::kOk) << restore.out << restore.err;
    std::vector<Witness> first;
    for (size_t client = 0; client < witnesses.size(); ++client) {
      first.push_back(First(witnesses[client], before[i - 1][client]));
      audited += first.back().charges.size() + first.back().reserves.size();
    }
    std::unique_ptr<QuotadProcess> again;
    ASSERT_TRUE(Start(again, restored));
    AuditAll(again->target(), first);
    again->Stop();
    const RunResult after = RunTool({"verify", restored});
    EXPECT_EQ(after.code, ExitCode::kOk) << after.out << after.err;
  }
  EXPECT_GE(audited, 100u);
  std::cout << count << " backups, " << audited << " charges and reservations before them"
            << std::endl;
}

TEST_F(BackupTest, AFolderIsWholeAfterSigkillAndRefusedWhileAServerHasIt) {
  ASSERT_TRUE(Start(quotad_, data()));
  CreateOrgs();
  for (int round = 0; round < 3 && !HasFailure(); ++round) {
    Traffic traffic(quotad_->target(), Unary("k" + std::to_string(round)));
    ASSERT_TRUE(traffic.WaitForAnswers(kAnswersBetween));
    for (const char* const command : {"verify", "dump"}) {
      const RunResult used = RunTool({command, data()});
      EXPECT_EQ(used.code, ExitCode::kUsage) << used.out;
      EXPECT_THAT(used.err, HasSubstr("is in use: stop the quotad that has it open"));
    }
    traffic.ExpectTheEnd();
    quotad_->Kill();
    traffic.Stop();
    const RunResult verified = RunTool({"verify", data(), "--output", "json"});
    ASSERT_EQ(verified.code, ExitCode::kOk) << verified.out << verified.err;
    EXPECT_GT(json::parse(verified.out)["events"], kAnswersBetween / 2);
    ASSERT_TRUE(Start(quotad_, data()));
  }
}

TEST_F(BackupTest, AFolderThatIsLookedAtIsNotOpenedByAServer) {
  ASSERT_TRUE(Start(quotad_, data()));
  EXPECT_EQ(quotad_->Stop().code, 0);
  const auto looked_at = storage::RocksDbStore::OpenReadOnly(data());
  ASSERT_TRUE(looked_at.ok()) << looked_at.status();
  QuotadProcess refused({.data_folder = data()});
  const auto end = refused.process().WaitForEnd(kPatience);
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->code, 1);
  EXPECT_THAT(refused.process().err(), HasSubstr("is in use"));
}

TEST_F(BackupTest, QuotactlRepeatsItUnderItsRequestAndTheAuditLogTellsOfIt) {
  ASSERT_TRUE(Start(quotad_, data()));
  const std::vector<std::string> backup = {"backup",  "monday", "--request-id", "r1",
                                           "--actor", "root",   "--server",     quotad_->target()};
  const RunResult taken = RunTool(backup);
  ASSERT_EQ(taken.code, ExitCode::kOk) << taken.err;
  EXPECT_THAT(taken.out, HasSubstr("backup    " + backups() + "/monday\n"));
  EXPECT_EQ(RunTool(backup).out, taken.out);
  const RunResult other = RunTool({"backup", "monday", "--server", quotad_->target()});
  EXPECT_EQ(other.code, ExitCode::kServerError);
  EXPECT_THAT(other.err, HasSubstr("there is a backup \"monday\" already; choose another name"));
  const RunResult audit = RunTool({"audit", "--server", quotad_->target()});
  EXPECT_THAT(audit.out, testing::ContainsRegex("Backup  backup monday, [0-9]+ bytes  root"));
}

TEST_F(BackupTest, AServerThatIsKilledWhileItTakesOneLeavesNoneOfThatName) {
  ASSERT_TRUE(Start(quotad_, data()));
  CreateOrgs();
  Traffic traffic(quotad_->target(), Unary("t"));
  ASSERT_TRUE(traffic.WaitForAnswers(kAnswersBetween));
  // Backups one after the other until the kill; each that was answered is whole.
  std::atomic<int> answered = 0;
  std::atomic<bool> ended = false;
  std::thread taker([&] {
    while (Backup("n" + std::to_string(answered + 1)).code == ExitCode::kOk) ++answered;
    ended = true;
  });
  while (answered < 2 && !ended) std::this_thread::yield();
  EXPECT_FALSE(ended) << "a backup failed";
  traffic.ExpectTheEnd();
  quotad_->Kill();
  taker.join();
  traffic.Stop();
  int whole = 0;
  for (const auto& entry : std::filesystem::directory_iterator(backups())) {
    const std::string name = entry.path().filename().string();
    const ExitCode code = RunTool({"verify", entry.path().string()}).code;
    if (name.starts_with(".")) {
      EXPECT_NE(code, ExitCode::kOk) << name;
    } else {
      EXPECT_EQ(code, ExitCode::kOk) << name;
      ++whole;
    }
  }
  EXPECT_GE(whole, answered.load());
}

}  // namespace
}  // namespace quota::test
