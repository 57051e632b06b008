// What the sources of Engine share: an executor, and how calls are refused. They alone include it.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "common/mutex.h"
#include "server/engine.h"
#include "server/pipeline.h"

namespace quota::server {

struct Engine::Executor {
  std::unique_ptr<Pipeline> pipeline;
  std::thread thread;
  // Nothing is queued or on its way. Written by the thread, read by Drain.
  std::atomic<bool> idle{false};

  // A thread that has promised to step has brought calls.
  std::atomic<bool> promised{false};

  Mutex mutex;
  CondVar changed;
  bool woken ABSL_GUARDED_BY(mutex) = false;
  bool stopping ABSL_GUARDED_BY(mutex) = false;

  void Wake() {
    {
      MutexLock lock(mutex);
      if (woken) return;
      woken = true;
    }
    // Without the mutex, for which the thread would have to wait at once.
    changed.NotifyOne();
  }
};

// What a call is told that was not made since the engine does not serve. `detail`: why, or empty.
absl::Status NotServing(EngineState state, const std::string& detail);

}  // namespace quota::server
