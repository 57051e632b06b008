// What the RPC services work with.
#pragma once

#include "common/clock.h"
#include "server/call.h"
#include "server/metrics.h"
#include "server/session_registry.h"

namespace quota::server {

// All of them outlive the services, and are thread-safe.
struct ServiceContext {
  CallSink& engine;
  SessionRegistry& sessions;
  const Clock& clock;
  Metrics& metrics;
};

}  // namespace quota::server
