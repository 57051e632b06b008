// GetClock and AcceptClock, and what health says of the clock.
#pragma once

#include <string>

#include "grpcpp/support/server_callback.h"
#include "quota/v1/admin.pb.h"
#include "server/ledger_clock.h"
#include "server/service_context.h"

namespace quota::server {

grpc::ServerUnaryReactor* GetClock(const ServiceContext& context, grpc::CallbackServerContext& rpc,
                                   v1::ClockState& response);

grpc::ServerUnaryReactor* AcceptClock(const ServiceContext& context,
                                      grpc::CallbackServerContext& rpc, v1::ClockState& response);

// One line for people where the wall clock has jumped ahead and is not followed; else empty.
std::string ClockNotice(const LedgerClockStatus& status);

}  // namespace quota::server
