// Who makes an administrator's change: what the audit log tells of them.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "grpcpp/server_context.h"
#include "ledger/commands.h"

namespace quota::server {

// The metadata that names the actor; not verified, until quotad knows rights.
inline constexpr char kActorMetadata[] = "x-quota-actor";

struct Caller {
  std::string actor;
  // As gRPC names it, such as "ipv4:127.0.0.1:51234".
  std::string peer;
};

// INVALID_ARGUMENT where the actor is longer than 256 bytes or has control characters.
[[nodiscard]] absl::Status ReadCaller(const grpc::ServerContextBase& context, Caller& caller);

// Says in `operation`, where it is a change, who makes it. `caller` outlives the operation.
void NameCaller(const Caller& caller, ledger::Operation& operation);

}  // namespace quota::server
