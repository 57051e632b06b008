// What quotactl plan prints.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "client/quotactl/advice.h"
#include "client/quotactl/command.h"
#include "client/quotactl/forecast.h"
#include "client/quotactl/log_line_counts.h"
#include "ledger/catalog.h"

namespace quota::client {

struct ForecastReport {
  LogLineCounts lines;
  // Requests that the server would not price: left out. With the first one's reason.
  int64_t unpriced = 0;
  std::string first_unpriced;
  // Organisations of the --orgs file without a request.
  int64_t idle_orgs = 0;
  // As RequestPricer::methods().
  std::vector<std::string> methods;
  ForecastResult result;
};

// What a day, or all days, must fit.
Demand DemandOf(const DayForecast& day, bool durations_known);
Demand DemandOf(const OrgForecast& org, bool durations_known);

// What to do for one demand of `org`.
Advice AdviseOrg(const OrgForecast& org, const Demand& demand,
                 const std::vector<EditionAllowance>& editions);

// Totals over organisations and days.
struct ForecastTotal {
  int64_t calls = 0;
  Credits credits = {};
  int64_t org_days = 0;
  // By Scenario. Organisations that have such an allowance, those of them with a refused call, and
  // the refused calls.
  std::array<int64_t, kScenarios> judged = {};
  std::array<int64_t, kScenarios> orgs_refused = {};
  std::array<Refusals, kScenarios> refused = {};
};
ForecastTotal TotalOf(const ForecastResult& result);

// The methods of `uses` by credits, the most first; then by name.
void SortByCredits(const std::vector<std::string>& names, std::vector<MethodUse>& uses);
// Of all days together, in the order of their numbers.
std::vector<MethodUse> MethodsOf(const OrgForecast& org);

// `whole` must not be 0.
double UsedPercent(Credits used, Credits whole);

// "2026-11-24" for days since 1970-01-01.
std::string FormatDay(int32_t days_since_epoch);

void PrintForecastTables(const Command& command, const ledger::CatalogRevision& revision,
                         const ForecastReport& report);
void PrintForecastJson(const Command& command, const ledger::CatalogRevision& revision,
                       const ForecastReport& report);

}  // namespace quota::client
