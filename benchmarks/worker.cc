#include "benchmarks/worker.h"

#include "absl/strings/str_cat.h"

namespace quota::bench {

Worker::Worker(const WorkerOptions& options, const WorkloadOptions& workload_options,
               uint32_t thread)
    : options_(options), workload_(workload_options, thread), recorder_(options.times) {
  if (options_.starts_per_second) {
    schedule_.emplace(options_.times.begin, *options_.starts_per_second);
  }
}

void Worker::Run() {
  pacer_ =
      std::make_unique<Pacer>(&queue_, &pacer_, schedule_,
                              std::vector<TimePoint>{options_.times.stop, options_.times.give_up});
  Open();
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) {
    if (tag == &pacer_) {
      OnWake();
    } else {
      static_cast<Completion*>(tag)->Proceed(ok);
    }
  }
}

void Worker::Ready() {
  ready_ = true;
  StartDue(std::chrono::steady_clock::now());
}

void Worker::StartDue(TimePoint now) {
  if (now >= options_.times.stop) stopped_ = true;
  while (ready_ && !stopped_ && in_flight_ < options_.in_flight) {
    TimePoint due = now;
    if (schedule_) {
      if (!schedule_->Due(now)) break;
      due = schedule_->Pop();
    }
    ++in_flight_;
    StartWork(due);
  }
  if (stopped_ && in_flight_ == 0 && !closing_) {
    closing_ = true;
    Close();
  }
}

void Worker::Ended() {
  --in_flight_;
  StartDue(std::chrono::steady_clock::now());
}

void Worker::Fail(const absl::Status& status) {
  recorder_.Fail(status);
  stopped_ = true;
}

void Worker::Closed() {
  // No wake may be put into a queue that has been shut down.
  pacer_.reset();
  queue_.Shutdown();
}

void Worker::OnWake() {
  if (pacer_ == nullptr) return;
  pacer_->Woken();
  const TimePoint now = std::chrono::steady_clock::now();
  if (now >= options_.times.give_up && !cancelled_) {
    cancelled_ = true;
    Fail(absl::DeadlineExceededError(
        absl::StrCat(in_flight_, " calls or batches were never answered")));
    Cancel();
  }
  StartDue(now);
}

}  // namespace quota::bench
