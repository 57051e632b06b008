// How many organisations calls may still create. An interface: the bounds are of the whole server,
// while a ledger is of one shard.
#pragma once

#include "common/clock.h"
#include "ledger/catalog.h"

namespace quota::ledger {

// Thread-safe.
class Newcomers {
 public:
  virtual ~Newcomers() = default;

  // Takes one of what `bounds` allow, for an organisation that is then created; false where none is
  // left now.
  virtual bool Admit(const UnknownOrganizations& bounds, Instant now) = 0;
};

}  // namespace quota::ledger
