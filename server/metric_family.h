// Builds the families of /metrics that have one value each.
#pragma once

#include <string>
#include <utility>

#include "prometheus/metric_family.h"

namespace quota::server {

inline prometheus::MetricFamily GaugeFamily(std::string name, std::string help, double value) {
  prometheus::MetricFamily family{
      std::move(name), std::move(help), prometheus::MetricType::Gauge, {}};
  family.metric.emplace_back().gauge.value = value;
  return family;
}

// `value` counts up from 0 at the process's start.
inline prometheus::MetricFamily CounterFamily(std::string name, std::string help, double value) {
  prometheus::MetricFamily family{
      std::move(name), std::move(help), prometheus::MetricType::Counter, {}};
  family.metric.emplace_back().counter.value = value;
  return family;
}

}  // namespace quota::server
