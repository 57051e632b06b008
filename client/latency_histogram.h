// Latencies by the million in a few kilobytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "common/clock.h"

namespace quota::client {

// Counts durations in log-linear buckets: exact below 128 us, and above that 64 buckets for each
// doubling. A percentile is never below the true value and at most 1/64 (1.6 %) above it. That
// holds up to 2^36 us (19 hours); longer figures share the last bucket. Smallest, largest and mean
// are exact.
// Thread safety: one thread at a time; give each thread its own and Merge them.
class LatencyHistogram {
 public:
  // A negative duration counts as 0.
  void Record(Duration latency);
  void Merge(const LatencyHistogram& other);

  int64_t count() const { return count_; }
  // 0 where nothing was recorded, as all below.
  Duration min() const { return Duration(count_ == 0 ? 0 : min_); }
  Duration max() const { return Duration(max_); }
  Duration mean() const { return Duration(count_ == 0 ? 0 : sum_ / count_); }
  // The smallest recorded figure that `percent` per cent of all do not exceed, rounded up to its
  // bucket's end. `percent` from 0 to 100.
  Duration Percentile(double percent) const;
  // How many recorded figures are at most `limit`, rounded up to its bucket's end.
  int64_t CountAtMost(Duration limit) const;

 private:
  static constexpr int kSubBucketBits = 6;
  static constexpr int kLongestBits = 36;
  static constexpr size_t kBuckets = (static_cast<size_t>(kLongestBits - kSubBucketBits) + 1)
                                     << kSubBucketBits;

  static size_t BucketOf(uint64_t micros);
  // The largest figure of a bucket.
  static uint64_t EndOf(size_t bucket);

  std::array<uint64_t, kBuckets> buckets_ = {};
  int64_t count_ = 0;
  int64_t sum_ = 0;
  int64_t min_ = 0;
  int64_t max_ = 0;
};

}  // namespace quota::client
