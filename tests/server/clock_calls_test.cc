// GetClock and AcceptClock over the service, and what health says.
#include "server/clock_calls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/service_fixture.h"

namespace quota::server {
namespace {

using std::chrono::hours;
using testing::HasSubstr;

class ClockCallsTest : public testing::Test {
 protected:
  grpc::Status Get(v1::ClockState& state) {
    grpc::ClientContext context;
    return service_.admin->GetClock(&context, v1::GetClockRequest(), &state);
  }
  grpc::Status Accept(v1::ClockState& state) {
    grpc::ClientContext context;
    return service_.admin->AcceptClock(&context, v1::AcceptClockRequest(), &state);
  }
  int64_t WallAhead(const v1::ClockState& state) {
    return state.wall_clock().seconds() - state.ledger_time().seconds();
  }

  ServiceFixture service_;
};

TEST_F(ClockCallsTest, AreUnavailableUntilLedgerTimeHasBegun) {
  v1::ClockState state;
  EXPECT_EQ(Get(state).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(Accept(state).error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(ClockCallsTest, AJumpThatIsHeldShowsAndIsAcceptedOnceForGood) {
  service_.ledger_clock.Start(Instant());
  v1::ClockState state;
  ASSERT_TRUE(Get(state).ok());
  EXPECT_EQ(WallAhead(state), 0);
  EXPECT_FALSE(state.jump_held());

  service_.clock.Jump(hours(30));
  ASSERT_TRUE(Get(state).ok());
  EXPECT_EQ(WallAhead(state), 30 * 3'600);
  EXPECT_TRUE(state.jump_held());
  EXPECT_THAT(ClockNotice(service_.ledger_clock.status()), HasSubstr("quotactl clock accept"));

  ASSERT_TRUE(Accept(state).ok());
  EXPECT_EQ(WallAhead(state), 0);
  EXPECT_FALSE(state.jump_held());
  EXPECT_EQ(ClockNotice(service_.ledger_clock.status()), "");

  // Set back again: accepting what is behind changes nothing.
  service_.clock.Jump(-hours(30));
  ASSERT_TRUE(Accept(state).ok());
  EXPECT_EQ(WallAhead(state), -30 * 3'600);
}

}  // namespace
}  // namespace quota::server
