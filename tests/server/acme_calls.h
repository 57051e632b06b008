// Calls of one organisation, for tests of the engine.
#pragma once

#include <string>

#include "ledger/commands.h"
#include "server/call.h"

namespace quota::server {

inline void CreateAcme(Call& call) {
  call.command.org = "acme";
  ledger::CreateOrg create;
  create.request = {.request_id = "create", .fingerprint = 1};
  create.edition = "free";
  call.command.operation = create;
}

inline void ChargeAcme(Call& call, const std::string& id = "c1") {
  call.command.org = "acme";
  ledger::Charge charge;
  charge.id = ReservationId::FromText(id);
  charge.cost = Credits(1);
  call.command.operation = charge;
}

}  // namespace quota::server
