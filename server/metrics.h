// What the RPC services count, for /metrics: requests by method and outcome, how long they took,
// and what is open now.
//
// Label sets are fixed: methods, transports and outcomes are enumerations, and nothing that a
// caller chooses becomes a label. Thread-safe; counting is a few relaxed atomic additions.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "ledger/answers.h"
#include "ledger/commands.h"
#include "prometheus/collectable.h"
#include "prometheus/metric_family.h"

namespace quota::server {

// The values index arrays and name no stored thing: they may change.
enum class Method : uint8_t {
  kReserve,
  kCommit,
  kRelease,
  kExtend,
  kCharge,
  kGetUsage,
  kCreateOrg,
  kGetOrg,
  kListOrgs,
  kSetEdition,
  kSetAgents,
  kPurchaseCredits,
  kSetConcurrencyLimit,
  kRevokeCredits,
  kSetLegacyLimit,
  kSetDataCenter,
  kSuspendOrg,
  kResumeOrg,
  kListUsageHistory,
  kListAuditLog,
  kGetCatalog,
  kReloadCatalog,
  kGetClock,
  kAcceptClock,
  kBackup,
  // A whole batch of a Session: timed, while its operations are counted.
  kBatch,
  // An operation without a kind.
  kUnknown,
};
inline constexpr size_t kMethods = static_cast<size_t>(Method::kUnknown) + 1;

// "reserve", "get_usage" and so on.
std::string_view NameOf(Method method);

// The method that an operation of the ledger stands for.
Method MethodOf(const ledger::Operation& operation);

enum class Transport : uint8_t { kUnary, kSession };
inline constexpr size_t kTransports = 2;

// How a request ended: a status code, or for an OK Reserve and Charge the decision.
class Outcome {
 public:
  // 17 status codes and 6 decisions.
  static constexpr size_t kCount = 23;

  static Outcome Of(const absl::Status& status, const ledger::Answer& answer);

  size_t index() const { return index_; }
  // "ok", "granted", "credits_exhausted", "invalid_argument" and so on.
  static std::string_view Name(size_t index);

 private:
  explicit Outcome(size_t index) : index_(index) {}
  size_t index_;
};

class Metrics final : public prometheus::Collectable {
 public:
  // One request, or one operation of a batch, ended so.
  void Count(Method method, Transport transport, Outcome outcome);

  // From the request's last byte read to its answer handed to gRPC.
  void Time(Method method, std::chrono::steady_clock::duration duration);

  // What is open now; `change` is 1 or -1.
  void AddUnaryCalls(int change) { unary_calls_.fetch_add(change, std::memory_order_relaxed); }
  void AddStreams(int change) { streams_.fetch_add(change, std::memory_order_relaxed); }
  void AddBatches(int change) { batches_.fetch_add(change, std::memory_order_relaxed); }

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  // Seconds: from below one sync of a fast disk to half of the deadline that clients use.
  static constexpr std::array<double, 15> kBounds = {
      0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5};

  using Counter = std::atomic<uint64_t>;
  struct Histogram {
    std::array<Counter, kBounds.size() + 1> buckets{};
    Counter nanoseconds{0};
  };

  prometheus::MetricFamily CollectRequests() const;
  prometheus::MetricFamily CollectDurations() const;

  std::array<std::array<std::array<Counter, Outcome::kCount>, kTransports>, kMethods> requests_{};
  std::array<Histogram, kMethods> durations_{};
  std::atomic<int64_t> unary_calls_{0};
  std::atomic<int64_t> streams_{0};
  std::atomic<int64_t> batches_{0};
};

}  // namespace quota::server
