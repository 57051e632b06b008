// One thread of load: its channels, its completion queue, and what it keeps in flight.
#pragma once

#include <grpcpp/completion_queue.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "benchmarks/pacer.h"
#include "benchmarks/recorder.h"
#include "benchmarks/schedule.h"
#include "benchmarks/workload.h"
#include "quota/v1/quota.grpc.pb.h"

namespace quota::bench {

// What a thread is to do.
struct WorkerOptions {
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  // Unary calls, or batches over all streams, at once.
  uint32_t in_flight = 1;
  // Session only; 0: unary calls.
  uint32_t streams = 0;
  // Operations of a batch.
  uint32_t batch = 64;
  // Calls or batches started a second; absent: a closed loop.
  std::optional<double> starts_per_second;
  RunTimes times;
};

// What the completion queue gives back.
class Completion {
 public:
  virtual ~Completion() = default;
  virtual void Proceed(bool ok) = 0;
};

// As gRPC takes it: the queue's loop casts it back to a Completion.
inline void* TagOf(Completion* completion) { return completion; }

// The loop and its timing, whatever is sent: a derived class starts work when told to, and tells
// when it is answered. All its members run on the thread that calls Run; a second thread only wakes
// it when something is due.
class Worker {
 public:
  virtual ~Worker() = default;

  // Until everything that was started is answered, or given up.
  void Run();

  Workload& workload() { return workload_; }
  const Recorder& recorder() const { return recorder_; }

 protected:
  // `workload_options` outlives it.
  Worker(const WorkerOptions& options, const WorkloadOptions& workload_options, uint32_t thread);

  // Opens what is needed to start work; it is ready when it says Ready().
  virtual void Open() = 0;
  // Starts one call or batch, which was due at `due`. There is room for it.
  virtual void StartWork(TimePoint due) = 0;
  // Nothing more will be started, and nothing is in flight: ends what Open opened, and calls
  // Closed() when that is done.
  virtual void Close() = 0;
  // Makes everything in flight come back soon.
  virtual void Cancel() = 0;

  void Ready();
  // What StartWork started has been answered, however.
  void Ended();
  void Closed();
  // Ends the run of this thread early.
  void Fail(const absl::Status& status);

  grpc::CompletionQueue* queue() { return &queue_; }
  Recorder& mutable_recorder() { return recorder_; }
  const WorkerOptions& options() const { return options_; }

 private:
  void StartDue(TimePoint now);
  void OnWake();

  const WorkerOptions options_;
  Workload workload_;
  Recorder recorder_;
  grpc::CompletionQueue queue_;
  std::optional<Schedule> schedule_;
  std::unique_ptr<Pacer> pacer_;
  uint32_t in_flight_ = 0;
  bool ready_ = false;
  bool stopped_ = false;
  bool closing_ = false;
  bool cancelled_ = false;
};

std::unique_ptr<Worker> NewUnaryWorker(const WorkerOptions& options,
                                       const WorkloadOptions& workload_options, uint32_t thread);
std::unique_ptr<Worker> NewSessionWorker(const WorkerOptions& options,
                                         const WorkloadOptions& workload_options, uint32_t thread);

}  // namespace quota::bench
