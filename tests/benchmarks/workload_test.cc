#include "benchmarks/workload.h"

#include <gtest/gtest.h>

#include <functional>

namespace quota::bench {
namespace {

class WorkloadTest : public testing::Test {
 protected:
  WorkloadTest() : options_{.mix = *Mix::Parse("reserve+commit"), .credits = 3} {}

  static v1::ReserveResponse Granted() {
    v1::ReserveResponse response;
    response.set_decision(v1::DECISION_GRANTED);
    response.set_credits(3);
    return response;
  }
  static v1::CommitResponse Committed() {
    v1::CommitResponse response;
    response.set_charged(3);
    return response;
  }
  static v1::ChargeResponse Charged() {
    v1::ChargeResponse response;
    response.set_decision(v1::DECISION_GRANTED);
    response.set_charged(3);
    return response;
  }

  const WorkloadOptions options_;
  Workload workload_{options_, 0};
};

TEST_F(WorkloadTest, OrgIdsHaveTheSameLengthAndTheirNumber) {
  std::string id;
  WriteOrgId("bench-", 0, id);
  EXPECT_EQ(id, "bench-0000000");
  WriteOrgId("bench-", 9'999'999, id);
  EXPECT_EQ(id, "bench-9999999");
  WriteOrgId("x", 12'345'678, id);
  EXPECT_EQ(id, "x12345678");
}

TEST_F(WorkloadTest, ACommitNamesTheReservationThatWasGranted) {
  const Item item = workload_.NextItem();
  v1::ReserveRequest reserve;
  v1::CommitRequest commit;
  workload_.Write(item, reserve);
  workload_.Write(item, commit);
  EXPECT_EQ(reserve.reservation_id(), commit.reservation_id());
  EXPECT_EQ(reserve.org_id(), commit.org_id());
  EXPECT_EQ(reserve.credits(), 3);
  workload_.Write(workload_.NextItem(), commit);
  EXPECT_NE(reserve.reservation_id(), commit.reservation_id());
}

TEST_F(WorkloadTest, AddsUpWhatTheAnswersPromise) {
  const Item item{};
  ASSERT_TRUE(workload_.Take(item, Granted()).ok());
  EXPECT_EQ(workload_.promised().held[0], 3);
  EXPECT_EQ(workload_.promised().charged[0], 0);
  ASSERT_TRUE(workload_.Take(item, Committed()).ok());
  EXPECT_EQ(workload_.promised().held[0], 0);
  EXPECT_EQ(workload_.promised().charged[0], 3);
  ASSERT_TRUE(workload_.Take(item, Charged()).ok());
  EXPECT_EQ(workload_.promised().charged[0], 6);
}

TEST_F(WorkloadTest, AnUnplannedReserveFailsAndPromisesNothing) {
  const std::vector<std::function<void(v1::ReserveResponse&)>> changes = {
      [](auto& response) { response.set_decision(v1::DECISION_CREDITS_EXHAUSTED); },
      [](auto& response) { response.set_decision(v1::DECISION_UNSPECIFIED); },
      [](auto& response) { response.set_credits(2); },
      [](auto& response) { response.set_repeated(true); },
  };
  for (const auto& change : changes) {
    v1::ReserveResponse response = Granted();
    change(response);
    EXPECT_FALSE(workload_.Take(Item{}, response).ok()) << response.ShortDebugString();
  }
  EXPECT_EQ(workload_.promised().held[0], 0);
}

TEST_F(WorkloadTest, AnUnplannedCommitFailsAndPromisesNothing) {
  const std::vector<std::function<void(v1::CommitResponse&)>> changes = {
      [](auto& response) { response.set_charged(2); },
      [](auto& response) { response.set_overage(1); },
      [](auto& response) { response.set_late(true); },
      [](auto& response) { response.set_repeated(true); },
  };
  for (const auto& change : changes) {
    v1::CommitResponse response = Committed();
    change(response);
    EXPECT_FALSE(workload_.Take(Item{}, response).ok()) << response.ShortDebugString();
  }
  EXPECT_EQ(workload_.promised().charged[0], 0);
}

TEST_F(WorkloadTest, ARefusalNamesTheOrganisationAndTheDecision) {
  v1::ChargeResponse response;
  response.set_decision(v1::DECISION_ORG_SUSPENDED);
  const absl::Status status = workload_.Take(Item{}, response);
  EXPECT_EQ(status.message(), "bench-0000000: refused with DECISION_ORG_SUSPENDED");
}

TEST_F(WorkloadTest, AResultOfAnotherOperationFails) {
  v1::OperationResult result;
  *result.mutable_commit() = Committed();
  EXPECT_TRUE(workload_.Take(Op::kCommit, Item{}, result).ok());
  EXPECT_FALSE(workload_.Take(Op::kReserve, Item{}, result).ok());
  result.mutable_error()->set_message("the queue is full");
  EXPECT_FALSE(workload_.Take(Op::kCommit, Item{}, result).ok());
}

TEST_F(WorkloadTest, ThreadsOfARunDifferAndASeedRepeats) {
  const WorkloadOptions options{.mix = *Mix::Parse("charge"), .orgs = OrgChooser::Uniform(1'000)};
  const auto draw = [&options](uint32_t thread) {
    Workload workload(options, thread);
    std::vector<uint32_t> orgs;
    for (int i = 0; i < 20; ++i) orgs.push_back(workload.NextItem().org);
    return orgs;
  };
  EXPECT_EQ(draw(0), draw(0));
  EXPECT_NE(draw(0), draw(1));
}

}  // namespace
}  // namespace quota::bench
