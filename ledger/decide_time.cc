// What time alone brings: expiry, the end and the beginning of days, the forgetting of ids.

#include <algorithm>

#include "common/check.h"
#include "ledger/account_record.h"
#include "ledger/alerts.h"
#include "ledger/allotment.h"
#include "ledger/balance.h"
#include "ledger/calendar.h"
#include "ledger/decide.h"
#include "ledger/settle.h"

namespace quota::ledger {
namespace {

// Ended purchases that have been in the history for long enough.
void DropOldPurchases(const Account& account, const Day& day, records::DayClosed& closed) {
  for (const Purchase& purchase : account.purchases) {
    const std::optional<int32_t> ended = purchase.Ended();
    if (ended && *ended + kPurchaseHistoryDays < day.date) {
      closed.add_purchases_dropped(purchase.number);
    }
  }
}

records::DayClosed CloseDay(const Account& account, const Day& day) {
  records::DayClosed closed;
  closed.set_account(account.number);
  closed.set_start(ToMicros(day.start));
  for (const PackDraw& draw : day.draws) {
    auto* settled = closed.add_settled();
    settled->set_pack(draw.purchase);
    settled->set_credits(draw.credits.value());
  }
  DropOldPurchases(account, day, closed);
  return closed;
}

// The holds whose deadline has passed, in the order of their deadlines.
std::vector<const Hold*> ExpiredHolds(const Account& account, Instant now) {
  std::vector<const Hold*> expired;
  if (account.next_deadline > now) return expired;
  for (const Hold* hold = account.first_hold; hold != nullptr; hold = hold->next_in_account) {
    if (hold->deadline <= now) expired.push_back(hold);
  }
  std::sort(expired.begin(), expired.end(), [](const Hold* a, const Hold* b) {
    return a->deadline != b->deadline ? a->deadline < b->deadline : a->id.packed() < b->id.packed();
  });
  return expired;
}

Events DecideExpiry(const Account& account, Instant now, size_t max_events) {
  Events events;
  const std::vector<const Hold*> expired = ExpiredHolds(account, now);
  if (expired.empty()) return events;
  // What one gives back to a pack, the next must see: they are settled on a copy one by one.
  Account after = account;
  for (const Hold* hold : expired) {
    if (events.size() == max_events) break;
    auto& event = std::get<Settled>(events.emplace_back(std::in_place_type<Settled>));
    SettleExpired(after, *hold, event);
    Day& day = *after.FindDay(hold->day_start);
    day.held -= hold->held;
    day.used += event.charged;
    ApplyPackChanges(event.packs, day.draws);
  }
  return events;
}

// When a page's ids began to count as remembered: time while the server was down does not count.
Instant CountsFrom(const IdPage& page, const Context& context) {
  return std::max(page.newest, context.serving_since);
}

}  // namespace

Events DecideDue(const Shard& shard, const Account& account, Instant now, size_t max_events) {
  Events events = DecideExpiry(account, now, max_events);
  // Days close once the holds that keep them open have ended.
  if (!events.empty()) return events;
  for (const Day& day : account.days) {
    if (day.end > now || day.holds != 0 || shard.RemembersIdsOf(day)) continue;
    if (events.size() < max_events) events.push_back(CloseDay(account, day));
  }
  return events;
}

Events DecideDay(const Account& account, const Context& context) {
  Events events;
  if (account.CurrentDay(context.now) != nullptr) return events;
  if (account.days.size() >= kMaxOpenDays) {
    // Only remembered ids can have kept it: no hold lives that long.
    QUOTA_CHECK(account.days.front().holds == 0);
    events.push_back(CloseDay(account, account.days.front()));
  }
  const Name zone_name = ZoneOf(account.plan, context.catalog);
  const auto zone = context.catalog.Zone(zone_name.text());
  QUOTA_CHECK(zone.has_value());
  // Of the day before: the last one open, unless a later one has closed already.
  std::optional<Instant> previous_end;
  Name previous_zone;
  if (account.last_day_end != Instant()) {
    previous_end = account.last_day_end;
    previous_zone = account.last_day_zone;
  }
  if (!account.days.empty() && account.days.back().end > previous_end.value_or(Instant::min())) {
    previous_end = account.days.back().end;
    previous_zone = account.days.back().zone;
  }
  const bool zone_changed = previous_end.has_value() && !(previous_zone == zone_name);
  const DayBounds bounds = DayAt(*zone, context.now, previous_end, zone_changed);
  const int32_t date = DaysSinceEpoch(bounds.date);
  const Allotment allotment = Allot(account, context.catalog, date);

  Day day;
  day.start = bounds.start;
  day.end = bounds.end;
  day.zone = zone_name;
  day.model = allotment.model;
  day.date = date;
  day.allotment = allotment.credits;
  day.daily = allotment.credits.Sum();
  day.catalog_revision = context.catalog.number();
  day.alert_at = AlertAt(day.daily, 0, context.catalog.alert_thresholds());
  records::DayOpened opened;
  opened.set_account(account.number);
  *opened.mutable_day() = ToRecord(day);
  for (records::Pool& limit : LimitsOf(account.plan, context.catalog)) {
    *opened.add_pools() = std::move(limit);
  }
  events.push_back(std::move(opened));
  return events;
}

namespace {

// Ids must go before their time.
bool Crowded(const Shard& shard, const Context& context) {
  return shard.ids().settled_bytes() > context.ids.OwnBytes(shard) &&
         context.common_bytes_left.value_or(0) <= 0;
}

// What a crowded shard forgets before its time, in bytes: what it, or all together, have too much.
size_t Surplus(const Shard& shard, const Context& context) {
  const size_t own = shard.ids().settled_bytes() - context.ids.OwnBytes(shard);
  if (!context.common_bytes_left) return own;
  // At least a page, so that new ids find room.
  const size_t common = static_cast<size_t>(-*context.common_bytes_left) + context.ids.page_bytes;
  return std::min(own, common);
}

}  // namespace

Events DecideIds(const Shard& shard, const Context& context) {
  Events events;
  const auto& pages = shard.ids().pages();
  if (pages.empty()) return events;
  const IdPage& last = pages.back();
  const bool seal = !last.sealed && (last.bytes() >= context.ids.page_bytes ||
                                     last.oldest + context.ids.page_age <= context.now);
  if (seal) events.push_back(IdsSealed{});
  uint64_t through = 0;
  size_t surplus = Crowded(shard, context) ? Surplus(shard, context) : 0;
  for (const IdPage& page : pages) {
    if (!page.sealed) break;
    const Duration age = context.now - CountsFrom(page, context);
    const bool early = surplus > 0 && age >= context.ids.shortest_window;
    if (age < context.ids.window && !early) break;
    through = page.last_sequence;
    surplus -= std::min(surplus, page.bytes());
  }
  if (through != 0) events.push_back(IdsForgotten{through});
  return events;
}

bool IdsFull(const Shard& shard, const Context& context) {
  if (!Crowded(shard, context)) return false;
  const IdPage& oldest = shard.ids().pages().front();
  return context.now - CountsFrom(oldest, context) < context.ids.shortest_window;
}

Duration IdWindow(const Shard& shard, const Context& context) {
  if (!Crowded(shard, context)) return context.ids.window;
  const Duration age = context.now - shard.ids().pages().front().newest;
  return std::clamp(age, context.ids.shortest_window, context.ids.window);
}

Instant NextIdTimer(const Shard& shard, const Context& context) {
  const auto& pages = shard.ids().pages();
  if (pages.empty()) return kNever;
  Instant next = kNever;
  if (!pages.back().sealed) next = pages.back().oldest + context.ids.page_age;
  if (pages.front().sealed) {
    next = std::min(next, CountsFrom(pages.front(), context) + context.ids.window);
  }
  return next;
}

}  // namespace quota::ledger
