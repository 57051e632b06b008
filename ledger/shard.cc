#include "ledger/shard.h"

#include <fmt/format.h>

#include <algorithm>

#include "absl/container/inlined_vector.h"
#include "common/check.h"
#include "common/stable_hash.h"
#include "ledger/account_record.h"
#include "ledger/prefetch.h"

namespace quota::ledger {
namespace {

// So many timers are not worth a look at all accounts.
constexpr size_t kSpareTimers = 64;
// So many records or events ahead recovery looks: they are of accounts all over the memory.
constexpr size_t kRecoveryDistance = 16;

// Whether each hold is of its day and ends in time, and they add up to what the days and pools say
// is held.
bool HoldsFit(const Account& account) {
  absl::InlinedVector<Credits, kMaxOpenDays> held(account.days.size());
  absl::InlinedVector<int64_t, 2> in_flight(account.pools.size());
  for (const Hold* hold = account.first_hold; hold != nullptr; hold = hold->next_in_account) {
    const Day* day = account.FindDay(hold->day_start);
    if (day == nullptr || hold->created_at < day->start || hold->created_at >= day->end ||
        hold->deadline - hold->created_at > kMaxHoldLife) {
      return false;
    }
    held[static_cast<size_t>(day - account.days.data())] += hold->held;
    in_flight[0] += hold->slots;
    if (hold->second_pool != 0) ++in_flight[hold->second_pool];
  }
  for (size_t i = 0; i < held.size(); ++i) {
    if (held[i] != account.days[i].held) return false;
  }
  for (size_t i = 0; i < in_flight.size(); ++i) {
    if (in_flight[i] != account.pools[i].in_flight) return false;
  }
  return true;
}

// Whether it was true at `now` or before.
bool IsPast(const Account& account, Instant now) {
  return account.last_day_end <= now && (account.days.empty() || account.days.back().start <= now);
}

}  // namespace

uint64_t HashOf(std::string_view org) { return StableHash().Add(org).Value(); }

uint32_t ShardOf(std::string_view org, uint32_t shards) {
  return static_cast<uint32_t>(HashOf(org) % shards);
}

const Account* Shard::FindAccount(std::string_view org, uint64_t hash) const {
  const HashIndex::Location found = by_org_.Find(
      hash, [&](HashIndex::Location number) { return accounts_.Find(number)->org == org; });
  return accounts_.Find(found);
}

Account& Shard::AddAccount(AccountNumber number, std::string org) {
  // Stored accounts may come before older ones that only the journal has.
  Account& added = accounts_.Add(number);
  by_org_.Insert(HashOf(org), number);
  added.org = std::move(org);
  return added;
}

// ---- Looking ahead ----

void Shard::Prefetch(int stage, uint64_t org_hash, const ReservationId* id) const {
  if (stage == 0) return by_org_.Prefetch(org_hash);
  const AccountNumber number = by_org_.Find(org_hash, [](HashIndex::Location) { return true; });
  if (number == 0) return;
  if (stage == 1) {
    PrefetchAccount(number, id);
  } else if (id != nullptr) {
    ids_.PrefetchHold(number, *id);
  }
}

void Shard::PrefetchAccount(AccountNumber number, const ReservationId* id) const {
  const Account* account = accounts_.Find(number);
  if (account != nullptr) PrefetchBytes(account, Account::kHotBytes);
  if (id != nullptr) ids_.Prefetch(number, *id);
}

void Shard::PrefetchReplay(const Events& events, size_t index) const {
  const auto with = [&events](size_t at, auto look) {
    if (at >= events.size()) return;
    if (const auto* reserved = std::get_if<Reserved>(&events[at])) {
      look(reserved->account, reserved->id);
    } else if (const auto* settled = std::get_if<Settled>(&events[at])) {
      look(settled->account, settled->id);
    }
  };
  with(index + kRecoveryDistance,
       [this](AccountNumber account, const ReservationId& id) { PrefetchAccount(account, &id); });
  with(index + kRecoveryDistance / 2,
       [this](AccountNumber account, const ReservationId& id) { ids_.PrefetchHold(account, id); });
}

const Hold* Shard::FirstHoldOfSession(std::string_view session) const {
  const auto found = session_by_name_.find(session);
  return found == session_by_name_.end() ? nullptr : sessions_[found->second].first;
}

std::vector<std::string> Shard::Sessions() const {
  std::vector<std::string> names;
  for (const auto& [name, index] : session_by_name_) names.push_back(name);
  return names;
}

std::string Shard::Dump() const {
  std::string dump;
  const auto session_name = [this](uint32_t index) { return sessions_[index].name; };
  for (AccountNumber number = 1; number <= account_count(); ++number) {
    const Account* account = accounts_.Find(number);
    records::Account record;
    record.ParseFromString(EncodeAccount(*account, session_name));
    dump += record.DebugString();
    for (const Day& day : account->days) {
      dump += fmt::format("day {}: {} holds{}\n", day.date, day.holds,
                          RemembersIdsOf(day) ? ", ids remembered" : "");
    }
  }
  for (const IdPage& page : ids_.pages()) {
    dump +=
        fmt::format("page {} to {}, {} to {}{}\n", page.first_sequence, page.last_sequence,
                    ToMicros(page.oldest), ToMicros(page.newest), page.sealed ? ", sealed" : "");
    for (size_t i = 0; i < page.count(); ++i) {
      const IdRecord record = page.Record(i);
      dump += fmt::format(
          "  {}/{} of {} fingerprint {} state {} origin {} held {} asked {} charged {} overage "
          "{}{}\n",
          record.account, record.id.Text(), ToMicros(record.day_start), record.fingerprint,
          static_cast<int>(record.state), static_cast<int>(record.origin), record.held.value(),
          record.asked.value(), record.charged.value(), record.overage.value(),
          ids_.Superseded(page, i) ? " superseded" : "");
    }
  }
  return dump;
}

// ---- Recovery ----

absl::Status Shard::LoadAccount(std::string_view bytes, uint64_t sequence) {
  QUOTA_CHECK(recovering_);
  auto decoded = DecodeAccount(bytes);
  if (!decoded.ok()) return decoded.status();
  if (account(decoded->account.number) != nullptr || FindAccount(decoded->account.org) != nullptr) {
    return absl::DataLossError(fmt::format("account {} ({}) is stored twice",
                                           decoded->account.number, decoded->account.org));
  }
  Account& added = AddAccount(decoded->account.number, decoded->account.org);
  added = std::move(decoded->account);
  added.saved_sequence = sequence;
  for (const Hold& stored : decoded->holds) {
    Hold* hold = ids_.AddHold(added.number, stored.id);
    if (hold == nullptr) {
      return absl::DataLossError(fmt::format("a hold of {} is stored twice", added.org));
    }
    const uint32_t place = hold->place;
    *hold = stored;
    hold->place = place;
    hold->session = 0;
    LinkHold(hold, added, stored.session == 0 ? "" : decoded->sessions[stored.session - 1]);
  }
  return absl::OkStatus();
}

absl::Status Shard::LoadPage(std::string_view bytes) {
  QUOTA_CHECK(recovering_);
  if (absl::Status status = ids_.LoadPage(bytes); !status.ok()) return status;
  pages_saved_through_ = ids_.pages().back().last_sequence;
  return absl::OkStatus();
}

absl::Status Shard::Replay(const Entry& entry, uint64_t sequence) {
  QUOTA_CHECK(recovering_);
  for (size_t i = 0; i < entry.events.size(); ++i) {
    PrefetchReplay(entry.events, i);
    absl::Status status = Apply(entry.events[i], entry.at, sequence);
    if (!status.ok()) return status;
  }
  last_at_ = std::max(last_at_, entry.at);
  return absl::OkStatus();
}

// Days are told of the ids of theirs that are remembered.
absl::Status Shard::RecoverDays(const IdPage& page) {
  for (size_t i = 0; i < page.count(); ++i) {
    const size_t ahead = i + kRecoveryDistance;
    if (ahead < page.count()) PrefetchAccount(page.KeyOf(ahead).account, nullptr);
    const IdRecord record = page.Record(i);
    Account* account = MutableAccount(record.account);
    if (account == nullptr) {
      return absl::DataLossError(
          fmt::format("an id is remembered of account {}, which is missing", record.account));
    }
    if (Day* day = account->FindDay(record.day_start)) day->last_settled = page.last_sequence;
  }
  return absl::OkStatus();
}

absl::Status Shard::FinishRecovery() {
  QUOTA_CHECK(recovering_);
  if (const AccountNumber missing = accounts_.FirstMissing(); missing != 0) {
    return absl::DataLossError(fmt::format("account {} is missing", missing));
  }
  if (absl::Status status = ids_.FinishRecovery(); !status.ok()) return status;
  for (const IdPage& page : ids_.pages()) {
    if (absl::Status status = RecoverDays(page); !status.ok()) return status;
  }
  for (AccountNumber number = 1; number <= account_count(); ++number) {
    const Account& account = *accounts_.Find(number);
    if (!HoldsFit(account)) {
      return absl::DataLossError(
          fmt::format("account {} ({}): its holds are not what is held", number, account.org));
    }
    if (last_at_ != Instant() && !IsPast(account, last_at_)) {
      return absl::DataLossError(fmt::format(
          "account {} ({}): it is of a later time than the journal", number, account.org));
    }
  }
  recovering_ = false;
  for (AccountNumber number = 1; number <= account_count(); ++number) {
    // What time it is will be known with the first group.
    Reschedule(number, Instant::min());
  }
  return absl::OkStatus();
}

// ---- Timers ----

void Shard::Schedule(Account& account, Instant at) {
  if (recovering_ || at >= account.scheduled) return;
  account.scheduled = at;
  timers_.push({at, account.number});
  // An account has one timer that counts; earlier and later ones are left behind. Calls that come
  // and go before a far deadline would leave one each.
  if (timers_.size() > 2 * accounts_.size() + kSpareTimers) RebuildTimers();
}

void Shard::RebuildTimers() {
  timers_ = {};
  for (AccountNumber number = 1; number <= account_count(); ++number) {
    const Instant at = account(number)->scheduled;
    if (at != kNever) timers_.push({at, number});
  }
}

AccountNumber Shard::TakeDue(Instant now) {
  while (!timers_.empty() && timers_.top().at <= now) {
    const Timer timer = timers_.top();
    timers_.pop();
    Account* account = MutableAccount(timer.account);
    if (account->scheduled != timer.at) continue;
    account->scheduled = kNever;
    return timer.account;
  }
  return 0;
}

Instant Shard::NextTimer() const { return timers_.empty() ? kNever : timers_.top().at; }

void Shard::RefreshDeadline(AccountNumber number, Instant now) {
  Account& account = *MutableAccount(number);
  if (account.next_deadline > now) return;
  account.next_deadline = kNever;
  for (const Hold* hold = account.first_hold; hold != nullptr; hold = hold->next_in_account) {
    account.next_deadline = std::min(account.next_deadline, hold->deadline);
  }
  Schedule(account, account.next_deadline);
}

void Shard::Reschedule(AccountNumber number, Instant now) {
  Account& account = *MutableAccount(number);
  // The bound may be old: holds that had it have ended since.
  if (account.hold_count == 0) account.next_deadline = kNever;
  Schedule(account, account.next_deadline);
  for (Day& day : account.days) {
    if (day.end > now) {
      Schedule(account, day.end);
    } else {
      ScheduleEnded(account, day);
    }
  }
}

void Shard::ScheduleEnded(Account& account, Day& day) {
  if (RemembersIdsOf(day)) {
    if (day.awaits_forgetting) return;
    day.awaits_forgetting = true;
    awaiting_.push({day.last_settled, account.number, day.start});
  } else if (day.holds == 0) {
    Schedule(account, day.end);
  }
  // Where there are holds alone: the end of each is remembered, and leads here.
}

void Shard::ScheduleForgotten() {
  while (!awaiting_.empty() && !ids_.Remembers(awaiting_.top().sequence)) {
    Account& account = *MutableAccount(awaiting_.top().account);
    Day* day = account.FindDay(awaiting_.top().day_start);
    awaiting_.pop();
    if (day == nullptr) continue;
    day->awaits_forgetting = false;
    ScheduleEnded(account, *day);
  }
}

// ---- Snapshots ----

uint64_t Shard::OldestNeeded(uint64_t next_sequence) const {
  uint64_t oldest = next_sequence;
  while (!dirty_.empty() && account(dirty_.front().second)->dirty_since != dirty_.front().first) {
    dirty_.pop_front();
  }
  if (!dirty_.empty()) oldest = std::min(oldest, dirty_.front().first);
  for (const Unconfirmed& saved : unconfirmed_) oldest = std::min(oldest, saved.dirty_since);
  if (const IdPage* page = ids_.FirstUnsaved()) oldest = std::min(oldest, page->first_sequence);
  return oldest;
}

AccountNumber Shard::NextDirty(uint64_t before) const {
  while (!dirty_.empty() && account(dirty_.front().second)->dirty_since != dirty_.front().first) {
    dirty_.pop_front();
  }
  if (dirty_.empty() || dirty_.front().first > before) return 0;
  return dirty_.front().second;
}

std::string Shard::SaveAccount(AccountNumber number, uint64_t sequence) {
  Account& account = *MutableAccount(number);
  unconfirmed_.push_back({sequence, account.dirty_since});
  account.dirty_since = 0;
  account.saved_sequence = sequence;
  return EncodeAccount(account, [this](uint32_t index) { return sessions_[index].name; });
}

void Shard::ConfirmSaved(uint64_t sequence) {
  while (!unconfirmed_.empty() && unconfirmed_.front().saved_at <= sequence) {
    unconfirmed_.pop_front();
  }
}

// ---- Holds ----

void Shard::LinkHold(Hold* hold, Account& account, std::string_view session) {
  hold->previous_in_account = nullptr;
  hold->next_in_account = account.first_hold;
  if (account.first_hold != nullptr) account.first_hold->previous_in_account = hold;
  account.first_hold = hold;
  ++account.hold_count;
  account.next_deadline = std::min(account.next_deadline, hold->deadline);
  if (Day* day = account.FindDay(hold->day_start)) ++day->holds;
  if (session.empty()) return;
  auto known = session_by_name_.find(session);
  if (known == session_by_name_.end()) {
    uint32_t index = static_cast<uint32_t>(sessions_.size());
    if (free_sessions_.empty()) {
      sessions_.emplace_back();
    } else {
      index = free_sessions_.back();
      free_sessions_.pop_back();
    }
    sessions_[index] = {std::string(session), nullptr};
    known = session_by_name_.emplace(session, index).first;
  }
  hold->session = known->second;
  Session& entry = sessions_[known->second];
  hold->previous_in_session = nullptr;
  hold->next_in_session = entry.first;
  if (entry.first != nullptr) entry.first->previous_in_session = hold;
  entry.first = hold;
}

void Shard::UnlinkHold(Hold* hold, Account& account) {
  Hold* const next = hold->next_in_account;
  Hold* const previous = hold->previous_in_account;
  (previous != nullptr ? previous->next_in_account : account.first_hold) = next;
  if (next != nullptr) next->previous_in_account = previous;
  hold->next_in_account = hold->previous_in_account = nullptr;
  --account.hold_count;
  if (Day* day = account.FindDay(hold->day_start)) --day->holds;
  if (hold->session == 0) return;
  Session& session = sessions_[hold->session];
  Hold* const next_bound = hold->next_in_session;
  Hold* const previous_bound = hold->previous_in_session;
  (previous_bound != nullptr ? previous_bound->next_in_session : session.first) = next_bound;
  if (next_bound != nullptr) next_bound->previous_in_session = previous_bound;
  hold->next_in_session = hold->previous_in_session = nullptr;
  if (session.first == nullptr) {
    session_by_name_.erase(session.name);
    session.name.clear();
    free_sessions_.push_back(hold->session);
  }
  hold->session = 0;
}

}  // namespace quota::ledger
