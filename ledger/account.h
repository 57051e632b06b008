// An account: all that the ledger knows of one organisation. Plain data, changed only by Apply.
//
// Not thread-safe: an account belongs to its shard's executor.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "common/clock.h"
#include "common/credits.h"
#include "ledger/answers.h"
#include "ledger/name.h"
#include "ledger/seldom.h"

namespace quota::ledger {

struct Hold;

// Numbers the accounts of a shard: 1, 2, 3 without gaps, in the order of their creation.
using AccountNumber = uint32_t;

inline constexpr Instant kNever = Instant::max();

// An organisation may have this many open holds: a leaking client must not fill the memory.
inline constexpr uint32_t kMaxHolds = 10'000;
// A hold's whole life, extensions included: what lets a day close.
inline constexpr Duration kMaxHoldLife = std::chrono::hours(24);
inline constexpr Duration kMinTtl = std::chrono::seconds(1);
// Follows from kMaxHoldLife and days of 12 hours at least; see design.md, "Days".
inline constexpr size_t kMaxOpenDays = 3;
// Purchases in force, to come, or in the history: each is part of the account's record.
inline constexpr size_t kMaxPurchases = 200;
// Days for which an ended purchase stays in the history, and its id taken.
inline constexpr int32_t kPurchaseHistoryDays = 400;
// Administrators' requests remembered in one account for 24 hours; more in a day are refused.
inline constexpr size_t kMaxAdminRequests = 100;
inline constexpr Duration kAdminRequestLife = std::chrono::hours(24);
// Day::alert_at where no threshold is left.
inline constexpr Credits kNoAlert{INT64_MAX};

// Of a plan: no store that is sound comes to it.
inline constexpr int64_t kMaxRevision = INT64_MAX - 1;

// What few plans have.
struct PlanExtras {
  std::string suspended_reason;
  std::optional<int64_t> legacy_limit;
  std::optional<int32_t> grandfathered_until;
  // Limits that an administrator set, by pool.
  std::vector<std::pair<Name, int64_t>> limit_overrides;
};

struct Plan {
  // First, as each Reserve looks at it.
  bool suspended = false;
  bool paid = false;
  // Created by a call of an organisation that was unknown.
  bool created_by_call = false;
  int32_t agents = 0;
  Name edition;
  Name data_center;
  // Empty: the data center's.
  Name own_zone;
  int32_t light_agents = 0;
  // Days since 1970-01-01.
  int32_t signup_day = 0;
  int64_t revision = 0;
  Instant created_at;
  Seldom<PlanExtras> extras;

  // Once for each change. The last revision stays: one beyond it could be written, but not read.
  void NextRevision() { revision = std::min(revision, kMaxRevision - 1) + 1; }

  // The limit that an administrator set for the pool; absent: the catalog's is in force.
  std::optional<int64_t> LimitOverride(Name pool) const;
};

// What a day may spend before packs, by source.
struct DailyCredits {
  Credits base;
  Credits variable;
  Credits grandfathered;
  Credits additional;

  Credits Sum() const { return base + variable + grandfathered + additional; }
  friend bool operator==(const DailyCredits&, const DailyCredits&) = default;
};

// Credits that one day has drawn from one pack.
struct PackDraw {
  uint32_t purchase = 0;
  Credits credits;
  friend bool operator==(const PackDraw&, const PackDraw&) = default;
};
using PackDraws = absl::InlinedVector<PackDraw, 1>;

// What each call looks at comes first.
struct Day {
  Instant start;
  Instant end;
  // What the day may spend before packs: the allotment's sum, or what was already used and held
  // where the sum was lowered below that.
  Credits daily;
  Credits used;
  Credits held;
  Credits overage;
  // No threshold is reached while `used` is below.
  Credits alert_at = kNoAlert;

  // Derived, not stored: the group that was the last to settle an id of this day; 0: none did. The
  // day stays open while that id is remembered (Shard::RemembersIdsOf), and those before it.
  uint64_t last_settled = 0;

  // In the order drawn; adds up to PackPart(). What is used is drawn first.
  PackDraws draws;
  Model model = Model::kApiCredits;
  // Derived: the shard looks at the day when its ids are forgotten.
  bool awaits_forgetting = false;
  // The highest threshold announced of this day, in percent.
  int32_t alerted_percent = 0;
  // Days since 1970-01-01, in the zone.
  int32_t date = 0;
  // Derived: its open holds. It stays open while there are any.
  uint32_t holds = 0;
  Name zone;
  DailyCredits allotment;
  int64_t catalog_revision = 0;

  // What must come from packs.
  Credits PackPart() const { return std::max(kZeroCredits, used + held - daily); }
};

// One purchase: a pack, or so many credits a day.
struct Purchase {
  uint32_t number = 0;
  std::string purchase_id;
  uint64_t fingerprint = 0;
  bool is_pack = false;
  // The pack's whole balance, or the credits of each day.
  Credits credits;
  // Charged to the pack by closed days.
  Credits settled;
  int32_t first_day = 0;
  std::optional<int32_t> last_day;
  Instant purchased_at;
  // The day on which it was revoked: since then it gives nothing, on no day.
  std::optional<int32_t> revoked_on;

  bool ValidOn(int32_t date) const {
    return !revoked_on && first_day <= date && (!last_day || date <= *last_day);
  }
  // The last day on which it can have given something; absent: no end.
  std::optional<int32_t> Ended() const { return revoked_on ? revoked_on : last_day; }
};

struct Pool {
  Name name;
  int32_t limit = 0;
  int32_t in_flight = 0;
};

// An administrator's request that is remembered, with its answer as a serialized message.
struct RememberedRequest {
  std::string request_id;
  uint64_t fingerprint = 0;
  Instant at;
  std::string answer;
};

// A million of them are kept: each line of 64 bytes is 61 MiB (docs/performance.md).
//
// What each call looks at comes first, in the first kHotBytes, so that it can be brought into the
// cache before (Shard::Prefetch).
struct alignas(64) Account {
  AccountNumber number = 0;
  // Derived, not stored: open holds, a list through Hold.
  uint32_t hold_count = 0;
  Hold* first_hold = nullptr;
  std::string org;
  // Derived: no hold's deadline is before this instant.
  Instant next_deadline = kNever;
  // Derived: when the timers will look at this account.
  Instant scheduled = kNever;

  // Derived: the first sequence that changed the account since it was stored; 0: none did.
  uint64_t dirty_since = 0;
  // Derived: the stored record is true at this sequence; 0: there is none.
  uint64_t saved_sequence = 0;
  std::vector<Purchase> purchases;
  // main is the first.
  absl::InlinedVector<Pool, 1> pools;

  // Oldest first; at most kMaxOpenDays. The last is the latest ever opened unless it was closed.
  absl::InlinedVector<Day, 1> days;
  Plan plan;

  uint32_t next_purchase = 1;
  Name last_day_zone;
  // Where the latest closed day ended; the epoch where none has.
  Instant last_day_end;
  Seldom<std::vector<RememberedRequest>> admin_requests;

  static constexpr size_t kHotBytes = 320;

  // The open day that starts at `start`, or null.
  Day* FindDay(Instant start);
  const Day* FindDay(Instant start) const;
  // The open day that contains `now`, or null.
  const Day* CurrentDay(Instant now) const;
  const Purchase* FindPurchase(uint32_t purchase_number) const;
  Purchase* FindPurchase(uint32_t purchase_number);
  // The pool's index, or -1.
  int FindPool(Name name) const;
};
static_assert(sizeof(Account) <= 384);

}  // namespace quota::ledger
