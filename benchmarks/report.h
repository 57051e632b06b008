// A run's figures, for people and for scripts.
#pragma once

#include <ostream>

#include "benchmarks/run.h"
#include "client/latency_histogram.h"

namespace quota::bench {

void PrintText(const RunOptions& options, const RunResult& result, std::ostream& out);
// One JSON object on one line; latencies in microseconds.
void PrintJson(const RunOptions& options, const RunResult& result, std::ostream& out);

// Bars by powers of two.
void PrintHistogram(const client::LatencyHistogram& latency, std::ostream& out);

}  // namespace quota::bench
