// The engine's status, for /metrics.
#pragma once

#include <string_view>
#include <vector>

#include "prometheus/metric_family.h"
#include "server/engine.h"

namespace quota::server {

std::vector<prometheus::MetricFamily> EngineFamilies(const EngineStatus& status);

// "recovering", "serving", "stopped" or "closed".
std::string_view NameOf(EngineState state);

}  // namespace quota::server
