// Events: what happened. They carry facts (the price charged, the instant a day ends), never rules,
// so that replaying them needs neither catalog nor zone data and gives the same state for ever.
//
// Frequent events are plain structs with a flat layout on disk (event_codec.h); rare ones are the
// protobuf messages of quota/records.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "common/clock.h"
#include "common/credits.h"
#include "common/reservation_id.h"
#include "ledger/account.h"
#include "ledger/answers.h"
#include "ledger/balance.h"
#include "quota/records/records.pb.h"

namespace quota::ledger {

struct Hold;

// A hold was made.
struct Reserved {
  AccountNumber account = 0;
  ReservationId id;
  uint64_t fingerprint = 0;
  Credits credits;
  Instant day_start;
  Instant deadline;
  uint32_t slots = 0;
  // Index into Account::pools of the pool that gives one slot besides main; 0: none.
  uint8_t second_pool = 0;
  bool commit_on_expiry = false;
  // Empty: not bound.
  std::string session;
  PackChanges packs;
};

// The hold's deadline moved.
struct Extended {
  AccountNumber account = 0;
  ReservationId id;
  Instant deadline;
};

// Where a settled reservation came from.
enum class Origin : uint8_t {
  // An open hold, which ends.
  kHold = 0,
  // A Charge: there was no hold.
  kCharge = 1,
  // A commit after expiry or loss of the session.
  kLate = 2,
};

// A reservation ended, in one of the ways of HoldState, or was charged at once. It carries all that
// is remembered of the id, so that the page of ids can be rebuilt without the account.
struct Settled {
  AccountNumber account = 0;
  ReservationId id;
  uint64_t fingerprint = 0;
  Origin origin = Origin::kHold;
  HoldState state = HoldState::kNone;
  // What was held.
  Credits held;
  // What the commit asked for, charged and could not charge; zero where nothing was committed.
  Credits asked;
  Credits charged;
  Credits overage;
  Instant day_start;
  PackChanges packs;

  // Where the hold that ends is; null where that is not known. Not journalled.
  const Hold* hold = nullptr;
};

// The current page of remembered ids is complete: it ends with this group.
struct IdsSealed {};

// Pages of which every id was settled at this sequence or before are forgotten.
struct IdsForgotten {
  uint64_t through_sequence = 0;
};

using Event =
    std::variant<Reserved, Extended, Settled, IdsSealed, IdsForgotten, records::OrgCreated,
                 records::PlanChanged, records::CreditsPurchased, records::CreditsRevoked,
                 records::DayOpened, records::DayClosed, records::ThresholdReached,
                 records::CatalogReloaded, records::BackupTaken>;
// Most commands bring one.
using Events = absl::InlinedVector<Event, 1>;

}  // namespace quota::ledger
