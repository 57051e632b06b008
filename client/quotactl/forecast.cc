#include "client/quotactl/forecast.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status.h"
#include "ledger/account.h"
#include "ledger/allotment.h"
#include "ledger/calendar.h"

namespace quota::client {
namespace {

// Far above any log's credits, and twice it fits an int64.
constexpr Credits kMostCounted{4'000'000'000'000'000'000};
// Counted at once, of one organisation: ten times what any may hold open.
constexpr int64_t kMostAtOnce = 10 * int64_t{ledger::kMaxHolds};

bool HasRoom(const SlotCounts& taken, const SlotCounts& limits, size_t second_pool) {
  if (taken[0] >= ledger::kMaxHolds) return false;
  if (limits.empty()) return true;
  if (taken[0] >= limits[0]) return false;
  return second_pool == 0 || taken[second_pool] < limits[second_pool];
}

void CountMethod(const LoggedCall& call, std::vector<MethodUse>& methods) {
  auto use =
      std::lower_bound(methods.begin(), methods.end(), call.method,
                       [](const MethodUse& known, size_t method) { return known.method < method; });
  if (use == methods.end() || use->method != call.method) {
    use = methods.insert(use, MethodUse{.method = call.method});
  }
  ++use->calls;
  use->credits = CappedSum(use->credits, call.credits);
}

}  // namespace

Credits CappedSum(Credits a, Credits b) { return std::min(a + b, kMostCounted); }

struct Forecast::Org {
  Org(absl::TimeZone z, size_t pools)
      : zone(z), demand(pools), granted{InFlight(pools), InFlight(pools), InFlight(pools)} {}

  OrgForecast forecast;
  absl::TimeZone zone;
  // The day of the latest call.
  ledger::DayBounds bounds;
  DayForecast* day = nullptr;
  // All calls; and by Scenario those that would have been granted.
  InFlight demand;
  std::array<InFlight, kScenarios> granted;
};

Forecast::Forecast(const ledger::CatalogRevision& revision, const OrgTable& orgs, Instant now)
    : revision_(revision), table_(orgs), now_(now), pools_(revision.pools().size() + 1) {}

Forecast::~Forecast() = default;

absl::TimeZone Forecast::ZoneOf(const OrgFacts& facts) {
  const std::string& name = ledger::ZoneOf(facts.plan, revision_).text();
  const auto [known, is_new] = zones_.try_emplace(name);
  // The catalog and the table have checked it.
  if (is_new) known->second = revision_.Zone(name).value_or(absl::UTCTimeZone());
  return known->second;
}

uint32_t Forecast::OrgIndex(std::string_view org_id) {
  if (const auto known = index_.find(org_id); known != index_.end()) return known->second;
  const OrgFacts& facts = table_.Of(org_id);
  auto org = std::make_unique<Org>(ZoneOf(facts), pools_);
  org->forecast.org_id = std::string(org_id);
  org->forecast.facts = &facts;
  const int32_t day = PlannedDay(facts, revision_, now_);
  org->forecast.planned_day = day;
  org->forecast.allowances = {UnderLimits(facts, revision_), UnderCredits(facts, revision_, day),
                              Grandfathered(facts, revision_, day)};
  const auto index = static_cast<uint32_t>(orgs_.size());
  index_.emplace(org_id, index);
  orgs_.push_back(std::move(org));
  return index;
}

absl::Status Forecast::Add(const AccessLogRequest& request, const PricedRequest& priced) {
  durations_known_ = durations_known_ || request.duration > Duration::zero();
  const std::optional<LoggedCall> call =
      order_.Add({.start = request.time.value_or(Instant()),
                  .duration = request.duration,
                  .credits = priced.credits,
                  .org = OrgIndex(request.org),
                  .method = static_cast<uint16_t>(priced.method),
                  .second_pool = static_cast<uint16_t>(priced.second_pool)});
  return call.has_value() ? Count(*call) : absl::OkStatus();
}

DayForecast* Forecast::DayOf(Org& org, Instant start) {
  if (org.day != nullptr && start >= org.bounds.start && start < org.bounds.end) return org.day;
  org.bounds = ledger::DayAt(org.zone, start, std::nullopt, /*zone_changed=*/false);
  const auto [day, is_new] = org.forecast.days.try_emplace(ledger::DaysSinceEpoch(org.bounds.date));
  if (is_new) {
    if (++org_days_ > kMostOrgDays) return nullptr;
    day->second.peaks.assign(pools_, 0);
  }
  return org.day = &day->second;
}

absl::Status Forecast::Count(const LoggedCall& call) {
  Org& org = *orgs_[call.org];
  DayForecast* day = DayOf(org, call.start);
  if (day == nullptr) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "the log has more than ", kMostOrgDays,
        " days of organisations: check which group --org-group names, or plan a part"));
  }
  ++day->calls;
  day->credits = CappedSum(day->credits, call.credits);
  CountMethod(call, day->methods);

  const Instant end = call.start + call.duration;
  org.demand.Advance(call.start);
  if (org.demand.slots()[0] < kMostAtOnce) org.demand.Start(end, call.second_pool);
  for (size_t pool = 0; pool < pools_; ++pool) {
    day->peaks[pool] = std::max(day->peaks[pool], org.demand.slots()[pool]);
  }

  for (size_t scenario = 0; scenario < kScenarios; ++scenario) {
    const std::optional<Allowance>& allowance = org.forecast.allowances[scenario];
    if (!allowance.has_value()) continue;
    // Under API limits every call counts 1, whatever it does.
    const Credits cost = allowance->model == ledger::Model::kApiLimits ? Credits(1) : call.credits;
    org.granted[scenario].Advance(call.start);
    // As the server decides: what the credits refuse is not looked at again.
    if (cost > allowance->credits - day->spent[scenario]) {
      ++day->refused[scenario].credits;
    } else if (!HasRoom(org.granted[scenario].slots(), allowance->slots, call.second_pool)) {
      ++day->refused[scenario].concurrency;
    } else {
      day->spent[scenario] += cost;
      org.granted[scenario].Start(end, call.second_pool);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<ForecastResult> Forecast::Finish() {
  while (const std::optional<LoggedCall> call = order_.Take()) {
    QUOTA_RETURN_IF_ERROR(Count(*call));
  }
  ForecastResult result{.orgs = {}, .durations_known = durations_known_, .late = order_.late()};
  for (auto& org : orgs_) {
    result.orgs.push_back(std::move(org->forecast));
    org.reset();
  }
  std::sort(result.orgs.begin(), result.orgs.end(),
            [](const OrgForecast& a, const OrgForecast& b) { return a.org_id < b.org_id; });
  return result;
}

}  // namespace quota::client
