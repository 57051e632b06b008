// Wakes a thread that waits for a completion queue, at given instants.
#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/completion_queue.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "benchmarks/schedule.h"
#include "common/mutex.h"

namespace quota::bench {

// gRPC's own timers tick in milliseconds, which is longer than most calls take. So a thread of its
// own sleeps, and then puts `tag` into the queue. Not again until Woken() has been called: instants
// that pass meanwhile are one wake.
class Pacer {
 public:
  // What time it is.
  using Now = std::function<TimePoint()>;

  // Wakes at each start of `schedule` before the first of `instants`, and at `instants`, which
  // rise. `queue` outlives it.
  Pacer(grpc::CompletionQueue* queue, void* tag, std::optional<Schedule> schedule,
        std::vector<TimePoint> instants, Now now = std::chrono::steady_clock::now);
  // No wake comes after this.
  ~Pacer();

  // `tag` has come out of the queue.
  void Woken();

 private:
  void Run();
  // The next instant to wake at; nothing where there is none.
  std::optional<TimePoint> Take();
  // False where it is to end.
  bool SleepUntil(TimePoint instant);
  void Wake();

  grpc::CompletionQueue* const queue_;
  void* const tag_;
  std::optional<Schedule> schedule_;
  std::vector<TimePoint> instants_;
  size_t next_instant_ = 0;
  const Now now_;

  Mutex mutex_;
  CondVar changed_;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  // In the queue, or on its way there.
  bool waking_ ABSL_GUARDED_BY(mutex_) = false;
  // An instant passed while it was waking.
  bool missed_ ABSL_GUARDED_BY(mutex_) = false;
  std::unique_ptr<grpc::Alarm> alarm_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace quota::bench
