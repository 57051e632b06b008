#include "server/metrics.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <variant>

#include "server/metric_family.h"

namespace quota::server {
namespace {

constexpr std::array<std::string_view, kMethods> kMethodNames = {"reserve",
                                                                 "commit",
                                                                 "release",
                                                                 "extend",
                                                                 "charge",
                                                                 "get_usage",
                                                                 "create_org",
                                                                 "get_org",
                                                                 "list_orgs",
                                                                 "set_edition",
                                                                 "set_agents",
                                                                 "purchase_credits",
                                                                 "set_concurrency_limit",
                                                                 "revoke_credits",
                                                                 "set_legacy_limit",
                                                                 "set_data_center",
                                                                 "suspend_org",
                                                                 "resume_org",
                                                                 "list_usage_history",
                                                                 "list_audit_log",
                                                                 "get_catalog",
                                                                 "reload_catalog",
                                                                 "get_clock",
                                                                 "accept_clock",
                                                                 "backup",
                                                                 "batch",
                                                                 "unknown"};

constexpr std::array<std::string_view, kTransports> kTransportNames = {"unary", "session"};

// The status codes by number, then the decisions by number - 1.
constexpr size_t kStatusCodes = 17;
constexpr std::array<std::string_view, Outcome::kCount> kOutcomeNames = {"ok",
                                                                         "cancelled",
                                                                         "unknown",
                                                                         "invalid_argument",
                                                                         "deadline_exceeded",
                                                                         "not_found",
                                                                         "already_exists",
                                                                         "permission_denied",
                                                                         "resource_exhausted",
                                                                         "failed_precondition",
                                                                         "aborted",
                                                                         "out_of_range",
                                                                         "unimplemented",
                                                                         "internal",
                                                                         "unavailable",
                                                                         "data_loss",
                                                                         "unauthenticated",
                                                                         "granted",
                                                                         "credits_exhausted",
                                                                         "concurrency_exhausted",
                                                                         "too_many_holds",
                                                                         "org_unknown",
                                                                         "org_suspended"};

struct MethodOfOperation {
  Method operator()(const ledger::Reserve&) const { return Method::kReserve; }
  Method operator()(const ledger::Commit&) const { return Method::kCommit; }
  Method operator()(const ledger::Release&) const { return Method::kRelease; }
  Method operator()(const ledger::Extend&) const { return Method::kExtend; }
  Method operator()(const ledger::Charge&) const { return Method::kCharge; }
  Method operator()(const ledger::GetUsage&) const { return Method::kGetUsage; }
  Method operator()(const ledger::CreateOrg&) const { return Method::kCreateOrg; }
  Method operator()(const ledger::GetOrg&) const { return Method::kGetOrg; }
  Method operator()(const ledger::ListOrgs&) const { return Method::kListOrgs; }
  Method operator()(const ledger::SetEdition&) const { return Method::kSetEdition; }
  Method operator()(const ledger::SetAgents&) const { return Method::kSetAgents; }
  Method operator()(const ledger::PurchaseCredits&) const { return Method::kPurchaseCredits; }
  Method operator()(const ledger::SetConcurrencyLimit&) const {
    return Method::kSetConcurrencyLimit;
  }
  Method operator()(const ledger::RevokeCredits&) const { return Method::kRevokeCredits; }
  Method operator()(const ledger::SetLegacyLimit&) const { return Method::kSetLegacyLimit; }
  Method operator()(const ledger::SetDataCenter&) const { return Method::kSetDataCenter; }
  Method operator()(const ledger::SuspendOrg&) const { return Method::kSuspendOrg; }
  Method operator()(const ledger::ResumeOrg&) const { return Method::kResumeOrg; }
  // The engine's own commands are no requests.
  template <typename Other>
  Method operator()(const Other&) const {
    return Method::kUnknown;
  }
};

}  // namespace

std::string_view NameOf(Method method) { return kMethodNames[static_cast<size_t>(method)]; }

Method MethodOf(const ledger::Operation& operation) {
  return std::visit(MethodOfOperation{}, operation);
}

Outcome Outcome::Of(const absl::Status& status, const ledger::Answer& answer) {
  if (!status.ok()) return Outcome(static_cast<size_t>(status.code()));
  if (const auto* reserve = std::get_if<ledger::ReserveAnswer>(&answer)) {
    return Outcome(kStatusCodes - 1 + static_cast<size_t>(reserve->decision));
  }
  if (const auto* charge = std::get_if<ledger::ChargeAnswer>(&answer)) {
    return Outcome(kStatusCodes - 1 + static_cast<size_t>(charge->decision));
  }
  return Outcome(0);
}

std::string_view Outcome::Name(size_t index) { return kOutcomeNames[index]; }

void Metrics::Count(Method method, Transport transport, Outcome outcome) {
  requests_[static_cast<size_t>(method)][static_cast<size_t>(transport)][outcome.index()].fetch_add(
      1, std::memory_order_relaxed);
}

void Metrics::Time(Method method, std::chrono::steady_clock::duration duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  const auto bucket = std::lower_bound(kBounds.begin(), kBounds.end(), seconds) - kBounds.begin();
  Histogram& histogram = durations_[static_cast<size_t>(method)];
  histogram.buckets[bucket].fetch_add(1, std::memory_order_relaxed);
  histogram.nanoseconds.fetch_add(
      std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count(),
      std::memory_order_relaxed);
}

prometheus::MetricFamily Metrics::CollectRequests() const {
  prometheus::MetricFamily family{
      "quotad_requests_total",
      "Requests and operations of batches that were answered, by how they ended: a decision of "
      "Reserve and Charge, or a status code.",
      prometheus::MetricType::Counter,
      {}};
  for (size_t method = 0; method < kMethods; ++method) {
    for (size_t transport = 0; transport < kTransports; ++transport) {
      for (size_t outcome = 0; outcome < Outcome::kCount; ++outcome) {
        const uint64_t count =
            requests_[method][transport][outcome].load(std::memory_order_relaxed);
        // Most of the combinations can't occur.
        if (count == 0) continue;
        prometheus::ClientMetric& metric = family.metric.emplace_back();
        metric.label = {{"method", std::string(kMethodNames[method])},
                        {"transport", std::string(kTransportNames[transport])},
                        {"outcome", std::string(Outcome::Name(outcome))}};
        metric.counter.value = static_cast<double>(count);
      }
    }
  }
  return family;
}

prometheus::MetricFamily Metrics::CollectDurations() const {
  prometheus::MetricFamily family{
      "quotad_request_duration_seconds",
      "From a request read to its answer handed over: unary calls by method, and whole batches.",
      prometheus::MetricType::Histogram,
      {}};
  for (size_t method = 0; method < kMethods; ++method) {
    const Histogram& histogram = durations_[method];
    prometheus::ClientMetric metric;
    metric.label = {{"method", std::string(kMethodNames[method])}};
    uint64_t count = 0;
    for (size_t bucket = 0; bucket < histogram.buckets.size(); ++bucket) {
      count += histogram.buckets[bucket].load(std::memory_order_relaxed);
      const double bound =
          bucket < kBounds.size() ? kBounds[bucket] : std::numeric_limits<double>::infinity();
      metric.histogram.bucket.push_back({count, bound});
    }
    if (count == 0) continue;
    metric.histogram.sample_count = count;
    metric.histogram.sample_sum =
        static_cast<double>(histogram.nanoseconds.load(std::memory_order_relaxed)) / 1e9;
    family.metric.push_back(std::move(metric));
  }
  return family;
}

std::vector<prometheus::MetricFamily> Metrics::Collect() const {
  const auto value = [](const std::atomic<int64_t>& gauge) {
    return static_cast<double>(gauge.load(std::memory_order_relaxed));
  };
  return {CollectRequests(), CollectDurations(),
          GaugeFamily("quotad_unary_calls_in_flight", "Unary calls read and not yet answered.",
                      value(unary_calls_)),
          GaugeFamily("quotad_session_streams", "Session streams that are open.", value(streams_)),
          GaugeFamily("quotad_session_batches_in_flight",
                      "Batches read from Session streams whose results are not yet written.",
                      value(batches_))};
}

}  // namespace quota::server
