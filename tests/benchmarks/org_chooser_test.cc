#include "benchmarks/org_chooser.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace quota::bench {
namespace {

constexpr int kDraws = 1'000'000;

std::vector<int> Draw(const OrgChooser& chooser, uint64_t seed = 20260103) {
  std::vector<int> counts(chooser.orgs());
  Random random(seed);
  for (int i = 0; i < kDraws; ++i) ++counts[chooser.Next(random)];
  return counts;
}

// Within six standard deviations of what is expected: the seed is fixed, so this holds or not.
void ExpectShare(int count, double share) {
  const double deviation = std::sqrt(kDraws * share * (1 - share));
  EXPECT_NEAR(count, kDraws * share, 6 * deviation + 1) << "share " << share;
}

TEST(OrgChooserTest, UniformChoosesEachAsOften) {
  const std::vector<int> counts = Draw(OrgChooser::Uniform(100));
  for (const int count : counts) ExpectShare(count, 0.01);
}

TEST(OrgChooserTest, ZipfFollowsItsPowerLaw) {
  for (const double exponent : {0.5, 0.99, 1.5}) {
    const std::vector<int> counts = Draw(OrgChooser::Zipf(1'000, exponent));
    double sum = 0;
    for (int k = 1; k <= 1'000; ++k) sum += std::pow(k, -exponent);
    for (int k = 1; k <= 1'000; ++k) ExpectShare(counts[k - 1], std::pow(k, -exponent) / sum);
  }
}

TEST(OrgChooserTest, ZipfWithExponentZeroIsUniform) {
  for (const int count : Draw(OrgChooser::Zipf(50, 0))) ExpectShare(count, 0.02);
}

TEST(OrgChooserTest, HotGivesOneItsShareAndTheRestEvenly) {
  const std::vector<int> counts = Draw(OrgChooser::Hot(11, 0.5));
  ExpectShare(counts[0], 0.5);
  for (size_t i = 1; i < counts.size(); ++i) ExpectShare(counts[i], 0.05);
}

TEST(OrgChooserTest, HotWithShareOneChoosesNoOther) {
  EXPECT_EQ(Draw(OrgChooser::Hot(1'000, 1))[0], kDraws);
}

TEST(OrgChooserTest, HotWithShareZeroNeverChoosesIt) {
  EXPECT_LE(Draw(OrgChooser::Hot(10, 0))[0], 1);
}

TEST(OrgChooserTest, OneOrganisationIsAlwaysChosen) {
  for (const OrgChooser& chooser :
       {OrgChooser::Uniform(1), OrgChooser::Zipf(1, 1), OrgChooser::Hot(1, 0.5)}) {
    EXPECT_EQ(Draw(chooser)[0], kDraws);
  }
}

TEST(OrgChooserTest, TheSameSeedChoosesTheSame) {
  const OrgChooser chooser = OrgChooser::Zipf(1'000, 1);
  EXPECT_EQ(Draw(chooser, 7), Draw(chooser, 7));
  EXPECT_NE(Draw(chooser, 7), Draw(chooser, 8));
}

TEST(OrgChooserTest, ParsesItsThreeForms) {
  EXPECT_TRUE(OrgChooser::Parse("uniform", 10).ok());
  EXPECT_TRUE(OrgChooser::Parse("zipf:0.99", 10).ok());
  const auto hot = OrgChooser::Parse("hot:1", 10);
  ASSERT_TRUE(hot.ok()) << hot.status();
  EXPECT_EQ(Draw(*hot)[0], kDraws);
}

TEST(OrgChooserTest, RefusesWhatIsNoneOfThem) {
  for (const char* text : {"", "zipf", "zipf:", "zipf:-1", "zipf:nan", "zipf:11", "hot:1.01",
                           "hot:x", "uniform:1", "hot:0.5:1"}) {
    EXPECT_FALSE(OrgChooser::Parse(text, 10).ok()) << text;
  }
}

}  // namespace
}  // namespace quota::bench
