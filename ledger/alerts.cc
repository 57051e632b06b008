#include "ledger/alerts.h"

#include <algorithm>

#include "ledger/account_record.h"
#include "ledger/balance.h"

namespace quota::ledger {
namespace {

void AddReached(const Account& account, const Day& day, const CatalogRevision& catalog,
                Events& events) {
  const Credits allotment = day.used + day.held + Remaining(account, day);
  for (const int32_t percent : catalog.alert_thresholds()) {
    if (percent <= day.alerted_percent) continue;
    // Neither side overflows: an allotment stays below 2^63 / 100 (see kMaxCredits).
    if (day.used.value() * 100 < allotment.value() * percent) return;
    records::ThresholdReached reached;
    reached.set_account(account.number);
    reached.set_day_start(ToMicros(day.start));
    reached.set_percent(percent);
    reached.set_used(day.used.value());
    reached.set_allotment(allotment.value());
    const Credits next = AlertAt(day.daily, percent, catalog.alert_thresholds());
    if (next != kNoAlert) reached.set_alert_at(next.value());
    events.push_back(std::move(reached));
  }
}

}  // namespace

Credits AlertAt(Credits daily, int32_t alerted, const std::vector<int32_t>& thresholds) {
  const auto next = std::upper_bound(thresholds.begin(), thresholds.end(), alerted);
  if (next == thresholds.end()) return kNoAlert;
  return Credits(std::max<int64_t>(1, (daily.value() * *next + 99) / 100));
}

Events DecideAlerts(const Account& account, const CatalogRevision& catalog) {
  Events events;
  for (const Day& day : account.days) {
    if (day.used >= day.alert_at) AddReached(account, day, catalog, events);
  }
  return events;
}

}  // namespace quota::ledger
