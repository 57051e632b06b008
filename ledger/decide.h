// The rules: what a command, or the passing of time, means for an account. Pure functions of the
// state, the catalog and one clock reading; they change nothing. Ledger (ledger.h) applies what
// they decide.
#pragma once

#include <optional>

#include "absl/status/status.h"
#include "common/clock.h"
#include "ledger/answers.h"
#include "ledger/catalog.h"
#include "ledger/commands.h"
#include "ledger/events.h"
#include "ledger/newcomers.h"
#include "ledger/shard.h"

namespace quota::ledger {

// How long settled ids are remembered, and in how much memory.
struct IdPolicy {
  // The aim.
  Duration window = std::chrono::minutes(2);
  // Below this, new reservations are refused rather than ids forgotten: clients retry for 10 s.
  Duration shortest_window = std::chrono::seconds(15);
  // What all shards may use, each the same part of it.
  size_t own_bytes = 256ULL << 20;
  // What all shards together may use beyond that: one hot organisation is not bound to its shard's
  // part.
  size_t common_bytes = 256ULL << 20;
  // A page of ids is sealed at this size or age, so that it can be stored and forgotten.
  size_t page_bytes = 32 << 10;
  Duration page_age = std::chrono::seconds(1);

  // What the shard may use for itself.
  size_t OwnBytes(const Shard& shard) const { return own_bytes / shard.count(); }
};

// Everything besides the state that a decision depends on.
struct Context {
  const CatalogRevision& catalog;
  const IdPolicy& ids;
  // The clock reading of the group.
  Instant now;
  // Since when the server answers and `now` runs no faster than real time: what must not run while
  // it is down, or when its clock is set, counts from here.
  Instant serving_since;
  // Null: organisations that are unknown are refused, whatever the catalog says.
  Newcomers* newcomers = nullptr;
  // What is left of the policy's common_bytes; negative where a group took more than was left.
  // Absent: shards have no more than their own part.
  std::optional<int64_t> common_bytes_left = std::nullopt;
};

struct Outcome {
  // Not OK: the command makes no sense, and `events` is empty.
  absl::Status status;
  Answer answer;
  Events events;
};

// ---- Time ----

// What has fallen due of an account: holds that expire, in the order of their deadlines, then days
// that close. At most `max_events`; the rest is left for another call.
Events DecideDue(const Shard& shard, const Account& account, Instant now, size_t max_events);

// The day to open so that `account` has one that contains now, or nothing. A day that must close to
// make room comes first.
Events DecideDay(const Account& account, const Context& context);

// Pages of remembered ids to seal and to forget.
Events DecideIds(const Shard& shard, const Context& context);

// Whether a new id would have to push out one that is still within the shortest window: the shard's
// own part and the common one are used up.
bool IdsFull(const Shard& shard, const Context& context);

// How long ids are remembered now: the age of the oldest, or the policy's aim while that is
// younger.
Duration IdWindow(const Shard& shard, const Context& context);

// When DecideIds will next have something to do; kNever where nothing is remembered.
Instant NextIdTimer(const Shard& shard, const Context& context);

// ---- Commands. `account` has been brought up to date and has a current day. ----

Outcome Decide(const Shard& shard, const Account& account, const Reserve& command,
               const Context& context);
Outcome Decide(const Shard& shard, const Account& account, const Commit& command,
               const Context& context);
Outcome Decide(const Shard& shard, const Account& account, const Release& command,
               const Context& context);
Outcome Decide(const Shard& shard, const Account& account, const Extend& command,
               const Context& context);
Outcome Decide(const Shard& shard, const Account& account, const Charge& command,
               const Context& context);
Outcome Decide(const Shard& shard, const Account& account, const GetUsage& command,
               const Context& context);
Outcome Decide(const Shard& shard, const Account& account, const ListOpenDays& command,
               const Context& context);
Outcome Decide(const Shard& shard, const Account& account, const GetOrg& command,
               const Context& context);
Outcome Decide(const Shard& shard, const Account& account, const SetEdition& command,
               const Context& context);
Outcome Decide(const Shard& shard, const Account& account, const SetAgents& command,
               const Context& context);
Outcome Decide(const Shard& shard, const Account& account, const PurchaseCredits& command,
               const Context& context);
Outcome Decide(const Shard& shard, const Account& account, const RevokeCredits& command,
               const Context& context);
Outcome Decide(const Shard& shard, const Account& account, const SetLegacyLimit& command,
               const Context& context);
Outcome Decide(const Shard& shard, const Account& account, const SetDataCenter& command,
               const Context& context);
Outcome Decide(const Shard& shard, const Account& account, const SuspendOrg& command,
               const Context& context);
Outcome Decide(const Shard& shard, const Account& account, const ResumeOrg& command,
               const Context& context);
Outcome Decide(const Shard& shard, const Account& account, const SetConcurrencyLimit& command,
               const Context& context);

// `account` is null where the organisation is new.
Outcome DecideCreateOrg(const Shard& shard, const Account* account, std::string_view org,
                        const CreateOrg& command, const Context& context);

// The organisation that a call of an unknown one would create, with its first day open, as the
// catalog says; absent where the catalog has it refused. Nothing is created yet: that is for
// `events`, once the call turns out to need them.
struct Newcomer {
  Account account;
  Events events;
};
std::optional<Newcomer> DecideNewcomer(const Shard& shard, std::string_view org,
                                       const Context& context);

// Notes in the audit log that the catalog was read again.
Outcome DecideRecordReload(const RecordReload& command, const Context& context);

// Notes in the audit log that a backup was taken.
Outcome DecideRecordBackup(const RecordBackup& command, const Context& context);

// Ends up to `max_holds` of the session's holds; those whose deadline has passed have expired.
Outcome DecideLoseSession(const Shard& shard, const LoseSession& command, Instant now,
                          size_t max_holds);

Outcome DecideListOrgs(const Shard& shard, const ListOrgs& command, const Context& context);

}  // namespace quota::ledger
