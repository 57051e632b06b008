#include "tests/overload/metrics_page.h"

#include <httplib.h>

#include <cmath>
#include <sstream>
#include <utility>

namespace quota::test {

double MetricsPage::Value(const std::string& name) const {
  std::istringstream lines(text_);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(name + " ")) return std::stod(line.substr(name.size() + 1));
  }
  return 0;
}

std::vector<MetricsPage::Bucket> MetricsPage::Buckets(const std::string& method) const {
  const std::string begin =
      "quotad_request_duration_seconds_bucket{method=\"" + method + "\",le=\"";
  std::vector<Bucket> buckets;
  std::istringstream lines(text_);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(begin)) continue;
    const size_t end = line.find('"', begin.size());
    const std::string bound = line.substr(begin.size(), end - begin.size());
    buckets.push_back({bound == "+Inf" ? INFINITY : std::stod(bound),
                       std::stod(line.substr(line.rfind(' ') + 1))});
  }
  return buckets;
}

double MetricsPage::Count(const std::string& method, const MetricsPage& before) const {
  const std::string name = "quotad_request_duration_seconds_count{method=\"" + method + "\"}";
  return Value(name) - before.Value(name);
}

double MetricsPage::Quantile(const std::string& method, double quantile,
                             const MetricsPage& before) const {
  std::vector<Bucket> buckets = Buckets(method);
  const std::vector<Bucket> old = before.Buckets(method);
  for (size_t i = 0; i < old.size(); ++i) buckets[i].count -= old[i].count;
  if (buckets.empty()) return 0;
  const double wanted = buckets.back().count * quantile;
  Bucket below;
  for (const Bucket& bucket : buckets) {
    if (bucket.count >= wanted && bucket.count > below.count) {
      if (std::isinf(bucket.bound)) return below.bound;
      const double part = (wanted - below.count) / (bucket.count - below.count);
      return below.bound + part * (bucket.bound - below.bound);
    }
    below = bucket;
  }
  return below.bound;
}

std::optional<MetricsPage> FetchMetrics(int http_port, int timeout_seconds) {
  httplib::Client client("127.0.0.1", http_port);
  client.set_connection_timeout(timeout_seconds);
  client.set_read_timeout(timeout_seconds);
  const auto answer = client.Get("/metrics");
  if (!answer || answer->status != 200) return std::nullopt;
  return MetricsPage(answer->body);
}

}  // namespace quota::test
