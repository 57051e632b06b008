// Answers: what the ledger says to a command. Plain values that own what they hold, names apart.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "common/clock.h"
#include "common/credits.h"
#include "quota/v1/admin.pb.h"

namespace quota::ledger {

enum class Decision : uint8_t {
  kGranted = 1,
  kCreditsExhausted,
  kConcurrencyExhausted,
  kTooManyHolds,
  kOrgUnknown,
  kOrgSuspended,
};

// The numbers are stored: never renumber.
enum class HoldState : uint8_t {
  kNone = 0,
  kOpen = 1,
  kCommitted = 2,
  kReleased = 3,
  kExpired = 4,
  kSessionLost = 5,
};

// The model that counts an organisation's calls. The numbers are stored.
enum class Model : uint8_t { kApiLimits = 1, kApiCredits = 2 };

struct PoolUsage {
  // Of a Name: lives for ever.
  std::string_view name;
  int64_t limit = 0;
  int64_t in_flight = 0;
};

// Where an organisation stands at the decision.
struct Snapshot {
  Credits allotment;
  Credits used;
  Credits held;
  Credits remaining;
  Instant resets_at;
  absl::InlinedVector<PoolUsage, 1> pools;
  int64_t catalog_revision = 0;
};

struct ReserveAnswer {
  Decision decision = Decision::kOrgUnknown;
  Credits credits;
  // Only of an open hold.
  Instant expires_at;
  // Of a Name.
  std::string_view exhausted_pool;
  HoldState state = HoldState::kNone;
  bool repeated = false;
  Snapshot usage;
};

struct CommitAnswer {
  Credits charged;
  Credits overage;
  bool late = false;
  bool repeated = false;
  Snapshot usage;
};

struct ReleaseAnswer {
  HoldState state = HoldState::kReleased;
  bool repeated = false;
  Snapshot usage;
};

struct ExtendAnswer {
  Instant expires_at;
  Snapshot usage;
};

struct ChargeAnswer {
  Decision decision = Decision::kOrgUnknown;
  Credits charged;
  bool repeated = false;
  Snapshot usage;
};

struct BySource {
  Credits base;
  Credits variable;
  Credits grandfathered;
  Credits additional;
  Credits packs;
};

struct UsageAnswer {
  std::string edition;
  Model model = Model::kApiCredits;
  std::string model_reason;
  Snapshot usage;
  BySource allotment_by_source;
  BySource used_by_source;
  Credits overage;
  Instant day_starts_at;
  std::string time_zone;
  bool suspended = false;
  int64_t open_reservations = 0;
};

struct OpenDaysAnswer {
  // The account's number in its shard.
  uint32_t account = 0;
  // The newest first.
  std::vector<quota::v1::DayUsage> days;
};

// What CreateOrg, SetEdition and the like answer, kept for 24 hours as a quota.v1.Org; and
// PurchaseCredits, as a quota.v1.PurchaseCreditsResponse.
struct OrgAnswer {
  quota::v1::Org org;
};

struct PurchaseAnswer {
  quota::v1::PurchaseCreditsResponse response;
};

struct ListOrgsAnswer {
  std::vector<quota::v1::Org> orgs;
  // The account to go on from; 0: no more in this shard.
  uint32_t next_account = 0;
};

struct LoseSessionAnswer {
  uint32_t ended = 0;
  // More holds are left than one command may end: repeat it.
  bool more = false;
};

// All that is in the shard's history up to here has a smaller (at, sequence), and all that comes
// has not.
struct HistoryMark {
  Instant at;
  uint64_t sequence = 0;
};

// Done, with nothing to tell.
struct DoneAnswer {};

// monostate: the command failed, and the status tells why.
using Answer =
    std::variant<std::monostate, ReserveAnswer, CommitAnswer, ReleaseAnswer, ExtendAnswer,
                 ChargeAnswer, UsageAnswer, OpenDaysAnswer, OrgAnswer, PurchaseAnswer,
                 ListOrgsAnswer, LoseSessionAnswer, HistoryMark, DoneAnswer>;

}  // namespace quota::ledger
