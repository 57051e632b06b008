#include "server/quota_service.h"

#include <gtest/gtest.h>

#include <future>

#include "common/status.h"
#include "google/rpc/status.pb.h"
#include "tests/server/service_fixture.h"

namespace quota::server {
namespace {

v1::ReserveRequest Request() {
  v1::ReserveRequest request;
  request.set_org_id("acme");
  request.set_reservation_id("r1");
  request.set_credits(5);
  return request;
}

// Makes the call on a thread of its own: the test answers it.
std::future<std::pair<grpc::Status, v1::ReserveResponse>> Reserve(ServiceFixture& fixture) {
  return std::async(std::launch::async, [&fixture] {
    grpc::ClientContext context;
    v1::ReserveResponse response;
    const grpc::Status status = fixture.quota->Reserve(&context, Request(), &response);
    return std::make_pair(status, response);
  });
}

TEST(QuotaServiceTest, AnAnswerIsTheResponse) {
  ServiceFixture fixture;
  auto reserve = Reserve(fixture);
  ledger::ReserveAnswer answer;
  answer.decision = ledger::Decision::kGranted;
  answer.credits = Credits(5);
  fixture.engine.Answer(0, answer);
  const auto [status, response] = reserve.get();
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(response.decision(), v1::DECISION_GRANTED);
  EXPECT_EQ(response.credits(), 5);
}

TEST(QuotaServiceTest, AnErrorHasItsDetails) {
  ServiceFixture fixture;
  auto reserve = Reserve(fixture);
  fixture.engine.Fail(0, WithReason(absl::UnavailableError("written or not"), kOutcomeUnknown));
  const grpc::Status status = reserve.get().first;
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(status.error_details()));
  EXPECT_EQ(details.details_size(), 1);
}

TEST(QuotaServiceTest, ABadRequestDoesNotReachTheEngine) {
  ServiceFixture fixture;
  grpc::ClientContext context;
  v1::CommitResponse response;
  const grpc::Status status = fixture.quota->Commit(&context, v1::CommitRequest(), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "org_id: 0 bytes; it must be 1 to 64");
  EXPECT_EQ(fixture.engine.submitted(), 0U);
}

// The outcome stands, and the engine may still touch the call.
TEST(QuotaServiceTest, ACancelledCallLivesUntilItIsAnswered) {
  ServiceFixture fixture;
  grpc::ClientContext context;
  auto reserve = std::async(std::launch::async, [&] {
    v1::ReserveResponse response;
    return fixture.quota->Reserve(&context, Request(), &response);
  });
  const Call* call = fixture.engine.WaitForCall(0);
  context.TryCancel();
  EXPECT_EQ(reserve.get().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_EQ(call->command.org, "acme");
  fixture.engine.Answer(0, ledger::ReserveAnswer());
}

// OnAnswered may run before Submit returns.
TEST(QuotaServiceTest, AnAnswerMayComeAtOnce) {
  ServiceFixture fixture(1, [](Call& call) { call.answer = ledger::UsageAnswer(); });
  grpc::ClientContext context;
  v1::GetUsageRequest request;
  request.set_org_id("acme");
  v1::GetUsageResponse response;
  EXPECT_TRUE(fixture.quota->GetUsage(&context, request, &response).ok());
  EXPECT_EQ(response.org_id(), "acme");
}

}  // namespace
}  // namespace quota::server
