#include "benchmarks/reservation_ids.h"

#include <gtest/gtest.h>

#include <regex>
#include <set>

namespace quota::bench {
namespace {

std::string Id(const ReservationIds& ids, uint64_t number) {
  std::string id;
  ids.Write(number, id);
  return id;
}

// The form that the server stores in 16 bytes.
TEST(ReservationIdsTest, AreCanonicalUuidsOfVersion4) {
  const std::regex canonical("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  const ReservationIds ids;
  for (uint64_t number = 0; number < 1'000; ++number) {
    EXPECT_TRUE(std::regex_match(Id(ids, number), canonical)) << Id(ids, number);
  }
}

TEST(ReservationIdsTest, ANumberHasOneIdAndNoOtherHasIt) {
  const ReservationIds ids(1, 2);
  std::set<std::string> seen;
  for (uint64_t number = 0; number < 100'000; ++number) seen.insert(Id(ids, number));
  EXPECT_EQ(seen.size(), 100'000U);
  EXPECT_EQ(Id(ids, 77), Id(ids, 77));
}

TEST(ReservationIdsTest, TwoGeneratorsShareNone) {
  const ReservationIds first;
  const ReservationIds second;
  for (uint64_t number = 0; number < 1'000; ++number) {
    EXPECT_NE(Id(first, number), Id(second, number));
  }
}

}  // namespace
}  // namespace quota::bench
