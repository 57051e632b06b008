#include "benchmarks/mix.h"

#include <gtest/gtest.h>

#include <array>

namespace quota::bench {
namespace {

TEST(MixTest, ASingleKindIsAllThereIs) {
  const auto mix = Mix::Parse("charge");
  ASSERT_TRUE(mix.ok()) << mix.status();
  Random random(1);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(mix->Next(random), Work::kCharge);
  EXPECT_EQ(mix->MeanOperations(), 1);
}

TEST(MixTest, WeightsAreShares) {
  const auto mix = Mix::Parse("reserve+commit=80,charge=15,usage=5");
  ASSERT_TRUE(mix.ok()) << mix.status();
  Random random(20260104);
  std::array<int, kWorks> counts{};
  for (int i = 0; i < 100'000; ++i) ++counts[static_cast<size_t>(mix->Next(random))];
  // Six standard deviations or more.
  EXPECT_NEAR(counts[static_cast<size_t>(Work::kReserveCommit)], 80'000, 800);
  EXPECT_NEAR(counts[static_cast<size_t>(Work::kCharge)], 15'000, 800);
  EXPECT_NEAR(counts[static_cast<size_t>(Work::kUsage)], 5'000, 800);
  EXPECT_EQ(counts[static_cast<size_t>(Work::kReserve)], 0);
}

TEST(MixTest, APairIsTwoOperations) {
  EXPECT_EQ(Mix::Parse("reserve+commit")->MeanOperations(), 2);
  EXPECT_DOUBLE_EQ(Mix::Parse("reserve+commit=1,usage=3")->MeanOperations(), 1.25);
}

TEST(MixTest, RefusesWhatIsNoMix) {
  for (const char* text : {"", "commit", "reserve=0", "reserve=-1", "reserve=x", "reserve,reserve",
                           "reserve=1000001", "charge,"}) {
    EXPECT_FALSE(Mix::Parse(text).ok()) << text;
  }
}

}  // namespace
}  // namespace quota::bench
