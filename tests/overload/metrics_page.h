// /metrics of a server, read by a client that scrapes it.
//
//   const auto before = FetchMetrics(http_port);
//   const auto after = FetchMetrics(http_port);
//   after->Quantile("charge", 0.99, *before);
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace quota::test {

class MetricsPage {
 public:
  explicit MetricsPage(std::string text) : text_(std::move(text)) {}

  // A value by its whole name, such as quotad_requests_total{method="charge",...}; 0 where the page
  // does not have it.
  double Value(const std::string& name) const;

  // How long requests of a method took that were answered after `before`, in seconds: of all, the
  // part `quantile` took less. Within a bucket, requests count as spread evenly. 0 where there were
  // none.
  double Quantile(const std::string& method, double quantile, const MetricsPage& before) const;
  // How many there were.
  double Count(const std::string& method, const MetricsPage& before) const;

 private:
  struct Bucket {
    double bound = 0;
    // All below the bound.
    double count = 0;
  };

  std::vector<Bucket> Buckets(const std::string& method) const;

  std::string text_;
};

// Nothing where there is no answer within the timeout.
std::optional<MetricsPage> FetchMetrics(int http_port, int timeout_seconds = 30);

}  // namespace quota::test
