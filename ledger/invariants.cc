#include "ledger/invariants.h"

#include <fmt/format.h>

#include <map>
#include <set>
#include <utility>

#include "absl/time/civil_time.h"
#include "ledger/balance.h"
#include "ledger/calendar.h"
#include "ledger/remembered_ids.h"

namespace quota::ledger {
namespace {

std::string DateText(int32_t date) { return absl::FormatCivilTime(DateOf(date)); }

// Collects the lines.
class Findings {
 public:
  // Everything that follows is about this part of the account; empty: about all of it.
  void About(std::string part) { part_ = std::move(part); }

  template <typename... Args>
  void Require(bool holds, fmt::format_string<Args...> what, Args&&... args) {
    if (holds) return;
    lines_.push_back(part_ + (part_.empty() ? "" : ": ") +
                     fmt::format(what, std::forward<Args>(args)...));
  }

  std::vector<std::string> Take() { return std::move(lines_); }

 private:
  std::string part_;
  std::vector<std::string> lines_;
};

Credits DrawnFrom(const Account& account, uint32_t purchase) {
  Credits drawn;
  for (const Day& day : account.days) {
    for (const PackDraw& draw : day.draws) {
      if (draw.purchase == purchase) drawn += draw.credits;
    }
  }
  return drawn;
}

void CheckSources(const Day& day, Findings& findings) {
  const BySource used = UsedBySource(day);
  const Credits sum = used.base + used.variable + used.grandfathered + used.additional + used.packs;
  findings.Require(sum == day.used, "{} credits are used, but by source they come to {}",
                   day.used.value(), sum.value());
  findings.Require(used.variable <= day.allotment.variable &&
                       used.grandfathered <= day.allotment.grandfathered &&
                       used.additional <= day.allotment.additional && used.packs <= day.PackPart(),
                   "more of a source is used than it has");
}

void CheckDay(const Account& account, const Day& day, Findings& findings) {
  Credits drawn;
  for (const PackDraw& draw : day.draws) {
    findings.Require(draw.credits > kZeroCredits, "it draws {} credits from purchase {}",
                     draw.credits.value(), draw.purchase);
    findings.Require(account.FindPurchase(draw.purchase) != nullptr,
                     "it draws on purchase {}, which there is not", draw.purchase);
    drawn += draw.credits;
  }
  findings.Require(
      day.used >= kZeroCredits && day.held >= kZeroCredits && day.overage >= kZeroCredits,
      "used {}, held {} and overage {} must not be below 0", day.used.value(), day.held.value(),
      day.overage.value());
  // Never above the allotment: what the day's own credits do not cover, packs do; and its own are
  // the plan's, or what was used and held when the plan was lowered.
  findings.Require(
      drawn == day.PackPart(),
      "used {} and held {} are {} above the {} of the day, but {} are drawn from packs",
      day.used.value(), day.held.value(), day.PackPart().value(), day.daily.value(), drawn.value());
  findings.Require(day.daily >= day.allotment.Sum(),
                   "it may spend {} credits, but its allotment comes to {}", day.daily.value(),
                   day.allotment.Sum().value());
  findings.Require(day.end - day.start >= kMaxHoldLife / 2,
                   "it is shorter than 12 hours: two days must span a hold's life");
  CheckSources(day, findings);
}

void CheckDays(const Account& account, Findings& findings) {
  findings.Require(account.days.size() <= kMaxOpenDays, "{} days are open, at most {} may be",
                   account.days.size(), kMaxOpenDays);
  for (size_t i = 1; i < account.days.size(); ++i) {
    findings.Require(account.days[i].start >= account.days[i - 1].end,
                     "the day {} begins before the one before it ends",
                     DateText(account.days[i].date));
  }
  for (const Day& day : account.days) {
    findings.About("day " + DateText(day.date));
    CheckDay(account, day, findings);
  }
  findings.About("");
}

void CheckPurchases(const Account& account, Findings& findings) {
  std::set<uint32_t> numbers;
  std::set<std::string> ids;
  for (const Purchase& purchase : account.purchases) {
    findings.About("purchase " + purchase.purchase_id);
    findings.Require(
        numbers.insert(purchase.number).second && purchase.number < account.next_purchase,
        "its number {} is another's, or yet to come", purchase.number);
    findings.Require(ids.insert(purchase.purchase_id).second, "its id is another's");
    if (!purchase.is_pack) continue;
    const Credits drawn = DrawnFrom(account, purchase.number);
    findings.Require(
        purchase.settled >= kZeroCredits && purchase.settled + drawn <= purchase.credits,
        "of {} credits, {} were charged by closed days and {} are drawn by open ones",
        purchase.credits.value(), purchase.settled.value(), drawn.value());
  }
  findings.About("");
}

// What the open holds of an account come to.
struct HoldSums {
  uint32_t count = 0;
  std::map<Instant, Credits> held;
  std::map<Instant, uint32_t> holds;
  std::vector<int64_t> in_flight;
};

HoldSums AddHolds(const Account& account, Findings& findings) {
  HoldSums sums;
  sums.in_flight.resize(account.pools.size());
  for (const Hold* hold = account.first_hold; hold != nullptr; hold = hold->next_in_account) {
    ++sums.count;
    sums.held[hold->day_start] += hold->held;
    ++sums.holds[hold->day_start];
    sums.in_flight[0] += hold->slots;
    if (hold->second_pool != 0) ++sums.in_flight[hold->second_pool];
    findings.Require(hold->held >= kZeroCredits, "hold {} is of {} credits", hold->id.Text(),
                     hold->held.value());
    findings.Require(hold->deadline - hold->created_at <= kMaxHoldLife,
                     "hold {} would live for more than 24 hours", hold->id.Text());
    const Day* day = account.FindDay(hold->day_start);
    findings.Require(
        day != nullptr && hold->created_at >= day->start && hold->created_at < day->end,
        "hold {} was not made on the day that it is of, or that is not open", hold->id.Text());
  }
  return sums;
}

void CheckHolds(const Account& account, Findings& findings) {
  HoldSums sums = AddHolds(account, findings);
  findings.Require(account.hold_count == sums.count && sums.count <= kMaxHolds,
                   "{} holds are open and {} are counted; at most {} may be", sums.count,
                   account.hold_count, kMaxHolds);
  for (const Day& day : account.days) {
    findings.About("day " + DateText(day.date));
    findings.Require(day.held == sums.held[day.start],
                     "{} credits are held, but its open holds come to {}", day.held.value(),
                     sums.held[day.start].value());
    findings.Require(day.holds == sums.holds[day.start], "{} holds are counted, and {} are open",
                     day.holds, sums.holds[day.start]);
  }
  for (size_t i = 0; i < account.pools.size(); ++i) {
    findings.About("pool " + account.pools[i].name.text());
    findings.Require(account.pools[i].in_flight == sums.in_flight[i],
                     "{} slots are taken, but the open holds come to {}",
                     account.pools[i].in_flight, sums.in_flight[i]);
  }
  findings.About("");
}

}  // namespace

std::vector<std::string> BrokenInvariants(const Account& account) {
  Findings findings;
  CheckDays(account, findings);
  CheckPurchases(account, findings);
  CheckHolds(account, findings);
  return findings.Take();
}

std::vector<std::string> BrokenInvariants(DecodedAccount stored) {
  Account& account = stored.account;
  for (Hold& hold : stored.holds) {
    hold.next_in_account = account.first_hold;
    account.first_hold = &hold;
    ++account.hold_count;
    if (Day* day = account.FindDay(hold.day_start)) ++day->holds;
  }
  return BrokenInvariants(account);
}

std::vector<std::string> BrokenMemories(const Shard& shard) {
  struct Sums {
    Credits charged;
    Credits overage;
    const IdPage* last = nullptr;
  };
  std::map<std::pair<AccountNumber, Instant>, Sums> remembered;
  for (const IdPage& page : shard.ids().pages()) {
    for (size_t i = 0; i < page.count(); ++i) {
      const IdRecord record = page.Record(i);
      Sums& sums = remembered[{record.account, record.day_start}];
      sums.charged += record.charged;
      sums.overage += record.overage;
      sums.last = &page;
    }
  }
  Findings findings;
  for (const auto& [key, sums] : remembered) {
    const Account* account = shard.account(key.first);
    // A day that had to make room has closed before its ids were forgotten.
    const Day* day = account == nullptr ? nullptr : account->FindDay(key.second);
    if (day == nullptr) continue;
    findings.About(fmt::format("{}, day {}", account->org, DateText(day->date)));
    findings.Require(sums.charged <= day->used && sums.overage <= day->overage,
                     "used {} and overage {} are less than the {} and {} of the ids that are "
                     "remembered of it",
                     day->used.value(), day->overage.value(), sums.charged.value(),
                     sums.overage.value());
    findings.Require(sums.last->first_sequence <= day->last_settled &&
                         day->last_settled <= sums.last->last_sequence,
                     "its last id was settled in groups {} to {}, not {}",
                     sums.last->first_sequence, sums.last->last_sequence, day->last_settled);
  }
  return findings.Take();
}

}  // namespace quota::ledger
