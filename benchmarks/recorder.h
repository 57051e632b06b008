// What one thread of a run has measured.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "absl/status/status.h"
#include "benchmarks/mix.h"
#include "benchmarks/schedule.h"
#include "client/latency_histogram.h"

namespace quota::bench {

// The parts of a run, agreed upon before it starts.
struct RunTimes {
  TimePoint begin;
  // Answers from here on are measured, until `stop`.
  TimePoint measure;
  // Nothing is started from here on.
  TimePoint stop;
  // Answers that have not come by then never will: the run fails.
  TimePoint give_up;
};

struct OpFigures {
  // Operations whose answer came while it was measured.
  int64_t count = 0;
  // Of unary calls, or of batches, which count as one each.
  client::LatencyHistogram latency;
};

// Belongs to its thread, but for answered().
class Recorder {
 public:
  explicit Recorder(const RunTimes& times) : times_(times) {}

  // `operations` of one kind were answered as planned at `now`; they were due at `due`.
  void Answered(Op op, int64_t operations, TimePoint due, TimePoint now);

  // The run has failed; the first reason counts.
  void Fail(const absl::Status& status) {
    if (failure_.ok()) failure_ = status;
  }

  const absl::Status& failure() const { return failure_; }
  const OpFigures& figures(Op op) const { return figures_[static_cast<size_t>(op)]; }

  // Of the whole run so far, for its progress line. Any thread.
  int64_t answered() const { return answered_.load(std::memory_order_relaxed); }

 private:
  const RunTimes times_;
  std::array<OpFigures, kOps> figures_;
  absl::Status failure_;
  std::atomic<int64_t> answered_{0};
};

}  // namespace quota::bench
