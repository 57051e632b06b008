// Tests of the tests: an audit finds what a kill must not do.
#include "tests/crash/audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/crash/bill.h"
#include "tests/crash/office.h"
#include "tests/crash/quotad_process.h"
#include "tests/crash/server_log.h"
#include "tests/crash/traffic.h"
#include "tests/integration/quota_calls.h"
#include "tests/integration/wait_until.h"
#include "tests/integration/zone_at_noon.h"
#include "tests/storage/temp_folder.h"

namespace quota::test {
namespace {

using testing::HasSubstr;

// The failures of the test that `statement` would have been, on any thread.
template <typename Statement>
std::string FailuresOf(const Statement& statement) {
  testing::TestPartResultArray results;
  {
    const testing::ScopedFakeTestPartResultReporter reporter(
        testing::ScopedFakeTestPartResultReporter::INTERCEPT_ALL_THREADS, &results);
    statement();
  }
  std::string text;
  for (int i = 0; i < results.size(); ++i) {
    text += std::string(results.GetTestPartResult(i).message()) + "\n";
  }
  return text;
}

class AuditTest : public testing::Test {
 protected:
  AuditTest() {
    Start();
    v1::CreateOrgRequest request;
    request.set_request_id("create");
    request.set_org_id("acme");
    request.set_edition("enterprise");
    request.set_time_zone(ZoneAtNoon());
    EXPECT_TRUE(QuotaCalls(quotad_->target()).CreateOrg(request).ok());
  }

  void Start() {
    quotad_ = std::make_unique<QuotadProcess>(QuotadOptions{.data_folder = folder_ / "data"});
    EXPECT_TRUE(quotad_->WaitUntilServing());
  }

  std::filesystem::path NewestLog() const {
    std::filesystem::path newest;
    for (const auto& file : std::filesystem::directory_iterator(folder_ / "data")) {
      if (file.path().extension() == ".log") newest = std::max(newest, file.path());
    }
    return newest;
  }

  // As if the last quarter of what was acknowledged had not been synced.
  void CutNewestLog() {
    const auto newest = NewestLog();
    ASSERT_FALSE(newest.empty());
    std::filesystem::resize_file(newest, std::filesystem::file_size(newest) * 3 / 4);
  }

  Bills BillsOf(const std::vector<Witness>& witnesses) {
    Bills bills;
    for (const Witness& witness : witnesses) AddToBills(witness, bills);
    return bills;
  }

  std::string FailuresOfBill(const Bill& bill) {
    QuotaCalls calls(quotad_->target());
    return FailuresOf([&] { ExpectCharged(calls, "acme", bill); });
  }

  storage::TempFolder folder_;
  std::unique_ptr<QuotadProcess> quotad_;
};

TEST_F(AuditTest, CallsThatWereAcknowledgedAndAreLostAreFound) {
  Traffic traffic(quotad_->target(), {.orgs = {"acme"}, .prefix = "lost"});
  EXPECT_TRUE(traffic.WaitForAnswers(1'000));
  traffic.ExpectTheEnd();
  quotad_->Kill();
  std::vector<Witness> witnesses = traffic.Stop();
  CutNewestLog();
  Start();
  EXPECT_THAT(FailuresOf([&] { AuditAll(quotad_->target(), witnesses); }), HasSubstr("lost"));
}

TEST_F(AuditTest, ChangesThatWereAcknowledgedAndAreLostAreFound) {
  Office office(quotad_->target(), /*seed=*/1, "office");
  // A change takes some hundred bytes, and one at most was not acknowledged.
  constexpr uintmax_t kEnough = 16'384;
  EXPECT_TRUE(WaitUntil([&] { return std::filesystem::file_size(NewestLog()) > kEnough; }));
  office.ExpectTheEnd();
  quotad_->Kill();
  office.Close();
  CutNewestLog();
  Start();
  EXPECT_THAT(FailuresOf([&] { office.Audit(quotad_->target()); }), HasSubstr("lost"));
}

TEST_F(AuditTest, AChargeThatNobodyWasToldOfIsFound) {
  QuotaCalls calls(quotad_->target());
  EXPECT_EQ(FailuresOfBill({}), "");
  ASSERT_TRUE(calls.Charge(MakeCharge("acme", "c", 5)).ok());
  EXPECT_THAT(FailuresOfBill({}), HasSubstr("bill.charged"));
  EXPECT_EQ(FailuresOfBill({.charged = 5}), "");
}

TEST_F(AuditTest, AChargeToAnotherDayIsFound) {
  QuotaCalls calls(quotad_->target());
  const auto charge = calls.Charge(MakeCharge("acme", "c", 5));
  ASSERT_TRUE(charge.ok()) << charge.message();
  const int64_t today = charge->usage().resets_at().seconds();
  EXPECT_EQ(FailuresOfBill({.charged = 5, .charged_on = {{today, 5}}}), "");
  EXPECT_THAT(FailuresOfBill({.charged = 5, .charged_on = {{today - 86'400, 5}}}),
              HasSubstr("the day that ends at"));
}

TEST_F(AuditTest, AHoldThatLeaksIsFound) {
  QuotaCalls calls(quotad_->target());
  ASSERT_TRUE(calls.Reserve(MakeReserve("acme", "r", 5)).ok());
  const std::string failures = FailuresOfBill({});
  EXPECT_THAT(failures, HasSubstr("held()"));
  EXPECT_THAT(failures, HasSubstr("in_flight()"));
  EXPECT_THAT(failures, HasSubstr("open_reservations()"));
}

TEST_F(AuditTest, AHealthyServerPassesTwice) {
  Traffic traffic(quotad_->target(), {.orgs = {"acme"}, .prefix = "good"});
  EXPECT_TRUE(traffic.WaitForAnswers(300));
  traffic.ExpectTheEnd();
  quotad_->Kill();
  std::vector<Witness> witnesses = traffic.Stop();
  Start();
  AuditAll(quotad_->target(), witnesses);
  AuditAll(quotad_->target(), witnesses);
  EXPECT_EQ(FailuresOfBill(BillsOf(witnesses)["acme"]), "");
}

TEST(ServerLogTest, TellsWhatTheServerWasDoing) {
  const std::string serves = "[info] quotad 1 serves: grpc port 1\n";
  EXPECT_FALSE(LogServes("[info] quotad starts\n"));
  EXPECT_TRUE(LogServes(serves));
  EXPECT_TRUE(LogStopping(serves + "[info] stopping: signal 15\n"));
  EXPECT_FALSE(LogStopping(serves + "[info] stopping: signal 15\n[info] stopped\n"));
  const std::string begins = "[debug] shard 1: snapshot of sequence 7 begins\n";
  EXPECT_FALSE(LogInSnapshot(serves));
  EXPECT_TRUE(LogInSnapshot(serves + begins));
  EXPECT_TRUE(LogInSnapshot(begins + "[debug] shard 0: snapshot ends; nothing to trim yet\n"));
  EXPECT_FALSE(LogInSnapshot(begins + "[debug] shard 1: snapshot ends; nothing to trim yet\n"));
}

}  // namespace
}  // namespace quota::test
