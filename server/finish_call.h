// How a call that is no command of the ledger ends.
#pragma once

#include "absl/status/status.h"
#include "server/service_context.h"
#include "server/unary_rpc.h"

namespace quota::server {

// Counts it, and sends its response or the error.
void FinishCall(UnaryRpc& rpc, const ServiceContext& context, Method method,
                const absl::Status& status);

}  // namespace quota::server
