#include "server/rpc_loop.h"

#include <grpc/support/time.h>

#include <algorithm>

#include "absl/synchronization/mutex.h"
#include "server/thread_name.h"

namespace quota::server {
namespace {

// Looks for more events that find none before what was read is decided: each look reads from one
// connection at the most, and one that finds nothing for a call may be followed by one that does.
constexpr int kQuietLooks = 2;
// Events after which it is decided in any case.
constexpr int kMostEvents = 1'024;
// The other half of the cores is for executors, and whatever else runs on the machine.
constexpr unsigned kCoresALoop = 2;
constexpr unsigned kMostLoops = 16;

}  // namespace

RpcLoop::~RpcLoop() { Stop(); }

void RpcLoop::Start(CallStepper* stepper) {
  thread_ = std::thread([this, stepper] {
    NameThread("loop");
    Run(stepper);
  });
}

void RpcLoop::Stop() {
  if (stopped_) return;
  stopped_ = true;
  alarm_.Set(queue_.get(), gpr_time_0(GPR_CLOCK_REALTIME), stop_.tag());
  if (thread_.joinable()) {
    thread_.join();
  } else {
    Run(nullptr);
  }
}

void RpcLoop::Run(CallStepper* stepper) {
  const gpr_timespec at_once = gpr_time_0(GPR_CLOCK_REALTIME);
  const gpr_timespec whenever = gpr_inf_future(GPR_CLOCK_REALTIME);
  if (stepper != nullptr) stepper->PromiseSteps();
  const auto soon = [] {
    return gpr_time_add(gpr_now(GPR_CLOCK_REALTIME), gpr_time_from_millis(1, GPR_TIMESPAN));
  };
  bool shut_down = false;
  int events = 0;
  int quiet_looks = 0;
  for (;;) {
    const bool due = stepper != nullptr && stepper->StepIsDue();
    if (due && (quiet_looks >= kQuietLooks || events >= kMostEvents)) {
      stepper->Step();
      events = quiet_looks = 0;
      continue;
    }
    void* tag = nullptr;
    bool ok = false;
    const bool stopping = stopping_ && !shut_down;
    switch (queue_->AsyncNext(&tag, &ok, due ? at_once : stopping ? soon() : whenever)) {
      case grpc::CompletionQueue::SHUTDOWN:
        return;
      case grpc::CompletionQueue::TIMEOUT:
        ++quiet_looks;
        // What has begun before the server was shut down has been seen by now.
        if (stopping && calls_ == 0) {
          queue_->Shutdown();
          shut_down = true;
        }
        break;
      case grpc::CompletionQueue::GOT_EVENT:
        quiet_looks = 0;
        ++events;
        static_cast<RpcEvent*>(tag)->OnEvent(ok);
        break;
    }
  }
}

std::vector<std::unique_ptr<RpcLoop>> AddLoops(grpc::ServerBuilder& builder) {
  // Debian builds Abseil with its search for lock cycles, which takes a lock of all threads for
  // each lock that gRPC takes.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  using Option = grpc::ServerBuilder::SyncServerOption;
  builder.SetSyncServerOption(Option::NUM_CQS, 1);
  builder.SetSyncServerOption(Option::MIN_POLLERS, 1);
  builder.SetSyncServerOption(Option::MAX_POLLERS, 1);
  const unsigned cores = std::thread::hardware_concurrency();
  const unsigned count = std::clamp(cores / kCoresALoop, 1U, kMostLoops);
  std::vector<std::unique_ptr<RpcLoop>> loops;
  for (unsigned i = 0; i < count; ++i) {
    loops.push_back(std::make_unique<RpcLoop>(builder.AddCompletionQueue()));
  }
  return loops;
}

}  // namespace quota::server
