// Commands: what the ledger can be asked. Plain values, checked before they come here.
//
// The RPC layer has verified every bound that does not depend on state or catalog (lengths of ids,
// ranges of amounts); the ledger verifies the rest (ttl, editions, methods, what exists). Views
// point into the request, which outlives the command.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/time/civil_time.h"
#include "common/clock.h"
#include "common/credits.h"
#include "common/reservation_id.h"

namespace quota::ledger {

// A method to be priced by the catalog.
struct MethodCall {
  std::string_view name;
  // Sorted by name.
  std::vector<std::pair<std::string_view, int64_t>> attributes;
};

// What a call costs: an amount, or a method.
using Cost = std::variant<Credits, MethodCall>;

enum class Mode : uint8_t { kNormal, kBestEffort, kCheckOnly };

struct Reserve {
  ReservationId id;
  // Of the request as sent: another request under the same id has another fingerprint.
  uint64_t fingerprint = 0;
  Cost cost;
  uint32_t slots = 1;
  // Absent: the catalog's default.
  std::optional<Duration> ttl;
  Mode mode = Mode::kNormal;
  bool commit_on_expiry = false;
  // The session that the hold is bound to; empty: none.
  std::string_view session;
};

struct Commit {
  ReservationId id;
  // Absent: what was held.
  std::optional<Credits> credits;
};

struct Release {
  ReservationId id;
};

struct Extend {
  ReservationId id;
  Duration ttl{};
};

struct Charge {
  ReservationId id;
  uint64_t fingerprint = 0;
  Cost cost;
  Mode mode = Mode::kNormal;
};

struct GetUsage {};

// The days that have not closed.
struct ListOpenDays {};

// ---- Administration. `request` is remembered with its answer for 24 hours. ----

struct AdminRequest {
  std::string_view request_id = {};
  uint64_t fingerprint = 0;
  std::optional<int64_t> expected_revision = std::nullopt;
  // For the audit log: the RPC's name; who asks, as the metadata says; and from where.
  std::string_view action = {};
  std::string_view actor = {};
  std::string_view peer = {};
};

struct CreateOrg {
  AdminRequest request;
  std::string_view edition;
  int64_t agents = 0;
  int64_t light_agents = 0;
  // Empty: the catalog's first.
  std::string_view data_center;
  // Empty: the data center's.
  std::string_view own_zone;
  std::optional<absl::CivilDay> signup_day;
  bool paid = false;
  std::optional<int64_t> legacy_limit;
  std::optional<absl::CivilDay> grandfathered_until;
  // By a call of the organisation itself, which was unknown; there is no request then.
  bool by_call = false;
};

struct GetOrg {};

struct SetEdition {
  AdminRequest request;
  std::string_view edition;
  // Absent: as it is.
  std::optional<bool> paid;
};

struct SetAgents {
  AdminRequest request;
  int64_t agents = 0;
  std::optional<int64_t> light_agents;
};

struct PurchaseCredits {
  AdminRequest request;
  std::string_view purchase_id;
  bool is_pack = false;
  Credits credits;
  std::optional<absl::CivilDay> first_day;
  std::optional<absl::CivilDay> last_day;
};

struct RevokeCredits {
  AdminRequest request;
  std::string_view purchase_id;
};

struct SetLegacyLimit {
  AdminRequest request;
  // Absent: none.
  std::optional<int64_t> limit;
  // Absent: no end.
  std::optional<absl::CivilDay> grandfathered_until;
};

struct SetDataCenter {
  AdminRequest request;
  // Empty: as it is.
  std::string_view data_center;
  // Absent: as it is; empty: the data center's.
  std::optional<std::string_view> own_zone;
};

struct SuspendOrg {
  AdminRequest request;
  std::string_view reason;
};

struct ResumeOrg {
  AdminRequest request;
};

struct SetConcurrencyLimit {
  AdminRequest request;
  std::string_view pool;
  // Absent: the catalog's.
  std::optional<int64_t> limit;
};

// ---- For a whole shard ----

// The organisations of a shard with account numbers from `first_account` on.
struct ListOrgs {
  uint32_t first_account = 0;
  uint32_t page_size = 100;
};

// Ends the holds that are bound to a session which did not come back.
struct LoseSession {
  std::string_view session;
};

// Where the shard's history ends now, for those who watch it.
struct MarkHistory {};

// Notes in the audit log that the catalog was read again; to shard 0.
struct RecordReload {
  AdminRequest request;
  int64_t revision = 0;
};

// Notes in the audit log that a backup was taken; to shard 0.
struct RecordBackup {
  AdminRequest request;
  std::string_view name;
  uint64_t bytes = 0;
};

using Operation =
    std::variant<Reserve, Commit, Release, Extend, Charge, GetUsage, ListOpenDays, CreateOrg,
                 GetOrg, SetEdition, SetAgents, PurchaseCredits, RevokeCredits, SetLegacyLimit,
                 SetDataCenter, SuspendOrg, ResumeOrg, SetConcurrencyLimit, ListOrgs, LoseSession,
                 MarkHistory, RecordReload, RecordBackup>;

struct Command {
  // The organisation; empty for commands to a whole shard.
  std::string_view org;
  Operation operation;
  // HashOf of the organisation, where it is known already; 0: the ledger works it out.
  uint64_t org_hash = 0;
};

}  // namespace quota::ledger
