#include "client/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace quota::client {

// Figures below 2^(kSubBucketBits + 1) have a bucket each. Above, a figure of b bits is shifted to
// kSubBucketBits + 1 bits; its leading bit is always set, and the shift counts the doublings.
size_t LatencyHistogram::BucketOf(uint64_t micros) {
  constexpr uint64_t kLongest = (uint64_t{1} << kLongestBits) - 1;
  micros = std::min(micros, kLongest);
  const int shift = std::max(0, static_cast<int>(std::bit_width(micros)) - (kSubBucketBits + 1));
  return (static_cast<size_t>(shift) << kSubBucketBits) + static_cast<size_t>(micros >> shift);
}

uint64_t LatencyHistogram::EndOf(size_t bucket) {
  constexpr size_t kExact = size_t{2} << kSubBucketBits;
  if (bucket < kExact) return bucket;
  const size_t shift = (bucket >> kSubBucketBits) - 1;
  const uint64_t leading = bucket - (shift << kSubBucketBits);
  return ((leading + 1) << shift) - 1;
}

void LatencyHistogram::Record(Duration latency) {
  const int64_t micros = std::max<int64_t>(latency.count(), 0);
  ++buckets_[BucketOf(static_cast<uint64_t>(micros))];
  min_ = count_ == 0 ? micros : std::min(min_, micros);
  max_ = std::max(max_, micros);
  sum_ += micros;
  ++count_;
}

void LatencyHistogram::Merge(const LatencyHistogram& other) {
  if (other.count_ == 0) return;
  for (size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
  min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
  count_ += other.count_;
}

Duration LatencyHistogram::Percentile(double percent) const {
  if (count_ == 0) return Duration(0);
  const double rank = std::ceil(std::clamp(percent, 0.0, 100.0) / 100.0 * count_);
  const uint64_t wanted = std::max<uint64_t>(1, static_cast<uint64_t>(rank));
  uint64_t seen = 0;
  for (size_t i = 0; i < kBuckets; ++i) {
    seen += buckets_[i];
    if (seen >= wanted) {
      // The bucket's end may lie above anything that was recorded.
      return Duration(std::clamp(static_cast<int64_t>(EndOf(i)), min_, max_));
    }
  }
  return Duration(max_);
}

int64_t LatencyHistogram::CountAtMost(Duration limit) const {
  if (limit < Duration::zero()) return 0;
  uint64_t count = 0;
  const size_t last = BucketOf(static_cast<uint64_t>(limit.count()));
  for (size_t i = 0; i <= last; ++i) count += buckets_[i];
  return static_cast<int64_t>(count);
}

}  // namespace quota::client
