// The signals that quotad obeys: SIGTERM and SIGINT stop it, SIGHUP makes it read its catalog
// again.
//
//   Signals signals;        // first of all in main: before any thread is made
//   ...
//   while ((signal = signals.Wait()) == SIGHUP) ...      // read the catalog again
#pragma once

#include <signal.h>

#include <thread>

#include "common/mutex.h"

namespace quota::server {

// Blocks SIGTERM, SIGINT and SIGHUP in the calling thread, and so in all that it makes, and takes
// them on a thread of its own. One object at a time.
class Signals {
 public:
  Signals();
  ~Signals();

  // Blocks until a signal has come, and returns it; several SIGHUPs that nobody waited for are one.
  // After the first that stops, another one ends the process at once with 128 + its number,
  // whatever runs: the store bears that at any instant.
  int Wait();

 private:
  void Take();

  sigset_t set_;
  Mutex mutex_;
  CondVar came_;
  int first_ ABSL_GUARDED_BY(mutex_) = 0;
  bool reload_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace quota::server
