// What is known of a reservation by its id: an open hold, or what is remembered of one that ended.
#pragma once

#include <cstdint>
#include <optional>

#include "common/clock.h"
#include "common/credits.h"
#include "common/reservation_id.h"
#include "ledger/account.h"
#include "ledger/events.h"

namespace quota::ledger {

// What every known id has.
struct IdRecord {
  AccountNumber account = 0;
  HoldState state = HoldState::kOpen;
  Origin origin = Origin::kHold;
  ReservationId id;
  uint64_t fingerprint = 0;
  Credits held;
  Instant day_start;

  // Zero while it is open.
  Credits asked;
  Credits charged;
  Credits overage;
};

// An open hold. It stays where it is until it is settled.
struct Hold : IdRecord {
  Instant created_at;
  Instant deadline;
  uint32_t slots = 0;
  uint8_t second_pool = 0;
  bool commit_on_expiry = false;
  // Index of the session in the shard's table; 0: none.
  uint32_t session = 0;
  // Its place among the holds of RememberedIds.
  uint32_t place = 0;
  Hold* previous_in_account = nullptr;
  Hold* next_in_account = nullptr;
  Hold* previous_in_session = nullptr;
  Hold* next_in_session = nullptr;
};

// What a search for an id finds.
class KnownId {
 public:
  KnownId() = default;
  explicit KnownId(const Hold* hold) : hold_(hold) {}
  explicit KnownId(const IdRecord& settled) : settled_(settled) {}

  explicit operator bool() const { return hold_ != nullptr || settled_.has_value(); }
  // Null unless it is open.
  const Hold* hold() const { return hold_; }
  const IdRecord& operator*() const { return hold_ != nullptr ? *hold_ : *settled_; }
  const IdRecord* operator->() const { return &**this; }

 private:
  const Hold* hold_ = nullptr;
  std::optional<IdRecord> settled_;
};

}  // namespace quota::ledger
