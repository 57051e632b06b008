#include "client/quotactl/forecast_report.h"

#include <algorithm>

#include "absl/time/civil_time.h"
#include "ledger/calendar.h"

namespace quota::client {

Demand DemandOf(const DayForecast& day, bool durations_known) {
  return {.days = {day.credits}, .peaks = durations_known ? day.peaks : SlotCounts()};
}

Demand DemandOf(const OrgForecast& org, bool durations_known) {
  Demand demand;
  for (const auto& [date, day] : org.days) {
    demand.days.push_back(day.credits);
    if (!durations_known) continue;
    demand.peaks.resize(day.peaks.size(), 0);
    for (size_t pool = 0; pool < day.peaks.size(); ++pool) {
      demand.peaks[pool] = std::max(demand.peaks[pool], day.peaks[pool]);
    }
  }
  return demand;
}

Advice AdviseOrg(const OrgForecast& org, const Demand& demand,
                 const std::vector<EditionAllowance>& editions) {
  const auto& kept = org.allowances[static_cast<size_t>(Scenario::kGrandfathered)];
  return Advise(demand, editions, org.facts->plan.edition, kept.has_value() ? &*kept : nullptr);
}

ForecastTotal TotalOf(const ForecastResult& result) {
  ForecastTotal total;
  for (const OrgForecast& org : result.orgs) {
    std::array<bool, kScenarios> refused = {};
    for (const auto& [date, day] : org.days) {
      ++total.org_days;
      total.calls += day.calls;
      total.credits = CappedSum(total.credits, day.credits);
      for (size_t i = 0; i < kScenarios; ++i) {
        total.refused[i].credits += day.refused[i].credits;
        total.refused[i].concurrency += day.refused[i].concurrency;
        refused[i] = refused[i] || day.refused[i].credits + day.refused[i].concurrency > 0;
      }
    }
    for (size_t i = 0; i < kScenarios; ++i) {
      if (org.allowances[i].has_value()) ++total.judged[i];
      if (refused[i]) ++total.orgs_refused[i];
    }
  }
  return total;
}

void SortByCredits(const std::vector<std::string>& names, std::vector<MethodUse>& uses) {
  std::sort(uses.begin(), uses.end(), [&names](const MethodUse& a, const MethodUse& b) {
    return a.credits != b.credits ? a.credits > b.credits : names[a.method] < names[b.method];
  });
}

std::vector<MethodUse> MethodsOf(const OrgForecast& org) {
  std::map<size_t, MethodUse> sums;
  for (const auto& [date, day] : org.days) {
    for (const MethodUse& use : day.methods) {
      MethodUse& sum = sums[use.method];
      sum.method = use.method;
      sum.calls += use.calls;
      sum.credits = CappedSum(sum.credits, use.credits);
    }
  }
  std::vector<MethodUse> uses;
  uses.reserve(sums.size());
  for (const auto& [method, use] : sums) uses.push_back(use);
  return uses;
}

double UsedPercent(Credits used, Credits whole) {
  return 100.0 * static_cast<double>(used.value()) / static_cast<double>(whole.value());
}

std::string FormatDay(int32_t days_since_epoch) {
  return absl::FormatCivilTime(ledger::DateOf(days_since_epoch));
}

}  // namespace quota::client
