// What the calls of a log would have met: counts per organisation and day, and who would have been
// refused under API limits, under credits, and grandfathered.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/access_log.h"
#include "client/quotactl/allowance.h"
#include "client/quotactl/in_flight.h"
#include "client/quotactl/org_facts.h"
#include "client/quotactl/request_pricer.h"
#include "client/quotactl/time_order.h"
#include "common/clock.h"
#include "common/credits.h"
#include "ledger/catalog.h"

namespace quota::client {

// The sum, or 4e18 where it is more: a log of the dearest calls must not overflow.
Credits CappedSum(Credits a, Credits b);

// How the organisation's calls are counted.
enum class Scenario : uint8_t { kLimits, kCredits, kGrandfathered };
inline constexpr size_t kScenarios = 3;

struct MethodUse {
  // As RequestPricer::methods() lists them.
  size_t method = 0;
  int64_t calls = 0;
  Credits credits = {};
};

// Calls that would have been refused, by reason. A refused call is charged nothing and takes no
// slot; whether its client would have tried again is not known.
struct Refusals {
  int64_t credits = 0;
  int64_t concurrency = 0;
};

struct DayForecast {
  int64_t calls = 0;
  Credits credits = {};
  // The most calls at once, by pool, if none were refused.
  SlotCounts peaks = {};
  // In the order of their numbers.
  std::vector<MethodUse> methods = {};
  // By Scenario; meaningful where the organisation has that allowance.
  std::array<Credits, kScenarios> spent = {};
  std::array<Refusals, kScenarios> refused = {};
};

struct OrgForecast {
  std::string org_id;
  // Points into the OrgTable.
  const OrgFacts* facts = nullptr;
  int32_t planned_day = 0;
  // By Scenario; absent where it is not known or does not apply.
  std::array<std::optional<Allowance>, kScenarios> allowances = {};
  // By date: days since 1970-01-01 in the organisation's zone.
  std::map<int32_t, DayForecast> days = {};
};

struct ForecastResult {
  // By id.
  std::vector<OrgForecast> orgs;
  // False where no line had a duration: then peaks say nothing.
  bool durations_known = false;
  // Calls that stood too far behind later ones: counted, but perhaps refused in another's place.
  int64_t late = 0;
};

// One use: construct, Add() all requests, Finish(). Thread safety: one thread at a time. Memory
// grows with organisations and their days, about 1 KB each, and with the calls in flight.
class Forecast {
 public:
  // Organisations' days; more are a log that is read with the wrong group or time.
  static constexpr size_t kMostOrgDays = 1'000'000;

  // `revision` and `orgs` must outlive the forecast and its result. `now` is the earliest day that
  // is planned for.
  Forecast(const ledger::CatalogRevision& revision, const OrgTable& orgs, Instant now);
  ~Forecast();

  // `request` must have a time. RESOURCE_EXHAUSTED with more than kMostOrgDays.
  [[nodiscard]] absl::Status Add(const AccessLogRequest& request, const PricedRequest& priced);

  [[nodiscard]] absl::StatusOr<ForecastResult> Finish();

 private:
  struct Org;
  struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  uint32_t OrgIndex(std::string_view org_id);
  absl::TimeZone ZoneOf(const OrgFacts& facts);
  absl::Status Count(const LoggedCall& call);
  // The day of the call, opened if need be; null where there are too many.
  DayForecast* DayOf(Org& org, Instant start);

  const ledger::CatalogRevision& revision_;
  const OrgTable& table_;
  const Instant now_;
  const size_t pools_;
  std::unordered_map<std::string, uint32_t, TextHash, std::equal_to<>> index_;
  std::vector<std::unique_ptr<Org>> orgs_;
  std::map<std::string, absl::TimeZone> zones_;
  TimeOrder order_;
  size_t org_days_ = 0;
  bool durations_known_ = false;
};

}  // namespace quota::client
