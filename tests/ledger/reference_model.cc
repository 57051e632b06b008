#include "tests/ledger/reference_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <climits>

namespace quota::ledger {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kDay = 86'400 * kSecond;

struct Figures {
  int64_t base, per_agent, slots;
  std::optional<int64_t> ceiling;
};
const std::map<std::string, Figures> kEditions = {{"tiny", {100, 10, 3, 50}},
                                                  {"small", {50, 5, 2, {}}},
                                                  {"enterprise", {100'000, 1'000, 25, {}}}};

std::string Error(const char* code) { return fmt::format("error {}", code); }

template <typename T>
std::string Maybe(const std::optional<T>& value) {
  return value ? fmt::format("{}", *value) : "-";
}

}  // namespace

std::string Describe(const Step& s) {
  switch (s.op) {
    case Op::kReserve:
      return fmt::format("reserve {} {} slots {} ttl {} mode {} commit {} session {}", s.id,
                         Maybe(s.credits), s.slots, Maybe(s.ttl), static_cast<int>(s.mode),
                         s.commit_on_expiry, s.session);
    case Op::kCommit:
      return fmt::format("commit {} {}", s.id, Maybe(s.credits));
    case Op::kRelease:
      return fmt::format("release {}", s.id);
    case Op::kExtend:
      return fmt::format("extend {} {}", s.id, Maybe(s.ttl));
    case Op::kCharge:
      return fmt::format("charge {} {} mode {}", s.id, Maybe(s.credits), static_cast<int>(s.mode));
    case Op::kGetUsage:
      return "usage";
    case Op::kCreateOrg:
      return fmt::format("create {} agents {}", s.edition, s.agents);
    case Op::kSetEdition:
      return fmt::format("edition {} at {}", s.edition, Maybe(s.expected_revision));
    case Op::kSetAgents:
      return fmt::format("agents {} at {}", s.agents, Maybe(s.expected_revision));
    case Op::kPurchase:
      return fmt::format("purchase {} pack {} credits {} days {} to {} at {}", s.purchase_id,
                         s.is_pack, Maybe(s.credits), Maybe(s.first_day), Maybe(s.last_day),
                         Maybe(s.expected_revision));
    case Op::kSetLimit:
      return fmt::format("limit {} {} at {}", s.pool, Maybe(s.limit), Maybe(s.expected_revision));
    case Op::kLoseSession:
      return fmt::format("lose {}", s.session);
  }
  return "";
}

// ---- What follows from the state ----

int ReferenceModel::DayOf(const Org& org, int64_t now) {
  return static_cast<int>((now + org.offset) / kDay);
}

int64_t ReferenceModel::EndOf(const Org& org, int day) { return (day + 1) * kDay - org.offset; }

int64_t ReferenceModel::Limit(const Org& org, const std::string& pool) {
  const auto own = org.overrides.find(pool);
  if (own != org.overrides.end()) return own->second;
  return pool == "main" ? kEditions.at(org.edition).slots : 2;
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

int64_t ReferenceModel::Revision(const std::string& org) const {
  const auto found = orgs_.find(org);
  return found == orgs_.end() ? 0 : found->second.revision;
}

int ReferenceModel::Today(const std::string& org, int64_t now) const {
  const auto found = orgs_.find(org);
  return found == orgs_.end() ? static_cast<int>(now / kDay) : DayOf(found->second, now);
}

int64_t ReferenceModel::PackLeft(const Org& org, int purchase) {
  int64_t left = org.purchases[purchase].credits;
  for (const auto& [number, day] : org.days) {
    for (const auto& [from, credits] : day.draws) {
      if (from == purchase) left -= credits;
    }
  }
  return left;
}

int64_t ReferenceModel::PacksLeft(const Org& org, int day) {
  int64_t left = 0;
  for (size_t i = 0; i < org.purchases.size(); ++i) {
    const Purchase& p = org.purchases[i];
    if (p.is_pack && p.first <= day && day <= p.last) left += PackLeft(org, static_cast<int>(i));
  }
  return left;
}

int64_t ReferenceModel::Remaining(const Org& org, int day_number) {
  const Day& day = org.days.at(day_number);
  return std::max<int64_t>(0, day.daily - day.used - day.held) + PacksLeft(org, day_number);
}

// Makes the day's draws on packs add up to what its daily credits do not cover.
void ReferenceModel::Level(Org& org, int day_number) {
  Day& day = org.days.at(day_number);
  int64_t missing = std::max<int64_t>(0, day.used + day.held - day.daily);
  for (const auto& draw : day.draws) missing -= draw.second;
  for (; missing < 0 && !day.draws.empty(); ++missing) {
    if (--day.draws.back().second == 0) day.draws.pop_back();
  }
  while (missing > 0) {
    int first = -1;
    for (size_t i = 0; i < org.purchases.size(); ++i) {
      const Purchase& p = org.purchases[i];
      if (!p.is_pack || day_number < p.first || p.last < day_number) continue;
      if (PackLeft(org, static_cast<int>(i)) == 0) continue;
      if (first < 0 || p.last < org.purchases[first].last) first = static_cast<int>(i);
    }
    if (first < 0) return;
    const int64_t part = std::min(missing, PackLeft(org, first));
    day.draws.emplace_back(first, part);
    missing -= part;
  }
}

void ReferenceModel::Allot(const Org& org, int day_number, Day& day) {
  const Figures& figures = kEditions.at(org.edition);
  day.base = figures.base;
  day.variable = figures.per_agent * org.agents;
  day.additional = 0;
  for (const Purchase& p : org.purchases) {
    if (!p.is_pack && p.first <= day_number && day_number <= p.last) day.additional += p.credits;
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
  for (auto& [number, day] : org.days) {
    if (EndOf(org, number) > now) continue;
    bool needed = false;
    for (const auto& [id, r] : org.ids) needed |= r.day == number;
    if (!needed) day.closed = true;
  }
}

void ReferenceModel::OpenDay(Org& org, int64_t now) {
  const int today = DayOf(org, now);
  if (org.days.count(today) != 0) return;
  std::vector<Day*> open;
  for (auto& [number, day] : org.days) {
    if (!day.closed) open.push_back(&day);
  }
  if (open.size() >= 3) open.front()->closed = true;
  Day day;
  Allot(org, today, day);
  day.daily = day.base + day.variable + day.additional;
  org.days[today] = day;
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
    r.charged =
        asked <= in_hand ? asked : in_hand + std::min(asked - in_hand, Remaining(org, r.day));
    r.overage = asked - r.charged;
    r.late = r.state == "expired" || r.state == "lost";
    day.used += r.charged;
    day.overage += r.overage;
  }
  if (r.state == "open") day.held -= r.held;
  r.state = state;
  Level(org, r.day);
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

void ReferenceModel::Forget(const std::string& org, const std::string& id) {
  orgs_.at(org).ids.erase(id);
}

// ---- Answers ----

std::string ReferenceModel::Usage(const Org& org, int64_t now) {
  const int today = DayOf(org, now);
  const Day& day = org.days.at(today);
  const int64_t left = Remaining(org, today);
  return fmt::format(
      " | allotment {} used {} held {} remaining {} resets {} main {}/{} heavy {}/{}",
      day.used + day.held + left, day.used, day.held, left, EndOf(org, today),
      InFlight(org, "main"), Limit(org, "main"), InFlight(org, "heavy"), Limit(org, "heavy"));
}

std::string ReferenceModel::Details(const Org& org, int64_t now) {
  const int today = DayOf(org, now);
  const Day& day = org.days.at(today);
  int64_t drawn = 0;
  for (const auto& draw : day.draws) drawn += draw.second;
  // The order in which used credits count; what a lowered plan had covered before counts as base.
  const int64_t kept = day.daily - day.base - day.variable - day.additional;
  const int64_t base = std::min(day.used, day.base);
  const int64_t variable = std::min(day.used - base, day.variable);
  const int64_t additional = std::min(day.used - base - variable, day.additional);
  const int64_t more = std::min(day.used - base - variable - additional, kept);
  return fmt::format("usage {} allots {} {} {} {} uses {} {} {} {} overage {} from {} open {}{}",
                     org.edition, day.base + kept, day.variable, day.additional,
                     PacksLeft(org, today) + drawn, base + more, variable, additional,
                     day.used - base - variable - additional - more, day.overage,
                     EndOf(org, today - 1),
                     std::count_if(org.ids.begin(), org.ids.end(),
                                   [](const auto& entry) { return entry.second.state == "open"; }),
                     Usage(org, now));
}

std::string ReferenceModel::PurchaseView(const Org& org, size_t purchase) {
  const Purchase& p = org.purchases[purchase];
  if (!p.is_pack) return fmt::format(" [{} daily {} from {}]", p.id, p.credits, p.first);
  int64_t used = 0;
  int64_t held = 0;
  for (const auto& [number, day] : org.days) {
    // Of a day's draws the first are used, the later ones held.
    int64_t used_left = std::max<int64_t>(0, day.used - day.daily);
    for (const auto& [from, credits] : day.draws) {
      const int64_t part = std::min(used_left, credits);
      used_left -= part;
      if (from == static_cast<int>(purchase)) {
        used += part;
        held += credits - part;
      }
    }
  }
  return fmt::format(" [{} pack {} used {} held {} from {}]", p.id, p.credits, used, held, p.first);
}

std::string ReferenceModel::View(const Org& org, int64_t now) {
  const int today = DayOf(org, now);
  Day day;
  Allot(org, today, day);
  int64_t drawn = 0;
  if (org.days.count(today) != 0) {
    for (const auto& draw : org.days.at(today).draws) drawn += draw.second;
  }
  std::string view = fmt::format(
      "org {} agents {} revision {} main {}{} heavy {}{} allots {} {} {} {}", org.edition,
      org.agents, org.revision, Limit(org, "main"), org.overrides.count("main") ? "!" : "",
      Limit(org, "heavy"), org.overrides.count("heavy") ? "!" : "", day.base, day.variable,
      day.additional, PacksLeft(org, today) + drawn);
  for (size_t i = 0; i < org.purchases.size(); ++i) {
    if (org.purchases[i].last >= today) view += PurchaseView(org, i);
  }
  return view;
}

// ---- Commands ----

std::string ReferenceModel::Run(const Step& step, int64_t now) {
  if (step.op == Op::kLoseSession) return LoseSession(step, now);
  const auto found = orgs_.find(step.org);
  if (step.op == Op::kCreateOrg) {
    if (found != orgs_.end()) {
      for (const Request& known : found->second.requests) {
        if (known.id == step.request_id && known.request == Describe(step)) return known.answer;
      }
      return Error("ALREADY_EXISTS");
    }
    Org& org = orgs_[step.org];
    org.edition = step.edition;
    org.agents = step.agents;
    // Organisations of odd names are in India, five and a half hours ahead.
    org.offset = step.org.back() % 2 != 0 ? 19'800 * kSecond : 0;
    const std::string answer = View(org, now);
    org.requests.push_back({step.request_id, Describe(step), answer, now});
    return answer;
  }
  if (found == orgs_.end()) {
    const bool asks = step.op == Op::kReserve || step.op == Op::kCharge;
    return asks ? "unknown" : Error("NOT_FOUND");
  }
  Org& org = found->second;
  Touch(org, now);
  OpenDay(org, now);
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
    case Op::kGetUsage:
      return Details(org, now);
    default:
      return Change(org, step, now);
  }
}

std::string ReferenceModel::Reserve(Org& org, const Step& step, int64_t now) {
  const auto known = org.ids.find(step.id);
  if (step.mode != AskMode::kCheckOnly && known != org.ids.end()) {
    const Reservation& r = known->second;
    if (r.request != Describe(step)) return Error("ALREADY_EXISTS");
    return fmt::format("granted {} until {} state {} repeated{}", r.held,
                       r.state == "open" ? r.deadline : 0, r.state, Usage(org, now));
  }
  const int64_t ttl = step.ttl.value_or(60 * kSecond);
  if (ttl < kSecond || ttl > 3600 * kSecond) return Error("INVALID_ARGUMENT");
  const bool heavy = !step.credits.has_value();
  int64_t credits = step.credits.value_or(25);
  const int today = DayOf(org, now);
  const int64_t left = Remaining(org, today);
  if (credits > left) {
    if (step.mode != AskMode::kBestEffort || left == 0)
      return "credits exhausted" + Usage(org, now);
    credits = left;
  }
  if (step.slots > 0 && InFlight(org, "main") + step.slots > Limit(org, "main")) {
    return "full main" + Usage(org, now);
  }
  if (heavy && InFlight(org, "heavy") + 1 > Limit(org, "heavy")) {
    return "full heavy" + Usage(org, now);
  }
  if (step.mode == AskMode::kCheckOnly) {
    return fmt::format("granted {} until 0 state none{}", credits, Usage(org, now));
  }
  Reservation r;
  r.state = "open";
  r.request = Describe(step);
  r.held = credits;
  r.day = today;
  r.created = now;
  r.deadline = now + ttl;
  r.slots = step.slots;
  r.heavy = heavy;
  r.commit_on_expiry = step.commit_on_expiry;
  r.session = step.session;
  org.ids[step.id] = r;
  org.days[today].held += credits;
  Level(org, today);
  return fmt::format("granted {} until {} state open{}", credits, r.deadline, Usage(org, now));
}

std::string ReferenceModel::Charge(Org& org, const Step& step, int64_t now) {
  const auto known = org.ids.find(step.id);
  if (step.mode != AskMode::kCheckOnly && known != org.ids.end()) {
    if (known->second.request != Describe(step)) return Error("ALREADY_EXISTS");
    return fmt::format("charged {} repeated{}", known->second.charged, Usage(org, now));
  }
  int64_t credits = step.credits.value_or(25);
  const int today = DayOf(org, now);
  const int64_t left = Remaining(org, today);
  if (credits > left) {
    if (step.mode != AskMode::kBestEffort || left == 0)
      return "credits exhausted" + Usage(org, now);
    credits = left;
  }
  if (step.mode != AskMode::kCheckOnly) {
    Reservation r;
    r.state = "committed";
    r.request = Describe(step);
    r.charged_at_once = true;
    r.held = r.asked = r.charged = credits;
    r.day = today;
    r.settled_at = now;
    org.ids[step.id] = r;
    org.days[today].used += credits;
    Level(org, today);
  }
  return fmt::format("charged {}{}", credits, Usage(org, now));
}

std::string ReferenceModel::Commit(Org& org, const Step& step, int64_t now) {
  const auto known = org.ids.find(step.id);
  if (known == org.ids.end()) return Error("NOT_FOUND");
  Reservation& r = known->second;
  const int64_t asked = step.credits.value_or(r.held);
  if (r.charged_at_once || r.state == "released") return Error("FAILED_PRECONDITION");
  const bool repeated = r.state == "committed";
  if (repeated && r.asked != asked) return Error("ALREADY_EXISTS");
  if (!repeated) {
    if (org.days.at(r.day).closed) return Error("FAILED_PRECONDITION");
    Settle(org, r, "committed", asked, now);
  }
  return fmt::format("committed {} overage {}{}{}{}", r.charged, r.overage, r.late ? " late" : "",
                     repeated ? " repeated" : "", Usage(org, now));
}

std::string ReferenceModel::Release(Org& org, const Step& step, int64_t now) {
  const auto known = org.ids.find(step.id);
  if (known == org.ids.end()) return Error("NOT_FOUND");
  Reservation& r = known->second;
  if (r.state == "committed") return Error("FAILED_PRECONDITION");
  const bool repeated = r.state != "open";
  if (!repeated) Settle(org, r, "released", 0, now);
  return fmt::format("ended {}{}{}", r.state, repeated ? " repeated" : "", Usage(org, now));
}

std::string ReferenceModel::Extend(Org& org, const Step& step, int64_t now) {
  if (*step.ttl < kSecond || *step.ttl > kDay) return Error("INVALID_ARGUMENT");
  const auto known = org.ids.find(step.id);
  if (known == org.ids.end()) return Error("NOT_FOUND");
  Reservation& r = known->second;
  if (r.state != "open") return Error("FAILED_PRECONDITION");
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

// ---- Administration ----

std::string ReferenceModel::Change(Org& org, const Step& step, int64_t now) {
  for (const Request& known : org.requests) {
    if (known.id != step.request_id) continue;
    return known.request == Describe(step) ? known.answer : Error("ALREADY_EXISTS");
  }
  if (step.op == Op::kPurchase) {
    for (size_t i = 0; i < org.purchases.size(); ++i) {
      const Purchase& p = org.purchases[i];
      if (p.id != step.purchase_id) continue;
      const bool same = p.is_pack == step.is_pack && p.credits == *step.credits &&
                        p.asked_first == step.first_day && p.asked_last == step.last_day;
      if (!same) return Error("ALREADY_EXISTS");
      return "bought" + PurchaseView(org, i) + " " + View(org, now);
    }
  }
  if (step.expected_revision && *step.expected_revision != org.revision) return Error("ABORTED");
  if (step.op == Op::kSetEdition && kEditions.count(step.edition) == 0) {
    return Error("INVALID_ARGUMENT");
  }
  if (step.op == Op::kSetLimit && step.pool != "main" && step.pool != "heavy") {
    return Error("INVALID_ARGUMENT");
  }
  const auto alive = std::count_if(org.requests.begin(), org.requests.end(),
                                   [now](const auto& r) { return r.at + kDay > now; });
  if (alive >= 100) return Error("RESOURCE_EXHAUSTED");
  if (step.op == Op::kPurchase) return Buy(org, step, now);
  if (step.op == Op::kSetEdition) org.edition = step.edition;
  if (step.op == Op::kSetAgents) org.agents = step.agents;
  if (step.op == Op::kSetLimit) {
    org.overrides.erase(step.pool);
    if (step.limit) org.overrides[step.pool] = *step.limit;
  }
  return Changed(org, step, "", now);
}

std::string ReferenceModel::Buy(Org& org, const Step& step, int64_t now) {
  Purchase bought;
  const int today = DayOf(org, now);
  bought.id = step.purchase_id;
  bought.is_pack = step.is_pack;
  bought.credits = *step.credits;
  bought.asked_first = step.first_day;
  bought.asked_last = step.last_day;
  bought.first = step.first_day.value_or(today);
  bought.last = step.last_day.value_or(INT_MAX);
  if (bought.first < today || bought.last < bought.first) return Error("INVALID_ARGUMENT");
  const auto ceiling = kEditions.at(org.edition).ceiling;
  if (!bought.is_pack && ceiling) {
    // On no day more than the ceiling; sums change only where a purchase begins.
    std::vector<Purchase> all = org.purchases;
    all.push_back(bought);
    for (const Purchase& begins : all) {
      int64_t sum = 0;
      for (const Purchase& p : all) {
        if (!p.is_pack && p.first <= begins.first && begins.first <= p.last) sum += p.credits;
      }
      const bool hit = bought.first <= begins.first && begins.first <= bought.last;
      if (hit && sum > *ceiling) return Error("FAILED_PRECONDITION");
    }
  }
  org.purchases.push_back(bought);
  return Changed(org, step, bought.id, now);
}

// The plan has changed: today's day follows, and the answer is remembered.
std::string ReferenceModel::Changed(Org& org, const Step& step, const std::string& purchase,
                                    int64_t now) {
  ++org.revision;
  const int today = DayOf(org, now);
  Day& day = org.days.at(today);
  Allot(org, today, day);
  const int64_t sum = day.base + day.variable + day.additional;
  day.daily = std::max(sum, std::min(day.daily, day.used + day.held));
  Level(org, today);
  std::string answer = View(org, now);
  if (!purchase.empty()) {
    answer = "bought" + PurchaseView(org, org.purchases.size() - 1) + " " + answer;
  }
  while (!org.requests.empty() && org.requests.front().at + kDay <= now) {
    org.requests.erase(org.requests.begin());
  }
  org.requests.push_back({step.request_id, Describe(step), answer, now});
  return answer;
}

}  // namespace quota::ledger
