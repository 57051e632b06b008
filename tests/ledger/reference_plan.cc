#include "tests/ledger/reference_plan.h"

#include <algorithm>
#include <vector>

namespace quota::ledger::reference {
namespace {

// Days since 1970-01-01.
constexpr int kSoonLive = 20'412;     // 2025-11-20
constexpr int kSignUpsFrom = 20'432;  // 2025-12-10
constexpr int kLaterLive = 20'468;    // 2026-01-15
constexpr int64_t kHour = 3'600 * kSecond;

struct Center {
  std::string zone;
  std::optional<int> live;
};
const std::map<std::string, Center> kCenters = {{"utc", {"UTC", {}}},
                                                {"in", {"Asia/Kolkata", {}}},
                                                {"soon", {"Etc/GMT+8", kSoonLive}},
                                                {"later", {"UTC", kLaterLive}}};
const std::map<std::string, int64_t> kOffsets = {{"UTC", 0},
                                                 {"Asia/Kolkata", 19'800 * kSecond},
                                                 {"Etc/GMT+8", -8 * kHour},
                                                 {"Etc/GMT-13", 13 * kHour}};

const Figures kEnterprise = {100'000, 1'000, 25, {}};
const std::vector<Prices> kRevisions = {
    {1,
     0,
     {{"tiny", {100, 10, 3, 50}}, {"small", {50, 5, 2, {}}}, {"enterprise", kEnterprise}},
     25,
     2},
    {2,
     20'405 * kDay + 15 * kHour,  // 2025-11-13
     {{"tiny", {120, 10, 3, 70}}, {"small", {50, 5, 3, {}}}, {"enterprise", kEnterprise}},
     40,
     2},
    {3,
     20'446 * kDay + 3 * kHour,  // 2025-12-24
     {{"tiny", {80, 10, 3, 70}}, {"small", {50, 9, 3, {}}}, {"enterprise", kEnterprise}},
     40,
     3}};

constexpr const char* kInvalid = "INVALID_ARGUMENT";

}  // namespace

const Prices& PricesAt(int64_t now) {
  const Prices* in_force = nullptr;
  for (const Prices& prices : kRevisions) {
    if (prices.from <= now) in_force = &prices;
  }
  return *in_force;
}

int64_t OffsetOf(const std::string& zone) { return kOffsets.at(zone); }

std::string Plan::Zone() const {
  return own_zone.empty() ? kCenters.at(data_center).zone : own_zone;
}

bool Plan::OnLimits(int date) const {
  const auto live = kCenters.at(data_center).live;
  return live && date < *live && signup_day < std::min(*live, kSignUpsFrom);
}

Plan::Sources Plan::Allot(const Prices& prices, int date) const {
  if (OnLimits(date)) return {legacy_limit.value_or(0), 0, 0};
  const Figures& figures = prices.editions.at(edition);
  Sources sources = {figures.base, figures.per_agent * agents, 0};
  const auto live = kCenters.at(data_center).live;
  const bool had_limits = live && signup_day < std::min(*live, kSignUpsFrom);
  const bool kept = legacy_limit && paid && had_limits && (!until || date <= *until);
  if (kept) {
    sources.grandfathered = std::max<int64_t>(0, *legacy_limit - sources.base - sources.variable);
  }
  return sources;
}

int64_t Plan::SlotsOf(const std::string& pool, const Prices& prices) const {
  const auto own = own_limits.find(pool);
  if (own != own_limits.end()) return own->second;
  return pool == "main" ? prices.editions.at(edition).slots : prices.heavy_slots;
}

std::string Plan::Change(const Step& step, const Prices& prices, int today) {
  switch (step.op) {
    case Op::kSetEdition:
      if (prices.editions.count(step.edition) == 0) return kInvalid;
      edition = step.edition;
      paid = step.paid.value_or(paid);
      return "";
    case Op::kSetAgents:
      agents = step.agents;
      return "";
    case Op::kSetLimit:
      if (step.pool != "main" && step.pool != "heavy") return kInvalid;
      own_limits.erase(step.pool);
      if (step.limit) own_limits[step.pool] = *step.limit;
      return "";
    case Op::kSetLegacyLimit:
      legacy_limit = step.limit;
      until = step.until;
      return LacksLimit(today) ? "FAILED_PRECONDITION" : "";
    case Op::kSetDataCenter:
      if (!step.data_center.empty()) data_center = step.data_center;
      if (step.zone) own_zone = *step.zone;
      if (kCenters.count(data_center) == 0) return kInvalid;
      if (!own_zone.empty() && kOffsets.count(own_zone) == 0) return kInvalid;
      return LacksLimit(today) ? "FAILED_PRECONDITION" : "";
    default:
      if (step.op == Op::kSuspend) suspended = true;
      if (step.op == Op::kResume) suspended = false;
      return "";
  }
}

std::string Create(const Step& step, const Prices& prices, int64_t now, Plan& plan) {
  plan.edition = step.edition;
  plan.agents = step.agents;
  plan.paid = step.paid.value_or(false);
  plan.data_center = step.data_center.empty() ? "utc" : step.data_center;
  plan.own_zone = step.zone.value_or("");
  plan.legacy_limit = step.limit;
  plan.until = step.until;
  if (prices.editions.count(plan.edition) == 0) return kInvalid;
  if (kCenters.count(plan.data_center) == 0) return kInvalid;
  if (!plan.own_zone.empty() && kOffsets.count(plan.own_zone) == 0) return kInvalid;
  const int today = static_cast<int>((now + OffsetOf(plan.Zone())) / kDay);
  plan.signup_day = step.signup_day.value_or(today);
  if (plan.signup_day > today || plan.LacksLimit(today)) return kInvalid;
  return "";
}

}  // namespace quota::ledger::reference
