#include "client/quotactl/in_flight.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace quota::client {
namespace {

using testing::ElementsAre;

Instant At(int second) { return Instant(std::chrono::seconds(second)); }

TEST(InFlightTest, ACallHoldsItsSlotsUntilItsEnd) {
  InFlight calls(/*pools=*/2);
  calls.Start(At(10), /*second_pool=*/1);
  calls.Start(At(5), 0);
  EXPECT_THAT(calls.slots(), ElementsAre(2, 1));
  calls.Advance(At(4));
  EXPECT_THAT(calls.slots(), ElementsAre(2, 1));
  calls.Advance(At(5));
  EXPECT_THAT(calls.slots(), ElementsAre(1, 1));
  calls.Advance(At(10));
  EXPECT_THAT(calls.slots(), ElementsAre(0, 0));
}

TEST(InFlightTest, WhatHasEndedStaysEndedWhereTimeGoesBack) {
  InFlight calls(1);
  calls.Start(At(5), 0);
  calls.Advance(At(6));
  calls.Advance(At(4));
  EXPECT_THAT(calls.slots(), ElementsAre(0));
}

}  // namespace
}  // namespace quota::client
