#include "benchmarks/pacer.h"

#include <grpc/support/time.h>
#include <sys/prctl.h>

#include <algorithm>
#include <utility>

namespace quota::bench {
namespace {

// At high rates a wake for each start would take more of the machine than the calls do. Starts wait
// for so long at the most, which their latency counts.
constexpr std::chrono::microseconds kBetweenWakes(100);

}  // namespace

Pacer::Pacer(grpc::CompletionQueue* queue, void* tag, std::optional<Schedule> schedule,
             std::vector<TimePoint> instants, Now now)
    : queue_(queue),
      tag_(tag),
      schedule_(std::move(schedule)),
      instants_(std::move(instants)),
      now_(std::move(now)),
      thread_([this] { Run(); }) {}

Pacer::~Pacer() {
  {
    MutexLock lock(mutex_);
    ended_ = true;
  }
  changed_.NotifyAll();
  thread_.join();
}

void Pacer::Woken() {
  bool again = false;
  {
    MutexLock lock(mutex_);
    waking_ = false;
    again = std::exchange(missed_, false);
  }
  if (again) Wake();
}

std::optional<TimePoint> Pacer::Take() {
  if (next_instant_ == instants_.size()) return std::nullopt;
  // Starts end where the instants begin.
  if (next_instant_ == 0 && schedule_ && schedule_->next() < instants_[0]) return schedule_->Pop();
  return instants_[next_instant_++];
}

bool Pacer::SleepUntil(TimePoint instant) {
  MutexLock lock(mutex_);
  while (!ended_) {
    const auto left = instant - now_();
    if (left <= left.zero()) return true;
    changed_.WaitFor(mutex_, std::chrono::ceil<std::chrono::microseconds>(left));
  }
  return false;
}

void Pacer::Wake() {
  MutexLock lock(mutex_);
  if (ended_) return;
  if (waking_) {
    missed_ = true;
    return;
  }
  waking_ = true;
  alarm_ = std::make_unique<grpc::Alarm>();
  alarm_->Set(queue_, gpr_inf_past(GPR_CLOCK_REALTIME), tag_);
}

void Pacer::Run() {
  // By default Linux lets a sleep last 50 us longer.
  prctl(PR_SET_TIMERSLACK, 1UL);
  TimePoint woken;
  while (const std::optional<TimePoint> instant = Take()) {
    // That wake was for this instant, too.
    if (*instant <= woken) continue;
    if (!SleepUntil(std::max(*instant, woken + kBetweenWakes))) return;
    woken = now_();
    Wake();
  }
}

}  // namespace quota::bench
