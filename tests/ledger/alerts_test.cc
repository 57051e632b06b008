// Thresholds: announced once a day each, when what is used has reached them.
#include "ledger/alerts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "tests/ledger/ledger_harness.h"

namespace quota::ledger {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

// The thresholds announced since the last call, as "percent: used of allotment".
std::vector<std::string> Announced(LedgerHarness& harness) {
  std::vector<std::string> announced;
  for (const Event& event : harness.TakeEvents()) {
    const auto* reached = std::get_if<records::ThresholdReached>(&event);
    if (reached == nullptr) continue;
    announced.push_back(std::to_string(reached->percent()) + ": " +
                        std::to_string(reached->used()) + " of " +
                        std::to_string(reached->allotment()));
  }
  return announced;
}

TEST(AlertAtTest, IsTheLeastUsedThatCanReachTheNextThreshold) {
  const std::vector<int32_t> thresholds = {50, 80, 100};
  EXPECT_EQ(AlertAt(Credits(100), 0, thresholds), Credits(50));
  EXPECT_EQ(AlertAt(Credits(100), 50, thresholds), Credits(80));
  EXPECT_EQ(AlertAt(Credits(100), 100, thresholds), kNoAlert);
  EXPECT_EQ(AlertAt(Credits(3), 0, thresholds), Credits(2));
  EXPECT_EQ(AlertAt(kZeroCredits, 0, thresholds), Credits(1));
  EXPECT_EQ(AlertAt(Credits(100), 0, {}), kNoAlert);
}

TEST(AlertsTest, EachThresholdIsAnnouncedOnceADay) {
  LedgerHarness harness;
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(harness.Run(AskCharge("c" + std::to_string(i), 10)).ok());
  }
  EXPECT_THAT(Announced(harness),
              ElementsAre("50: 50 of 100", "80: 80 of 100", "90: 90 of 100", "100: 100 of 100"));
  harness.Advance(hours(24));
  ASSERT_TRUE(harness.Run(AskCharge("next", 49)).ok());
  EXPECT_THAT(Announced(harness), IsEmpty());
  ASSERT_TRUE(harness.Run(AskCharge("day", 1)).ok());
  EXPECT_THAT(Announced(harness), ElementsAre("50: 50 of 100"));
}

TEST(AlertsTest, OneCallMayReachSeveral) {
  LedgerHarness harness;
  ASSERT_TRUE(harness.Run(AskCharge("c", 90)).ok());
  EXPECT_THAT(Announced(harness), ElementsAre("50: 90 of 100", "80: 90 of 100", "90: 90 of 100"));
}

TEST(AlertsTest, WhatIsHeldReachesNone) {
  LedgerHarness harness;
  ASSERT_TRUE(harness.Run(Ask("r", 100)).ok());
  EXPECT_THAT(Announced(harness), IsEmpty());
  ASSERT_TRUE(harness.Commit("r", 55).ok());
  EXPECT_THAT(Announced(harness), ElementsAre("50: 55 of 100"));
}

TEST(AlertsTest, PacksBelongToTheAllotment) {
  LedgerHarness harness;
  harness.BuyPack("P1", 100);
  ASSERT_TRUE(harness.Run(AskCharge("c1", 99)).ok());
  EXPECT_THAT(Announced(harness), IsEmpty());
  ASSERT_TRUE(harness.Run(AskCharge("c2", 1)).ok());
  EXPECT_THAT(Announced(harness), ElementsAre("50: 100 of 200"));
}

TEST(AlertsTest, ALoweredAllotmentReachesThemAndARaisedOneRepeatsNone) {
  LedgerHarness harness;
  ASSERT_TRUE(harness.Run(AskCharge("c1", 45)).ok());
  EXPECT_THAT(Announced(harness), IsEmpty());
  harness.SetEditionTo("small");
  EXPECT_THAT(Announced(harness), ElementsAre("50: 45 of 50", "80: 45 of 50", "90: 45 of 50"));
  harness.SetEditionTo("tiny");
  ASSERT_TRUE(harness.Run(AskCharge("c2", 50)).ok());
  EXPECT_THAT(Announced(harness), IsEmpty());
  ASSERT_TRUE(harness.Run(AskCharge("c3", 5)).ok());
  EXPECT_THAT(Announced(harness), ElementsAre("100: 100 of 100"));
}

TEST(AlertsTest, AHoldThatIsCommittedByItsExpiryReachesThem) {
  LedgerHarness harness;
  Reserve reserve = Ask("r", 60);
  reserve.commit_on_expiry = true;
  ASSERT_TRUE(harness.Run(reserve).ok());
  harness.Advance(hours(1));
  harness.Sweep();
  EXPECT_THAT(Announced(harness), ElementsAre("50: 60 of 100"));
}

TEST(AlertsTest, AHoldOfYesterdayCountsForYesterday) {
  LedgerHarness harness;
  Reserve reserve = Ask("r", 60);
  reserve.ttl = hours(1);
  harness.Advance(hours(12) - seconds(10));
  ASSERT_TRUE(harness.Run(reserve).ok());
  harness.Advance(seconds(20));
  ASSERT_TRUE(harness.Commit("r").ok());
  EXPECT_THAT(Announced(harness), ElementsAre("50: 60 of 100"));
  ASSERT_TRUE(harness.Run(AskCharge("today", 49)).ok());
  EXPECT_THAT(Announced(harness), IsEmpty());
}

TEST(AlertsTest, ARestartAnnouncesNothingAgain) {
  LedgerHarness harness;
  ASSERT_TRUE(harness.Run(AskCharge("c1", 50)).ok());
  EXPECT_THAT(Announced(harness), ElementsAre("50: 50 of 100"));
  harness.Restart();
  ASSERT_TRUE(harness.Run(AskCharge("c2", 29)).ok());
  EXPECT_THAT(Announced(harness), IsEmpty());
  ASSERT_TRUE(harness.Run(AskCharge("c3", 1)).ok());
  EXPECT_THAT(Announced(harness), ElementsAre("80: 80 of 100"));
}

TEST(AlertsTest, ALostSessionsChargesAreEndedAFewAtATime) {
  LedgerHarness harness;
  for (int i = 0; i < 3; ++i) {
    const std::string org = "org" + std::to_string(i);
    harness.Create(org, "tiny");
    for (int hold = 0; hold < 3; ++hold) {
      Reserve reserve = Ask("r" + std::to_string(hold), 30);
      reserve.slots = 1;
      reserve.session = "lost";
      reserve.commit_on_expiry = true;
      ASSERT_TRUE(harness.Run(reserve, org).ok());
    }
  }
  harness.Advance(hours(1));
  uint32_t ended = 0;
  for (bool more = true; more;) {
    const LoseSessionAnswer answer = harness.LoseSession("lost");
    EXPECT_LE(answer.ended, 4u);
    ended += answer.ended;
    more = answer.more;
  }
  EXPECT_EQ(ended, 9u);
  EXPECT_EQ(Announced(harness).size(), 9u) << "50, 80 and 90 % of each";
}

}  // namespace
}  // namespace quota::ledger
