#include <gtest/gtest.h>

#include "benchmarks/population.h"

namespace quota::bench {
namespace {

class VerifyTest : public testing::Test {
 protected:
  VerifyTest() : promised_(2) {
    promised_.charged = {0, 7};
    promised_.held = {0, 2};
    after_[1] = {.used = 7, .held = 2, .overage = 0, .day_starts_at = 100};
    after_[0].day_starts_at = before_[0].day_starts_at = before_[1].day_starts_at = 100;
  }
  absl::Status Check() const { return Verify("o", before_, after_, promised_); }

  std::vector<OrgUsage> before_{2};
  std::vector<OrgUsage> after_{2};
  Promised promised_;
};

TEST_F(VerifyTest, UsageThatAddsUpPasses) {
  EXPECT_TRUE(Check().ok()) << Check();
  before_[1].used += 10;
  after_[1].used += 10;
  EXPECT_TRUE(Check().ok()) << Check();
}

TEST_F(VerifyTest, AServerThatGrantsWithoutChargingFails) {
  after_[1].used = 6;
  EXPECT_EQ(Check().message(),
            "o0000001: the answers add up to 7 credits used, but the server says 6");
}

TEST_F(VerifyTest, AServerThatChargesTwiceFails) {
  after_[0].used = 1;
  EXPECT_FALSE(Check().ok());
}

TEST_F(VerifyTest, AReservationThatIsNotHeldFails) {
  after_[1].held = 0;
  EXPECT_FALSE(Check().ok());
}

TEST_F(VerifyTest, OverageThatNoAnswerToldFails) {
  after_[1].overage = 1;
  EXPECT_FALSE(Check().ok());
}

TEST_F(VerifyTest, ADayThatEndedMeanwhileIsToldApart) {
  after_[1].day_starts_at = 200;
  EXPECT_NE(Check().message().find("day ended"), std::string::npos) << Check();
}

}  // namespace
}  // namespace quota::bench
