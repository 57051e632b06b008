// Looks at what could grow: queues, batches on their way, remembered ids, the journal, pages,
// timers.
#pragma once

#include "tests/simulation/findings.h"
#include "tests/simulation/simulated_server.h"

namespace quota::simulation {

// To be called between two steps of an open server.
void CheckBounds(SimulatedServer& server, Findings& findings);

}  // namespace quota::simulation
