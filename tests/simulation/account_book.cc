#include "tests/simulation/account_book.h"

#include <algorithm>
#include <utility>

#include "common/stable_hash.h"
#include "ledger/balance.h"

namespace quota::simulation {
namespace {

using ledger::HoldState;

// A call does not wait for more events of one account than this.
constexpr uint64_t kRemembered = 4'000;

uint64_t HashOf(const ledger::Snapshot& usage) {
  StableHash hash;
  hash.Add(static_cast<uint64_t>(usage.resets_at.time_since_epoch().count()));
  for (const Credits credits : {usage.allotment, usage.used, usage.held, usage.remaining}) {
    hash.Add(static_cast<uint64_t>(credits.value()));
  }
  for (const ledger::PoolUsage& pool : usage.pools) {
    hash.Add(pool.name);
    hash.Add(static_cast<uint64_t>(pool.limit));
    hash.Add(static_cast<uint64_t>(pool.in_flight));
  }
  return hash.Value();
}

}  // namespace

const Fact* AccountBook::Find(const std::string& id) const {
  const auto found = facts_.find(id);
  return found == facts_.end() ? nullptr : &found->second;
}

bool AccountBook::Stood(const ledger::Snapshot& usage, uint64_t index) const {
  const auto found = stood_.find(HashOf(usage));
  return found != stood_.end() && found->second >= index;
}

void AccountBook::ChangeSlots(const Fact& fact, int by) {
  in_flight_[0] += by * static_cast<int64_t>(fact.slots);
  if (fact.second_pool == 0) return;
  if (in_flight_.size() <= fact.second_pool) in_flight_.resize(fact.second_pool + 1U);
  in_flight_[fact.second_pool] += by;
}

void AccountBook::Add(const ledger::Reserved& event, Instant at, Findings& findings) {
  const std::string id = event.id.Text();
  Fact fact;
  fact.fingerprint = event.fingerprint;
  fact.held = event.credits;
  fact.slots = event.slots;
  fact.second_pool = event.second_pool;
  fact.day_start = event.day_start;
  fact.created_at = at;
  fact.deadline = event.deadline;
  if (!facts_.emplace(id, fact).second) {
    findings.Add(3, "{}: {} was granted a second time", org_, id);
  }
  days_[event.day_start].held += event.credits.value();
  ChangeSlots(fact, 1);
}

void AccountBook::Add(const ledger::Extended& event, Instant, Findings& findings) {
  const auto found = facts_.find(event.id.Text());
  if (found == facts_.end() || found->second.state != HoldState::kOpen) {
    return findings.Add(4, "{}: {} was extended and is no open hold", org_, event.id.Text());
  }
  Fact& fact = found->second;
  if (event.deadline > fact.created_at + ledger::kMaxHoldLife) {
    findings.Add(4, "{}: {} was extended beyond 24 hours", org_, event.id.Text());
  }
  fact.deadline = event.deadline;
}

void AccountBook::Add(const ledger::Settled& event, Instant at, Findings& findings) {
  const std::string id = event.id.Text();
  auto found = facts_.find(id);
  if (event.origin == ledger::Origin::kCharge) {
    if (found != facts_.end()) {
      return findings.Add(3, "{}: {} was charged though it is known", org_, id);
    }
    Fact fact;
    fact.charge = true;
    fact.fingerprint = event.fingerprint;
    fact.held = event.held;
    fact.day_start = event.day_start;
    fact.created_at = at;
    found = facts_.emplace(id, fact).first;
  } else if (found == facts_.end()) {
    return findings.Add(3, "{}: {} was settled and never granted", org_, id);
  }
  Settle(event, found->second, at, findings);
}

void AccountBook::Settle(const ledger::Settled& event, Fact& fact, Instant at, Findings& findings) {
  const std::string id = event.id.Text();
  if (event.origin == ledger::Origin::kHold) {
    if (fact.state != HoldState::kOpen || fact.charge) {
      findings.Add(3, "{}: {} was settled twice", org_, id);
    }
    if (event.state == HoldState::kExpired && at < fact.deadline) {
      findings.Add(4, "{}: {} expired before its deadline", org_, id);
    }
    days_[fact.day_start].held -= fact.held.value();
    ChangeSlots(fact, -1);
  } else if (event.origin == ledger::Origin::kLate) {
    if (fact.state != HoldState::kExpired && fact.state != HoldState::kSessionLost) {
      findings.Add(3, "{}: {} was committed late, in state {}", org_, id,
                   static_cast<int>(fact.state));
    }
  }
  if (event.held != fact.held || event.day_start != fact.day_start) {
    findings.Add(3, "{}: {} was settled with another amount or day than it was held", org_, id);
  }
  if (event.charged + event.overage != event.asked || event.charged < kZeroCredits ||
      event.overage < kZeroCredits) {
    findings.Add(1, "{}: {} was asked {}, charged {}, overage {}", org_, id, event.asked.value(),
                 event.charged.value(), event.overage.value());
  }
  days_[fact.day_start].used += event.charged.value();
  fact.state = event.state;
  fact.asked = event.asked;
  fact.charged = event.charged;
  fact.overage = event.overage;
  fact.late = event.origin == ledger::Origin::kLate;
}

void AccountBook::Add(const records::DayOpened& event, Instant at, Findings& findings) {
  const Instant start{Duration(event.day().start())};
  const Instant end{Duration(event.day().end())};
  if (start < last_end_) {
    findings.Add(1, "{}: the day that starts at {} was opened twice, or overlaps another", org_,
                 event.day().start());
  }
  if (at < start || at >= end) {
    findings.Add(1, "{}: a day was opened that does not contain its instant", org_);
  }
  last_end_ = end;
}

void AccountBook::Add(const records::DayClosed& event, Instant at, Findings& findings) {
  const auto found = days_.find(Instant{Duration(event.start())});
  if (found != days_.end()) {
    if (found->second.held != 0) findings.Add(4, "{}: a day was closed with open holds", org_);
    days_.erase(found);
  }
}

void AccountBook::AddAdmin(const records::AdminRequest& request, Findings& findings) {
  if (!admin_answers_.emplace(request.request_id(), request.answer()).second) {
    findings.Add(3, "{}: the request {} was carried out twice", org_, request.request_id());
  }
}

void AccountBook::CheckGrant(const ledger::Account& account, Instant day_start, const Fact& fact,
                             Findings& findings) const {
  const ledger::Day* day = account.FindDay(day_start);
  if (day == nullptr) return findings.Add(1, "{}: granted on a day that is not open", org_);
  Credits packs;
  for (const ledger::PackDraw& draw : day->draws) packs += draw.credits;
  // Nothing that costs nothing can leave the day above what it was already.
  if (fact.held > kZeroCredits && day->used + day->held > day->daily + packs) {
    findings.Add(1, "{}: granted {}, which leaves used {} and held {} above {} and {} of packs",
                 org_, fact.held.value(), day->used.value(), day->held.value(), day->daily.value(),
                 packs.value());
  }
  const auto check_pool = [&](const ledger::Pool& pool) {
    if (pool.in_flight > pool.limit) {
      findings.Add(1, "{}: granted, which leaves {} of {} in flight in pool {}", org_,
                   pool.in_flight, pool.limit, pool.name.text());
    }
  };
  if (fact.slots > 0) check_pool(account.pools[0]);
  if (fact.second_pool > 0) check_pool(account.pools[fact.second_pool]);
}

void AccountBook::Compare(const ledger::Account& account, Findings& findings) {
  ++index_;
  for (const uint64_t stood : now_) stood_[stood] = index_;
  now_.clear();
  for (const ledger::Day& day : account.days) {
    const DaySums& sums = days_[day.start];
    if (day.used.value() != sums.used || day.held.value() != sums.held) {
      findings.Add(1, "{}: used {} and held {}, but the journal comes to {} and {}", org_,
                   day.used.value(), day.held.value(), sums.used, sums.held);
    }
    ledger::Snapshot snapshot;
    ledger::FillSnapshot(account, day, 0, snapshot);
    now_.push_back(HashOf(snapshot));
    stood_[now_.back()] = index_;
  }
  ComparePools(account, findings);
  ComparePacks(account, findings);
  if (account.days.size() > ledger::kMaxOpenDays || account.hold_count > ledger::kMaxHolds) {
    findings.Add(6, "{}: {} open days, {} open holds", org_, account.days.size(),
                 account.hold_count);
  }
  if (stood_.size() > 2 * kRemembered) {
    std::erase_if(stood_,
                  [this](const auto& entry) { return entry.second + kRemembered < index_; });
  }
}

void AccountBook::ComparePools(const ledger::Account& account, Findings& findings) const {
  for (size_t pool = 0; pool < account.pools.size(); ++pool) {
    const int64_t booked = pool < in_flight_.size() ? in_flight_[pool] : 0;
    if (account.pools[pool].in_flight != booked) {
      findings.Add(4, "{}: {} in flight in pool {}, but the journal comes to {}", org_,
                   account.pools[pool].in_flight, account.pools[pool].name.text(), booked);
    }
  }
}

void AccountBook::ComparePacks(const ledger::Account& account, Findings& findings) const {
  for (const ledger::Purchase& pack : account.purchases) {
    Credits drawn = pack.settled;
    for (const ledger::Day& day : account.days) {
      for (const ledger::PackDraw& draw : day.draws) {
        if (draw.purchase == pack.number) drawn += draw.credits;
      }
    }
    if (pack.is_pack && (drawn > pack.credits || drawn < kZeroCredits)) {
      findings.Add(1, "{}: {} drawn from a pack of {}", org_, drawn.value(), pack.credits.value());
    }
  }
}

}  // namespace quota::simulation
