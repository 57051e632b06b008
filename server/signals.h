// The signals that stop quotad.
//
//   StopSignals signals;        // first of all in main: before any thread is made
//   ...
//   int signal = signals.Wait();
#pragma once

#include <signal.h>

#include <thread>

#include "common/mutex.h"

namespace quota::server {

// Blocks SIGTERM and SIGINT in the calling thread, and so in all that it makes, and takes them on a
// thread of its own. One object at a time.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();

  // Blocks until the first signal has come, and returns it. A second one ends the process at once
  // with 128 + its number, whatever runs: the store bears that at any instant.
  int Wait();

 private:
  void Take();

  sigset_t set_;
  Mutex mutex_;
  CondVar came_;
  int first_ ABSL_GUARDED_BY(mutex_) = 0;
  std::thread thread_;
};

}  // namespace quota::server
