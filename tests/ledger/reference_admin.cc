// The reference model: administration.

#include <fmt/format.h>

#include <algorithm>
#include <climits>

#include "tests/ledger/reference_model.h"

namespace quota::ledger {

using reference::kDay;

std::string ReferenceModel::CreateOrg(const Step& step, int64_t now) {
  if (const auto found = orgs_.find(step.org); found != orgs_.end()) {
    for (const Request& known : found->second.requests) {
      if (known.id == step.request_id && known.request == Describe(step)) return known.answer;
    }
    return "error ALREADY_EXISTS";
  }
  Org org;
  org.serving_since = serving_since_;
  const std::string error = reference::Create(step, reference::PricesAt(now), now, org.plan);
  if (!error.empty()) return "error " + error;
  SetLimits(org, now);
  std::string answer = View(org, now);
  org.requests.push_back({step.request_id, Describe(step), answer, now});
  orgs_[step.org] = org;
  return answer;
}

std::string ReferenceModel::Change(Org& org, const Step& step, int64_t now) {
  for (const Request& known : org.requests) {
    if (known.id != step.request_id) continue;
    return known.request == Describe(step) ? known.answer : "error ALREADY_EXISTS";
  }
  if (step.op == Op::kPurchase) {
    for (size_t i = 0; i < org.purchases.size(); ++i) {
      const Purchase& p = org.purchases[i];
      if (p.id != step.purchase_id || p.gone) continue;
      const bool same = p.is_pack == step.is_pack && p.credits == *step.credits &&
                        p.asked_first == step.first_day && p.asked_last == step.last_day;
      if (!same) return "error ALREADY_EXISTS";
      return "bought" + PurchaseView(org, i) + " " + View(org, now);
    }
  }
  if (step.expected_revision && *step.expected_revision != org.revision) return "error ABORTED";
  reference::Plan plan = org.plan;
  const std::string error = plan.Change(step, reference::PricesAt(now), CurrentDay(org, now)->date);
  if (!error.empty()) return "error " + error;
  const auto alive = std::count_if(org.requests.begin(), org.requests.end(),
                                   [&](const auto& r) { return !MayForget(org, r, now); });
  if (alive >= 100) return "error RESOURCE_EXHAUSTED";
  if (step.op == Op::kPurchase) return Buy(org, step, now);
  if (step.op == Op::kRevoke) return Revoke(org, step, now);
  org.plan = plan;
  SetLimits(org, now);
  return Changed(org, step, "", now);
}

// On no day more than the ceiling; sums rise only where a purchase begins.
bool ReferenceModel::AboveCeiling(const Org& org, const Purchase& bought, int64_t now) {
  const auto ceiling = reference::PricesAt(now).editions.at(org.plan.edition).ceiling;
  if (bought.is_pack || !ceiling) return false;
  std::vector<Purchase> all = org.purchases;
  all.push_back(bought);
  for (const Purchase& begins : all) {
    if (!bought.ValidOn(begins.first)) continue;
    int64_t sum = 0;
    for (const Purchase& p : all) {
      if (!p.is_pack && p.ValidOn(begins.first)) sum += p.credits;
    }
    if (sum > *ceiling) return true;
  }
  return false;
}

std::string ReferenceModel::Buy(Org& org, const Step& step, int64_t now) {
  Purchase bought;
  const int today = CurrentDay(org, now)->date;
  bought.id = step.purchase_id;
  bought.is_pack = step.is_pack;
  bought.credits = *step.credits;
  bought.asked_first = step.first_day;
  bought.asked_last = step.last_day;
  bought.first = step.first_day.value_or(today);
  bought.last = step.last_day.value_or(INT_MAX);
  if (bought.first < today || bought.last < bought.first) return "error INVALID_ARGUMENT";
  if (AboveCeiling(org, bought, now)) return "error FAILED_PRECONDITION";
  org.purchases.push_back(bought);
  return Changed(org, step, bought.id, now);
}

std::string ReferenceModel::Revoke(Org& org, const Step& step, int64_t now) {
  for (Purchase& p : org.purchases) {
    if (p.id != step.purchase_id || p.gone) continue;
    // Revoked before: nothing changes, and nothing is remembered.
    if (p.revoked) return View(org, now);
    p.revoked = CurrentDay(org, now)->date;
    return Changed(org, step, "", now);
  }
  return "error NOT_FOUND";
}

// After a day; but not just after a start, when what time made old meanwhile may be retried still.
bool ReferenceModel::MayForget(const Org& org, const Request& request, int64_t now) {
  constexpr int64_t kShortestWindow = 15'000'000;
  return now - org.serving_since >= kShortestWindow && request.at + kDay <= now;
}

// The plan has changed: the day that runs follows, and the answer is remembered.
std::string ReferenceModel::Changed(Org& org, const Step& step, const std::string& purchase,
                                    int64_t now) {
  ++org.revision;
  Day& day = *CurrentDay(org, now);
  Allot(org, now, day);
  day.daily = std::max(day.Sum(), std::min(day.daily, day.used + day.held));
  Level(org, day);
  std::string answer = View(org, now);
  if (!purchase.empty()) {
    answer = "bought" + PurchaseView(org, org.purchases.size() - 1) + " " + answer;
  }
  while (!org.requests.empty() && MayForget(org, org.requests.front(), now)) {
    org.requests.erase(org.requests.begin());
  }
  org.requests.push_back({step.request_id, Describe(step), answer, now});
  return answer;
}

}  // namespace quota::ledger
