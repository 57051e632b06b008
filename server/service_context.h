// What the RPC services work with.
#pragma once

#include "common/clock.h"
#include "server/call.h"
#include "server/event_watches.h"
#include "server/ledger_clock.h"
#include "server/metrics.h"
#include "server/session_registry.h"

namespace quota::server {

// All of them outlive the services, and are thread-safe.
struct ServiceContext {
  CallSink& engine;
  SessionRegistry& sessions;
  EventWatches& watches;
  const Clock& clock;
  Metrics& metrics;
  LedgerClock& ledger_clock;
};

}  // namespace quota::server
