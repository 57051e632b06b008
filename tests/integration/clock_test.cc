// A wall clock that jumps under a running server, and quotactl clock.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "client/quotactl/quotactl.h"
#include "tests/integration/test_server.h"

namespace quota::test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::HasSubstr;

class ClockTest : public testing::Test {
 protected:
  ClockTest() { server_.calls().CreateOrg("acme", "free"); }

  // What quotactl prints.
  std::string Quotactl(std::vector<std::string> args) {
    args.insert(args.end(), {"--server", server_.target()});
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
    const client::ExitCode code =
        client::RunQuotactl(args, {.in = in, .out = out, .err = err, .clock = server_.clock()});
    EXPECT_EQ(code, client::ExitCode::kOk) << err.str();
    return out.str();
  }

  bool JumpIsHeld() {
    return nlohmann::json::parse(Quotactl({"--output", "json", "clock"}))["jump_held"];
  }

  TestServer server_;
};

TEST_F(ClockTest, QuotactlShowsAJumpThatIsHeldAndAcceptsIt) {
  EXPECT_THAT(Quotactl({"clock"}), HasSubstr("in step with the wall clock"));
  EXPECT_FALSE(JumpIsHeld());
  server_.clock().Jump(hours(30));
  EXPECT_THAT(Quotactl({"clock"}), HasSubstr("jumped ahead by 1 d 6 h and is not followed"));
  EXPECT_THAT(Quotactl({"clock"}), HasSubstr("quotactl clock accept"));
  EXPECT_TRUE(JumpIsHeld());
  EXPECT_THAT(Quotactl({"clock", "accept"}), HasSubstr("in step with the wall clock"));
  EXPECT_FALSE(JumpIsHeld());
  server_.clock().Jump(-minutes(20));
  EXPECT_THAT(Quotactl({"clock"}), HasSubstr("is behind by 20 min"));
}

TEST_F(ClockTest, AnAcceptedJumpEndsTheDayButNotTheMemoryOfARetry) {
  ASSERT_TRUE(server_.calls().Charge(MakeCharge("acme", "c1", 40)).ok());
  server_.clock().Jump(hours(30));
  EXPECT_EQ(server_.calls().GetUsage("acme")->usage().used(), 40);
  Quotactl({"clock", "accept"});
  // The retry of a client that had no answer.
  const auto retried = server_.calls().Charge(MakeCharge("acme", "c1", 40));
  ASSERT_TRUE(retried.ok()) << retried.message();
  EXPECT_TRUE(retried->repeated());
  EXPECT_EQ(retried->usage().used(), 0);
}

}  // namespace
}  // namespace quota::test
