// The reference model: reservations.

#include <fmt/format.h>

#include <algorithm>

#include "tests/ledger/reference_model.h"

namespace quota::ledger {

using reference::kDay;
using reference::kSecond;

std::string ReferenceModel::RunCall(Org& org, const Step& step, int64_t now) {
  switch (step.op) {
    case Op::kReserve:
      return Reserve(org, step, now);
    case Op::kCommit:
      return Commit(org, step, now);
    case Op::kRelease:
      return Release(org, step, now);
    case Op::kExtend:
      return Extend(org, step, now);
    case Op::kCharge:
      return Charge(org, step, now);
    default:
      return Details(org, now);
  }
}

// Why the call's credits are refused; empty where `credits` of them are granted.
std::string ReferenceModel::Refuse(const Org& org, const Step& step, int64_t now,
                                   int64_t& credits) {
  const Day& day = *CurrentDay(org, now);
  credits = step.credits.value_or(reference::PricesAt(now).report);
  if (day.on_limits) credits = 1;
  if (org.plan.suspended) return "suspended" + Usage(org, now);
  const int64_t left = Remaining(org, day);
  if (credits <= left) return "";
  if (step.mode != AskMode::kBestEffort || left == 0) return "exhausted" + Usage(org, now);
  credits = left;
  return "";
}

std::string ReferenceModel::Reserve(Org& org, const Step& step, int64_t now) {
  const auto known = org.ids.find(step.id);
  if (step.mode != AskMode::kCheckOnly && known != org.ids.end()) {
    const Reservation& r = known->second;
    if (r.request != Describe(step)) return "error ALREADY_EXISTS";
    return fmt::format("granted {} until {} state {} repeated{}", r.held,
                       r.state == "open" ? r.deadline : 0, r.state, Usage(org, now));
  }
  const int64_t ttl = step.ttl.value_or(60 * kSecond);
  if (ttl < kSecond || ttl > 3600 * kSecond) return "error INVALID_ARGUMENT";
  int64_t credits = 0;
  if (std::string refused = Refuse(org, step, now, credits); !refused.empty()) return refused;
  const bool heavy = !step.credits.has_value();
  if (step.slots > 0 && InFlight(org, "main") + step.slots > org.limits["main"]) {
    return "full main" + Usage(org, now);
  }
  if (heavy && InFlight(org, "heavy") + 1 > org.limits["heavy"]) {
    return "full heavy" + Usage(org, now);
  }
  if (step.mode == AskMode::kCheckOnly) {
    return fmt::format("granted {} until 0 state none{}", credits, Usage(org, now));
  }
  Day& day = *CurrentDay(org, now);
  Reservation r;
  r.state = "open";
  r.request = Describe(step);
  r.held = credits;
  r.day = day.start;
  r.created = now;
  r.deadline = now + ttl;
  r.slots = step.slots;
  r.heavy = heavy;
  r.commit_on_expiry = step.commit_on_expiry;
  r.session = step.session;
  org.ids[step.id] = r;
  day.held += credits;
  Level(org, day);
  return fmt::format("granted {} until {} state open{}", credits, r.deadline, Usage(org, now));
}

std::string ReferenceModel::Charge(Org& org, const Step& step, int64_t now) {
  const auto known = org.ids.find(step.id);
  if (step.mode != AskMode::kCheckOnly && known != org.ids.end()) {
    if (known->second.request != Describe(step)) return "error ALREADY_EXISTS";
    return fmt::format("charged {} repeated{}", known->second.charged, Usage(org, now));
  }
  int64_t credits = 0;
  if (std::string refused = Refuse(org, step, now, credits); !refused.empty()) return refused;
  if (step.mode != AskMode::kCheckOnly) {
    Day& day = *CurrentDay(org, now);
    Reservation r;
    r.state = "committed";
    r.request = Describe(step);
    r.charged_at_once = true;
    r.held = r.asked = r.charged = credits;
    r.day = day.start;
    r.settled_at = now;
    org.ids[step.id] = r;
    day.used += credits;
    Level(org, day);
  }
  return fmt::format("charged {}{}", credits, Usage(org, now));
}

std::string ReferenceModel::Commit(Org& org, const Step& step, int64_t now) {
  const auto known = org.ids.find(step.id);
  if (known == org.ids.end()) return "error NOT_FOUND";
  Reservation& r = known->second;
  const Day& day = org.days.at(r.day);
  int64_t asked = step.credits.value_or(r.held);
  // A call counts one, whatever it did: what was held.
  if (!day.closed && day.on_limits) asked = r.held;
  if (r.charged_at_once || r.state == "released") return "error FAILED_PRECONDITION";
  const bool repeated = r.state == "committed";
  if (repeated && r.asked != asked) return "error ALREADY_EXISTS";
  if (!repeated) {
    if (day.closed) return "error FAILED_PRECONDITION";
    Settle(org, r, "committed", asked, now);
  }
  return fmt::format("committed {} overage {}{}{}{}", r.charged, r.overage, r.late ? " late" : "",
                     repeated ? " repeated" : "", Usage(org, now));
}

std::string ReferenceModel::Release(Org& org, const Step& step, int64_t now) {
  const auto known = org.ids.find(step.id);
  if (known == org.ids.end()) return "error NOT_FOUND";
  Reservation& r = known->second;
  if (r.state == "committed") return "error FAILED_PRECONDITION";
  const bool repeated = r.state != "open";
  if (!repeated) Settle(org, r, "released", 0, now);
  return fmt::format("ended {}{}{}", r.state, repeated ? " repeated" : "", Usage(org, now));
}

std::string ReferenceModel::Extend(Org& org, const Step& step, int64_t now) {
  if (*step.ttl < kSecond || *step.ttl > kDay) return "error INVALID_ARGUMENT";
  const auto known = org.ids.find(step.id);
  if (known == org.ids.end()) return "error NOT_FOUND";
  Reservation& r = known->second;
  if (r.state != "open") return "error FAILED_PRECONDITION";
  r.deadline = std::max(r.deadline, r.created + *step.ttl);
  return fmt::format("extended {}{}", r.deadline, Usage(org, now));
}

std::string ReferenceModel::LoseSession(const Step& step, int64_t now) {
  int ended = 0;
  for (auto& [name, org] : orgs_) {
    for (auto& [id, r] : org.ids) {
      if (r.state != "open" || r.session != step.session) continue;
      ++ended;
      if (r.deadline > now) {
        Settle(org, r, "lost", 0, now);
      } else if (r.commit_on_expiry) {
        Settle(org, r, "committed", r.held, now);
      } else {
        Settle(org, r, "expired", 0, now);
      }
    }
  }
  return fmt::format("lost {}", ended);
}

}  // namespace quota::ledger
