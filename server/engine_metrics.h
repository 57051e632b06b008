// The engine's status, for /metrics.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "prometheus/metric_family.h"
#include "server/engine.h"

namespace quota::server {

// `sessions` is how many the registry knows, `watches` how many streams of WatchEvents are open.
std::vector<prometheus::MetricFamily> EngineFamilies(const EngineStatus& status, size_t sessions,
                                                     size_t watches);

// "recovering", "serving", "stopped" or "closed".
std::string_view NameOf(EngineState state);

}  // namespace quota::server
