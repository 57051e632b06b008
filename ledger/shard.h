// A shard: the accounts whose organisations hash to it, and its remembered ids. The unit of
// ownership and of the journal.
//
// Events change it through Apply, which cannot fail on events that were decided against this state.
// After a restart: LoadAccount and LoadPage for what is stored, Replay for each journal entry from
// the low-water mark on (parts that a stored record already contains are skipped), FinishRecovery.
//
// Not thread-safe: belongs to one executor.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/clock.h"
#include "ledger/account.h"
#include "ledger/account_table.h"
#include "ledger/event_codec.h"
#include "ledger/events.h"
#include "ledger/hash_index.h"
#include "ledger/remembered_ids.h"

namespace quota::ledger {

// The stable hash by which an organisation's shard is chosen, and that shard of so many.
uint64_t HashOf(std::string_view org);
uint32_t ShardOf(std::string_view org, uint32_t shards);

// What a shard has done since it was opened, for metrics.
struct ShardCounters {
  uint64_t expired_holds = 0;
  uint64_t lost_holds = 0;
  uint64_t late_commits = 0;
};

class Shard {
 public:
  // One of `count` shards, numbered from 0.
  explicit Shard(uint32_t number, uint32_t count = 1) : number_(number), count_(count) {}
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  uint32_t number() const { return number_; }
  // How many shards there are with this one.
  uint32_t count() const { return count_; }

  // ---- State ----

  // How an organisation is found: StableHash of its id.
  const Account* FindAccount(std::string_view org) const { return FindAccount(org, HashOf(org)); }
  const Account* FindAccount(std::string_view org, uint64_t hash) const;
  // Null where there is none of this number.
  const Account* account(AccountNumber number) const { return accounts_.Find(number); }
  // After recovery.
  AccountNumber account_count() const { return static_cast<AccountNumber>(accounts_.size()); }
  const RememberedIds& ids() const { return ids_; }
  // Whether ids are remembered that were settled on the day, which is of one of the accounts.
  bool RemembersIdsOf(const Day& day) const { return ids_.Remembers(day.last_settled); }
  // The first bound hold of the session, linked through next_in_session; null where there is none.
  const Hold* FirstHoldOfSession(std::string_view session) const;
  // Names of all sessions that have open holds.
  std::vector<std::string> Sessions() const;
  // The instant of the latest entry applied; the epoch where there is none.
  Instant last_at() const { return last_at_; }
  const ShardCounters& counters() const { return counters_; }

  // Brings what a command about an organisation and an id (null: none) looks at into the cache.
  // Stages follow one another, as each reads what the one before asked for: the index, the account,
  // its day and the id's place. They change nothing, and may be left out.
  static constexpr int kPrefetchStages = 3;
  void Prefetch(int stage, uint64_t org_hash, const ReservationId* id) const;

  // Everything that is stored, as text that is equal exactly when two shards are.
  std::string Dump() const;

  // ---- Change ----

  // Applies an event of the group `sequence`, whose instant is `at`. DATA_LOSS, with the shard
  // unusable, where the event does not fit the state: never for an event decided against it.
  absl::Status Apply(const Event& event, Instant at, uint64_t sequence);

  // ---- Recovery ----

  // A stored account, true at `sequence`.
  absl::Status LoadAccount(std::string_view bytes, uint64_t sequence);
  // A stored page of ids; in order.
  absl::Status LoadPage(std::string_view bytes);
  // One journal entry.
  absl::Status Replay(const Entry& entry, uint64_t sequence);
  // Makes the shard ready to serve.
  absl::Status FinishRecovery();

  // ---- Timers ----

  // An account that may have something due at `now`, or 0. Each is returned once for each time that
  // it is scheduled.
  AccountNumber TakeDue(Instant now);
  // The earliest instant at which TakeDue may return something; kNever where there is none.
  Instant NextTimer() const;
  // Timers kept, those that have lost their meaning among them: at most a few an account.
  size_t timers() const { return timers_.size(); }
  // After everything due at `now` was applied: finds the account's earliest deadline again where
  // the bound has passed.
  void RefreshDeadline(AccountNumber number, Instant now);
  // Looks at the account again when something of it falls due. What is due at `now` was applied.
  void Reschedule(AccountNumber number, Instant now);

  // ---- Snapshots ----

  // The oldest sequence that is needed to rebuild what is not stored; `next_sequence` where all is.
  uint64_t OldestNeeded(uint64_t next_sequence) const;
  // The account that has waited longest to be stored and changed at `before` or earlier; 0: none.
  AccountNumber NextDirty(uint64_t before) const;
  // The account's record as it is now, true at `sequence`; it counts as clean. Until
  // ConfirmSaved, OldestNeeded counts it as not stored.
  std::string SaveAccount(AccountNumber number, uint64_t sequence);
  // Records taken by SaveAccount up to `sequence` are durable.
  void ConfirmSaved(uint64_t sequence);
  RememberedIds& mutable_ids() { return ids_; }

 private:
  struct Session {
    std::string name;
    Hold* first = nullptr;
  };
  struct Timer {
    Instant at;
    AccountNumber account;
    friend bool operator<(const Timer& a, const Timer& b) { return a.at > b.at; }
  };
  // An ended day whose ids are remembered: it is looked at when those that this group settled are
  // forgotten.
  struct Awaiting {
    uint64_t sequence;
    AccountNumber account;
    Instant day_start;
    friend bool operator<(const Awaiting& a, const Awaiting& b) { return a.sequence > b.sequence; }
  };
  struct Unconfirmed {
    uint64_t saved_at;
    uint64_t dirty_since;
  };

  // What is known of the account, and where its id is searched for, into the cache.
  void PrefetchAccount(AccountNumber number, const ReservationId* id) const;
  // Gets ready for events that follow the one at `index`.
  void PrefetchReplay(const Events& events, size_t index) const;
  absl::Status RecoverDays(const IdPage& page);

  Account* MutableAccount(AccountNumber number) { return accounts_.Find(number); }
  Account& AddAccount(AccountNumber number, std::string org);

  absl::Status ApplyBody(const Reserved& event, Instant at, uint64_t sequence);
  absl::Status ApplyBody(const Extended& event, Instant at, uint64_t sequence);
  absl::Status ApplyBody(const Settled& event, Instant at, uint64_t sequence);
  absl::Status ApplyBody(const IdsSealed& event, Instant at, uint64_t sequence);
  absl::Status ApplyBody(const IdsForgotten& event, Instant at, uint64_t sequence);
  absl::Status ApplyBody(const records::OrgCreated& event, Instant at, uint64_t sequence);
  absl::Status ApplyBody(const records::PlanChanged& event, Instant at, uint64_t sequence);
  absl::Status ApplyBody(const records::CreditsPurchased& event, Instant at, uint64_t sequence);
  absl::Status ApplyBody(const records::CreditsRevoked& event, Instant at, uint64_t sequence);
  absl::Status ApplyBody(const records::DayOpened& event, Instant at, uint64_t sequence);
  absl::Status ApplyBody(const records::DayClosed& event, Instant at, uint64_t sequence);
  absl::Status ApplyBody(const records::ThresholdReached& event, Instant at, uint64_t sequence);
  absl::Status ApplyBody(const records::CatalogReloaded& event, Instant at, uint64_t sequence);
  absl::Status ApplyBody(const records::BackupTaken& event, Instant at, uint64_t sequence);

  // The account to change, or null where its stored record already contains `sequence`; DATA_LOSS
  // where there is none.
  absl::StatusOr<Account*> Touch(AccountNumber number, uint64_t sequence);
  absl::Status ApplyToAccount(const Settled& event, Account& account, Hold* open);
  void ApplyDayChanges(const google::protobuf::RepeatedPtrField<records::DayChange>& changes,
                       Account& account);
  static void ApplyLimits(const google::protobuf::RepeatedPtrField<records::Pool>& pools,
                          Account& account);
  static void Remember(const records::AdminRequest& request, uint32_t forgotten, Account& account);

  void LinkHold(Hold* hold, Account& account, std::string_view session);
  void UnlinkHold(Hold* hold, Account& account);
  void Schedule(Account& account, Instant at);
  // Looks at the day, which has ended, when its ids are forgotten; soon where nothing of it is
  // left.
  void ScheduleEnded(Account& account, Day& day);
  // The same for days whose ids were just forgotten.
  void ScheduleForgotten();
  // Drops the timers that have lost their meaning.
  void RebuildTimers();

  const uint32_t number_;
  const uint32_t count_;
  AccountTable accounts_;
  // Account numbers by HashOf.
  HashIndex by_org_;
  RememberedIds ids_;
  // Ids settled up to here are in stored pages.
  uint64_t pages_saved_through_ = 0;
  bool recovering_ = true;
  Instant last_at_;
  ShardCounters counters_;

  // Index 0 is not used.
  std::vector<Session> sessions_ = std::vector<Session>(1);
  std::vector<uint32_t> free_sessions_;
  std::map<std::string, uint32_t, std::less<>> session_by_name_;

  std::priority_queue<Timer> timers_;
  // Each open day once at the most.
  std::priority_queue<Awaiting> awaiting_;
  // Accounts that changed since they were stored, the longest first. An entry is stale where the
  // account was stored since.
  mutable std::deque<std::pair<uint64_t, AccountNumber>> dirty_;
  std::deque<Unconfirmed> unconfirmed_;
};

}  // namespace quota::ledger
