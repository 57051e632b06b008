#include "client/quotactl/time_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace quota::client {
namespace {

using testing::ElementsAre;

LoggedCall At(int second, uint32_t org = 0) {
  return {.start = Instant(std::chrono::seconds(second)), .org = org};
}

// Gives the calls to an order of this window, and returns what comes out.
std::vector<LoggedCall> Through(TimeOrder& order, const std::vector<LoggedCall>& calls) {
  std::vector<LoggedCall> out;
  for (const LoggedCall& call : calls) {
    if (const auto next = order.Add(call)) out.push_back(*next);
  }
  while (const auto next = order.Take()) out.push_back(*next);
  return out;
}

std::vector<int64_t> Seconds(const std::vector<LoggedCall>& calls) {
  std::vector<int64_t> seconds;
  for (const LoggedCall& call : calls) {
    seconds.push_back(call.start.time_since_epoch().count() / 1'000'000);
  }
  return seconds;
}

TEST(TimeOrderTest, CallsComeByTheirStartWithinTheWindow) {
  TimeOrder order(2);
  EXPECT_THAT(Seconds(Through(order, {At(3), At(2), At(1), At(5), At(4)})),
              ElementsAre(1, 2, 3, 4, 5));
  EXPECT_EQ(order.late(), 0);
}

TEST(TimeOrderTest, AmongEqualsTheFirstAddedComesFirst) {
  TimeOrder order;
  std::vector<uint32_t> orgs;
  for (const LoggedCall& call : Through(order, {At(1, 7), At(1, 8), At(0, 9), At(1, 10)})) {
    orgs.push_back(call.org);
  }
  EXPECT_THAT(orgs, ElementsAre(9, 7, 8, 10));
}

TEST(TimeOrderTest, ACallBehindMoreThanTheWindowIsGivenAndCountedAsLate) {
  TimeOrder order(1);
  EXPECT_THAT(Seconds(Through(order, {At(2), At(3), At(4), At(1)})), ElementsAre(2, 3, 1, 4));
  EXPECT_EQ(order.late(), 1);
}

}  // namespace
}  // namespace quota::client
