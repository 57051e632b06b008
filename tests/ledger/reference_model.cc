// The reference model: what follows from its state, time, and answers.

#include "tests/ledger/reference_model.h"

#include <fmt/format.h>

#include <algorithm>

namespace quota::ledger {

using reference::kDay;

// ---- What follows from the state ----

int64_t ReferenceModel::Day::Drawn() const {
  int64_t drawn = 0;
  for (const auto& draw : draws) drawn += draw.second;
  return drawn;
}

const ReferenceModel::Day* ReferenceModel::CurrentDay(const Org& org, int64_t now) {
  for (const auto& [start, day] : org.days) {
    if (start <= now && now < day.end) return &day;
  }
  return nullptr;
}

ReferenceModel::Day* ReferenceModel::CurrentDay(Org& org, int64_t now) {
  return const_cast<Day*>(CurrentDay(std::as_const(org), now));
}

// The day that would open now, without figures: from midnight to midnight, but never before the
// last one has ended; and in another zone than that one's it is no shorter than 12 hours.
ReferenceModel::Day ReferenceModel::NextDay(const Org& org, int64_t now) {
  Day day;
  day.zone = org.plan.Zone();
  const int64_t offset = reference::OffsetOf(day.zone);
  day.date = static_cast<int>((now + offset) / kDay);
  day.start = day.date * kDay - offset;
  day.end = day.start + kDay;
  if (org.days.empty()) return day;
  const Day& last = org.days.rbegin()->second;
  if (last.end <= day.start) return day;
  day.start = last.end;
  while (day.zone != last.zone && day.end < day.start + kDay / 2) day.end += kDay;
  return day;
}

int ReferenceModel::InFlight(const Org& org, const std::string& pool) {
  int sum = 0;
  for (const auto& [id, r] : org.ids) {
    if (r.state == "open") sum += pool == "main" ? r.slots : r.heavy;
  }
  return sum;
}

int ReferenceModel::InFlight(const std::string& org, const std::string& pool) const {
  return InFlight(orgs_.at(org), pool);
}

int ReferenceModel::OpenHolds(const std::string& org) const {
  int count = 0;
  for (const auto& [id, r] : orgs_.at(org).ids) count += r.state == "open";
  return count;
}

int ReferenceModel::Purchases(const std::string& org) const {
  int count = 0;
  for (const Purchase& p : orgs_.at(org).purchases) count += !p.gone;
  return count;
}

int64_t ReferenceModel::Revision(const std::string& org) const {
  const auto found = orgs_.find(org);
  return found == orgs_.end() ? 0 : found->second.revision;
}

int ReferenceModel::Today(const std::string& org, int64_t now) const {
  const auto found = orgs_.find(org);
  if (found == orgs_.end()) return static_cast<int>(now / kDay);
  const Day* day = CurrentDay(found->second, now);
  return day != nullptr ? day->date : NextDay(found->second, now).date;
}

int64_t ReferenceModel::PackLeft(const Org& org, int purchase) {
  int64_t left = org.purchases[purchase].credits;
  for (const auto& [start, day] : org.days) {
    for (const auto& [from, credits] : day.draws) {
      if (from == purchase) left -= credits;
    }
  }
  return left;
}

int64_t ReferenceModel::PacksLeft(const Org& org, const Day& day) {
  int64_t left = 0;
  if (day.on_limits) return left;
  for (size_t i = 0; i < org.purchases.size(); ++i) {
    const Purchase& p = org.purchases[i];
    if (p.is_pack && p.ValidOn(day.date)) left += PackLeft(org, static_cast<int>(i));
  }
  return left;
}

int64_t ReferenceModel::Remaining(const Org& org, const Day& day) {
  return std::max<int64_t>(0, day.daily - day.used - day.held) + PacksLeft(org, day);
}

// Makes the day's draws on packs add up to what its daily credits do not cover.
void ReferenceModel::Level(Org& org, Day& day) {
  int64_t missing = std::max<int64_t>(0, day.used + day.held - day.daily) - day.Drawn();
  for (; missing < 0 && !day.draws.empty(); ++missing) {
    if (--day.draws.back().second == 0) day.draws.pop_back();
  }
  while (missing > 0) {
    int first = -1;
    for (size_t i = 0; i < org.purchases.size(); ++i) {
      const Purchase& p = org.purchases[i];
      if (!p.is_pack || !p.ValidOn(day.date)) continue;
      if (PackLeft(org, static_cast<int>(i)) == 0) continue;
      if (first < 0 || p.last < org.purchases[first].last) first = static_cast<int>(i);
    }
    if (first < 0) return;
    const int64_t part = std::min(missing, PackLeft(org, first));
    day.draws.emplace_back(first, part);
    missing -= part;
  }
}

void ReferenceModel::Allot(const Org& org, int64_t now, Day& day) {
  const auto sources = org.plan.Allot(reference::PricesAt(now), day.date);
  day.on_limits = org.plan.OnLimits(day.date);
  day.base = sources.base;
  day.variable = sources.variable;
  day.grandfathered = sources.grandfathered;
  day.additional = 0;
  for (const Purchase& p : org.purchases) {
    if (!day.on_limits && !p.is_pack && p.ValidOn(day.date)) day.additional += p.credits;
  }
}

void ReferenceModel::SetLimits(Org& org, int64_t now) {
  for (const char* pool : {"main", "heavy"}) {
    org.limits[pool] = org.plan.SlotsOf(pool, reference::PricesAt(now));
  }
}

// ---- Time ----

void ReferenceModel::Touch(Org& org, int64_t now) {
  for (auto& [id, r] : org.ids) {
    if (r.state != "open" || r.deadline > now) continue;
    if (r.commit_on_expiry) {
      Settle(org, r, "committed", r.held, now);
    } else {
      Settle(org, r, "expired", 0, now);
    }
  }
  for (auto& [start, day] : org.days) {
    if (day.end > now || day.closed) continue;
    bool needed = false;
    for (const auto& [id, r] : org.ids) needed |= r.day == start;
    if (!needed) Close(org, day);
  }
}

// With it go the purchases that ended more than 400 days before.
void ReferenceModel::Close(Org& org, Day& day) {
  day.closed = true;
  for (Purchase& p : org.purchases) {
    if (int64_t{p.revoked.value_or(p.last)} + 400 < day.date) p.gone = true;
  }
}

void ReferenceModel::OpenDay(Org& org, int64_t now) {
  if (CurrentDay(org, now) != nullptr) return;
  std::vector<Day*> open;
  for (auto& [start, day] : org.days) {
    if (!day.closed) open.push_back(&day);
  }
  if (open.size() >= 3) Close(org, *open.front());
  Day day = NextDay(org, now);
  Allot(org, now, day);
  day.daily = day.Sum();
  SetLimits(org, now);
  org.days[day.start] = day;
}

void ReferenceModel::Sweep(int64_t now) {
  for (auto& [name, org] : orgs_) Touch(org, now);
}

// Ends a reservation, open or not; `asked` counts only where the state is committed.
void ReferenceModel::Settle(Org& org, Reservation& r, const std::string& state, int64_t asked,
                            int64_t now) {
  Day& day = org.days.at(r.day);
  r.settled_at = now;
  if (state == "committed") {
    const int64_t in_hand = r.state == "open" ? r.held : 0;
    r.asked = asked;
    r.charged = asked <= in_hand ? asked : in_hand + std::min(asked - in_hand, Remaining(org, day));
    r.overage = asked - r.charged;
    r.late = r.state == "expired" || r.state == "lost";
    day.used += r.charged;
    day.overage += r.overage;
  }
  if (r.state == "open") day.held -= r.held;
  r.state = state;
  Level(org, day);
}

std::vector<ReferenceModel::SettledId> ReferenceModel::SettledIds() const {
  std::vector<SettledId> settled;
  for (const auto& [name, org] : orgs_) {
    for (const auto& [id, r] : org.ids) {
      if (r.state != "open") settled.push_back({name, id, r.settled_at});
    }
  }
  return settled;
}

void ReferenceModel::Restart(int64_t now) {
  serving_since_ = now;
  for (auto& [name, org] : orgs_) org.serving_since = now;
}

void ReferenceModel::Forget(const std::string& org, const std::string& id) {
  orgs_.at(org).ids.erase(id);
}

// ---- Answers ----

std::string ReferenceModel::Usage(const Org& org, int64_t now) {
  const Day& day = *CurrentDay(org, now);
  const int64_t left = Remaining(org, day);
  return fmt::format(
      " | allotment {} used {} held {} remaining {} resets {} main {}/{} heavy {}/{} catalog {}",
      day.used + day.held + left, day.used, day.held, left, day.end, InFlight(org, "main"),
      org.limits.at("main"), InFlight(org, "heavy"), org.limits.at("heavy"),
      reference::PricesAt(now).number);
}

std::string ReferenceModel::Details(const Org& org, int64_t now) {
  const Day& day = *CurrentDay(org, now);
  // The order in which used credits count; what a lowered plan had covered before counts as base.
  int64_t left = day.used;
  const auto take = [&left](int64_t limit) {
    const int64_t part = std::min(left, limit);
    left -= part;
    return part;
  };
  int64_t base = take(day.base);
  const int64_t variable = take(day.variable);
  const int64_t grandfathered = take(day.grandfathered);
  const int64_t additional = take(day.additional);
  const int64_t kept = day.daily - day.Sum();
  base += take(kept);
  return fmt::format(
      "usage {} {} zone {} {}{}allots {} {} {} {} {} uses {} {} {} {} {} overage {} from {} open "
      "{}{}",
      org.plan.edition, day.on_limits ? "limits" : "credits", day.zone,
      org.plan.suspended ? "suspended " : "", day.grandfathered > 0 ? "grandfathered " : "",
      day.base + kept, day.variable, day.grandfathered, day.additional,
      PacksLeft(org, day) + day.Drawn(), base, variable, grandfathered, additional, left,
      day.overage, day.start,
      std::count_if(org.ids.begin(), org.ids.end(),
                    [](const auto& entry) { return entry.second.state == "open"; }),
      Usage(org, now));
}

std::string ReferenceModel::PurchaseView(const Org& org, size_t purchase) {
  const Purchase& p = org.purchases[purchase];
  const std::string from = fmt::format("from {}{}", p.first, p.revoked ? " revoked" : "");
  if (!p.is_pack) return fmt::format(" [{} daily {} {}]", p.id, p.credits, from);
  int64_t used = 0;
  int64_t held = 0;
  for (const auto& [start, day] : org.days) {
    // Of a day's draws the first are used, the later ones held.
    int64_t used_left = std::max<int64_t>(0, day.used - day.daily);
    for (const auto& [number, credits] : day.draws) {
      const int64_t part = std::min(used_left, credits);
      used_left -= part;
      if (number == static_cast<int>(purchase)) {
        used += part;
        held += credits - part;
      }
    }
  }
  return fmt::format(" [{} pack {} used {} held {} {}]", p.id, p.credits, used, held, from);
}

std::string ReferenceModel::View(const Org& org, int64_t now) {
  Day day;
  if (const Day* current = CurrentDay(org, now)) {
    day = *current;
  } else {
    day = NextDay(org, now);
    Allot(org, now, day);
  }
  const auto& plan = org.plan;
  const auto own = [&plan](const char* pool) { return plan.own_limits.count(pool) ? "!" : ""; };
  std::string view = fmt::format(
      "org {} agents {} revision {} {} zone {} {}{}{}main {}{} heavy {}{} allots {} {} {} {} {}",
      plan.edition, plan.agents, org.revision, day.on_limits ? "limits" : "credits", plan.Zone(),
      plan.paid ? "paid " : "", plan.suspended ? "suspended " : "",
      plan.legacy_limit ? fmt::format("legacy {} ", *plan.legacy_limit) : "", org.limits.at("main"),
      own("main"), org.limits.at("heavy"), own("heavy"), day.base, day.variable, day.grandfathered,
      day.additional, PacksLeft(org, day) + day.Drawn());
  for (size_t i = 0; i < org.purchases.size(); ++i) {
    const Purchase& p = org.purchases[i];
    if (!p.gone && !p.revoked && p.last >= day.date) view += PurchaseView(org, i);
  }
  return view;
}

// ---- Commands ----

std::string ReferenceModel::Run(const Step& step, int64_t now) {
  if (step.op == Op::kLoseSession) return LoseSession(step, now);
  if (step.op == Op::kCreateOrg) return CreateOrg(step, now);
  const auto found = orgs_.find(step.org);
  if (found == orgs_.end()) {
    const bool asks = step.op == Op::kReserve || step.op == Op::kCharge;
    return asks ? "unknown" : "error NOT_FOUND";
  }
  Org& org = found->second;
  Touch(org, now);
  OpenDay(org, now);
  return step.op < Op::kCreateOrg ? RunCall(org, step, now) : Change(org, step, now);
}

}  // namespace quota::ledger
