// Deciding calls on the thread that has read them.
#pragma once

namespace quota::server {

// The engine, as a thread sees it that reads calls. Thread-safe.
class CallStepper {
 public:
  virtual ~CallStepper() = default;
  // The calling thread, for as long as it runs, calls Step soon after each call that it submits.
  virtual void PromiseSteps() = 0;
  // Whether calls wait for Step.
  virtual bool StepIsDue() const = 0;
  // Decides them, or leaves them to an executor.
  virtual void Step() = 0;
};

}  // namespace quota::server
