// Ways to overload and abuse a server, each against a quotad of its own on loopback, and what came
// of them. The defaults are what scripts/overload runs; the tests run less.
//
// A scenario fails the test it runs in where something is wrong whatever the figures are.
#pragma once

#include <chrono>

#include "tests/overload/figure.h"

namespace quota::test {

using Seconds = std::chrono::duration<double>;

// ---- More load than can be served ----

// Unary calls, ten times as many in flight at all times as a busy server has.
struct UnaryLoad {
  Seconds time{10};
  int connections = 20;
};
Figures OverloadUnary(const UnaryLoad& load);

// Session streams with as much in flight as they may have: ten times what the queue takes.
struct SessionLoad {
  Seconds time{10};
  int streams = 10;
};
Figures OverloadSessions(const SessionLoad& load);

// One organisation sends all that the server takes. What others see of it, refusals among it.
struct HotLoad {
  Seconds time{5};
};
Figures OverloadByOneOrganisation(const HotLoad& load);

// The same with generator and server on a core each: how long other organisations' calls take in
// the server, against the same served load spread evenly.
struct FairLoad {
  Seconds time{10};
};
Figures CompareFairness(const FairLoad& load);

// ---- Clients that misbehave ----

// Connections that say nothing, half of a greeting, nonsense, or no more than a greeting.
struct ConnectionLoad {
  int connections = 5'000;
};
Figures OpenManyConnections(const ConnectionLoad& load);
// More connections than the server may have files open.
Figures ExhaustFiles();

// Session streams that fill what may be in flight and never read; they hold reservations.
struct UnreadLoad {
  int streams = 40;
};
Figures NeverReadSessions(const UnreadLoad& load);
// Unary calls whose clients give no room for the answers.
struct UnreadCallLoad {
  int connections = 80;
};
Figures NeverReadCalls(const UnreadCallLoad& load);

// Streams of WatchEvents, more than there may be, of which none is read.
Figures NeverReadEvents();

// Messages of the largest size, never finished, on many calls at once.
struct HugeLoad {
  int connections = 8;
  int calls = 100;
};
Figures SendHugeMessages(const HugeLoad& load);

// The HTTP port: requests without end, slow clients, many connections.
struct HttpLoad {
  Seconds time{10};
  int connections = 1'000;
};
Figures AbuseHttp(const HttpLoad& load);

}  // namespace quota::test
