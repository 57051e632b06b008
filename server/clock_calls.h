// GetClock and AcceptClock, and what health says of the clock.
#pragma once

#include <string>

#include "quota/v1/admin.pb.h"
#include "server/ledger_clock.h"
#include "server/service_context.h"
#include "server/unary_rpc.h"

namespace quota::server {

void GetClock(UnaryRpc& rpc, const ServiceContext& context, v1::ClockState& response);

void AcceptClock(UnaryRpc& rpc, const ServiceContext& context, v1::ClockState& response);

// One line for people where the wall clock has jumped ahead and is not followed; else empty.
std::string ClockNotice(const LedgerClockStatus& status);

}  // namespace quota::server
