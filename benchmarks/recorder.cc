#include "benchmarks/recorder.h"

namespace quota::bench {

void Recorder::Answered(Op op, int64_t operations, TimePoint due, TimePoint now) {
  answered_.store(answered_.load(std::memory_order_relaxed) + operations,
                  std::memory_order_relaxed);
  if (now < times_.measure || now >= times_.stop) return;
  OpFigures& figures = figures_[static_cast<size_t>(op)];
  figures.count += operations;
  figures.latency.Record(std::chrono::duration_cast<Duration>(now - due));
}

}  // namespace quota::bench
