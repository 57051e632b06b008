// What kind of run a seed makes: how large, how fast, and which faults strike how often. Runs that
// differ in kind reach states that one kind alone, however long, does not.
#pragma once

#include "tests/simulation/dice.h"
#include "tests/simulation/simulated_server.h"

namespace quota::simulation {

struct Profile {
  // Each strikes in one of so many steps.
  int crash = 0;
  int full_disk = 0;
  int failure = 0;
  int stall = 0;
  int restart = 0;
  int jump = 0;
  int long_pause = 0;

  // A step takes up to so many milliseconds.
  int step_ms = 0;
  // Clients act up to so often in a step.
  int acts = 0;
  int orgs = 0;
  int clients = 0;
  int administrators = 0;

  ServerOptions server;

  static Profile Draw(Dice& dice);
};

}  // namespace quota::simulation
