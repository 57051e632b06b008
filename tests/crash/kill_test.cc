// SIGKILL of the real server, again and again, at random moments of its traffic.
//
// QUOTA_TEST_SEED repeats a run's choices (not its timing); QUOTA_TEST_KILLS sets how many kills.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/crash/audit.h"
#include "tests/crash/quotad_process.h"
#include "tests/crash/traffic.h"
#include "tests/integration/quota_calls.h"
#include "tests/integration/zone_at_noon.h"
#include "tests/storage/temp_folder.h"

namespace quota::test {
namespace {

// About a thousand answers between two kills: a run takes a minute on a busy machine.
constexpr uint64_t kDefaultKills = 10;
constexpr int64_t kMostAnswersBetweenKills = 2'000;

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

class KillTest : public testing::Test {
 protected:
  KillTest() : seed_(FromEnvironment("QUOTA_TEST_SEED", std::random_device()())), random_(seed_) {
    std::cout << "QUOTA_TEST_SEED=" << seed_ << std::endl;
  }

  bool Start() {
    quotad_ = std::make_unique<QuotadProcess>(QuotadOptions{.data_folder = folder_ / "data"});
    return quotad_->WaitUntilServing();
  }

  // A start that is killed somewhere between its first instruction and its first answer.
  void StartInVain() {
    QuotadProcess quotad({.data_folder = folder_ / "data"});
    const auto soon = std::chrono::milliseconds(Pick(0, 150));
    std::this_thread::sleep_for(soon);  // the moment is what varies; nothing waits for it
    quotad.Kill();
  }

  void CreateOrg(QuotaCalls& calls, const std::string& org, const std::string& edition,
                 int64_t agents = 0) {
    v1::CreateOrgRequest request;
    request.set_request_id("create-" + org);
    request.set_org_id(org);
    request.set_edition(edition);
    request.set_agents(agents);
    request.set_time_zone(ZoneAtNoon());
    const auto reply = calls.CreateOrg(request);
    EXPECT_TRUE(reply.ok()) << reply.message();
    orgs_.push_back(org);
  }

  // One that soon has no credits left, one that draws on a pack, one with few slots, two with
  // plenty.
  void CreateOrgs() {
    QuotaCalls calls(quotad_->target());
    CreateOrg(calls, "small", "free");
    CreateOrg(calls, "packed", "free");
    CreateOrg(calls, "narrow", "enterprise", 10'000);
    CreateOrg(calls, "medium", "express");
    CreateOrg(calls, "large", "enterprise", 10'000);
    v1::PurchaseCreditsRequest purchase;
    purchase.set_request_id("purchase");
    purchase.set_org_id("packed");
    purchase.set_purchase_id("pack");
    purchase.set_pack_credits(30'000);
    const auto bought = Once(calls.admin(), &v1::QuotaAdmin::Stub::PurchaseCredits, purchase);
    EXPECT_TRUE(bought.ok()) << bought.message();
    v1::SetConcurrencyLimitRequest limit;
    limit.set_request_id("limit");
    limit.set_org_id("narrow");
    limit.set_limit(2);
    const auto limited = Once(calls.admin(), &v1::QuotaAdmin::Stub::SetConcurrencyLimit, limit);
    EXPECT_TRUE(limited.ok()) << limited.message();
  }

  std::vector<Witness> KillDuringTraffic(uint64_t round) {
    Traffic traffic(quotad_->target(), orgs_, random_(), std::to_string(round));
    traffic.WaitForAnswers(Pick(1, kMostAnswersBetweenKills));
    traffic.ExpectTheEnd();
    quotad_->Kill();
    return traffic.Stop();
  }

  // What the clients of this round and of the one before were told is true, and the sums agree.
  void AuditAfterKill(std::vector<Witness>& witnesses) {
    AuditAll(quotad_->target(), witnesses);
    AuditAll(quotad_->target(), before_);
    for (const Witness& witness : witnesses) {
      AddCosts(witness, costs_);
      made_ += witness.charges.size() + witness.reserves.size();
    }
    QuotaCalls calls(quotad_->target());
    for (const std::string& org : orgs_) ExpectCharged(calls, org, costs_[org]);
  }

  int64_t Pick(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random_);
  }

  const uint64_t seed_;
  std::mt19937_64 random_;
  storage::TempFolder folder_;
  std::unique_ptr<QuotadProcess> quotad_;
  std::vector<std::string> orgs_;
  // The clients of the round before.
  std::vector<Witness> before_;
  Costs costs_;
  size_t made_ = 0;
};

TEST_F(KillTest, NothingAcknowledgedIsLostAndNothingIsChargedTwice) {
  const uint64_t kills = FromEnvironment("QUOTA_TEST_KILLS", kDefaultKills);
  ASSERT_TRUE(Start());
  CreateOrgs();
  for (uint64_t round = 1; round <= kills && !HasFailure(); ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    std::vector<Witness> witnesses = KillDuringTraffic(round);
    if (round % 3 == 0) StartInVain();
    ASSERT_TRUE(Start());
    AuditAfterKill(witnesses);
    before_ = std::move(witnesses);
  }
  std::cout << kills << " kills among " << made_ << " charges and reservations" << std::endl;
}

}  // namespace
}  // namespace quota::test
