#include "client/latency_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace quota::client {
namespace {

TEST(LatencyHistogramTest, WithoutFiguresAllIsZero) {
  const LatencyHistogram histogram;
  EXPECT_EQ(histogram.count(), 0);
  EXPECT_EQ(histogram.Percentile(50), Duration(0));
  EXPECT_EQ(histogram.max(), Duration(0));
  EXPECT_EQ(histogram.mean(), Duration(0));
}

TEST(LatencyHistogramTest, SmallFiguresAreExact) {
  LatencyHistogram histogram;
  for (int micros = 1; micros <= 100; ++micros) histogram.Record(Duration(micros));
  EXPECT_EQ(histogram.Percentile(0), Duration(1));
  EXPECT_EQ(histogram.Percentile(50), Duration(50));
  EXPECT_EQ(histogram.Percentile(99), Duration(99));
  EXPECT_EQ(histogram.Percentile(100), Duration(100));
  EXPECT_EQ(histogram.min(), Duration(1));
  EXPECT_EQ(histogram.mean(), Duration(50));
}

TEST(LatencyHistogramTest, APercentileIsNeverBelowAndAtMost1In64Above) {
  constexpr uint64_t kSeed = 20260102;
  std::mt19937_64 random(kSeed);
  std::uniform_real_distribution<double> exponent(0, 36);
  std::vector<int64_t> figures;
  LatencyHistogram histogram;
  for (int i = 0; i < 20'000; ++i) {
    figures.push_back(static_cast<int64_t>(std::exp2(exponent(random))));
    histogram.Record(Duration(figures.back()));
  }
  std::sort(figures.begin(), figures.end());
  for (double percent : {0.5, 10.0, 50.0, 90.0, 99.0, 99.9, 100.0}) {
    const auto rank =
        static_cast<size_t>(std::ceil(percent / 100 * static_cast<double>(figures.size())));
    const int64_t exact = figures[rank - 1];
    const int64_t reported = histogram.Percentile(percent).count();
    EXPECT_GE(reported, exact) << "seed " << kSeed << ", percentile " << percent;
    EXPECT_LE(reported, exact + exact / 64 + 1) << "seed " << kSeed << ", percentile " << percent;
  }
}

TEST(LatencyHistogramTest, ExtremesAreCounted) {
  LatencyHistogram histogram;
  histogram.Record(Duration(-5));
  histogram.Record(std::chrono::hours(1000));
  EXPECT_EQ(histogram.count(), 2);
  EXPECT_EQ(histogram.min(), Duration(0));
  EXPECT_EQ(histogram.max(), std::chrono::hours(1000));
  EXPECT_EQ(histogram.Percentile(50), Duration(0));
}

TEST(LatencyHistogramTest, MergedHistogramsAreAsOne) {
  LatencyHistogram all;
  LatencyHistogram even;
  LatencyHistogram odd;
  for (int i = 1; i <= 5000; ++i) {
    all.Record(Duration(i * 7));
    (i % 2 == 0 ? even : odd).Record(Duration(i * 7));
  }
  LatencyHistogram merged;
  merged.Merge(even);
  merged.Merge(odd);
  merged.Merge(LatencyHistogram());
  EXPECT_EQ(merged.count(), all.count());
  EXPECT_EQ(merged.min(), all.min());
  EXPECT_EQ(merged.max(), all.max());
  EXPECT_EQ(merged.mean(), all.mean());
  for (double percent : {1.0, 50.0, 99.0}) {
    EXPECT_EQ(merged.Percentile(percent), all.Percentile(percent));
  }
}

}  // namespace
}  // namespace quota::client
