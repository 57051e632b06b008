#include "server/in_flight.h"

#include <grpc/grpc.h>

#include <vector>

#include "common/status.h"

namespace quota::server {

using std::chrono::steady_clock;

absl::Status InFlight::Refusal() {
  return WithRetryDelay(
      WithReason(absl::ResourceExhaustedError(
                     "calls in flight take all the memory that they may; the call was not made"),
                 kOverloaded),
      std::chrono::milliseconds(100));
}

void InFlight::EndUnread() {
  if (!Short()) return;
  const auto before = steady_clock::now() - kUnreadTime;
  for (Answers& answers : answers_) EndUnread(answers, before);
}

void InFlight::EndUnread(Answers& answers, steady_clock::time_point before) {
  std::vector<grpc_call*> calls;
  {
    MutexLock lock(answers.mutex);
    for (CallInFlight* call = answers.first; call != nullptr && call->since_ < before;
         call = call->next_) {
      if (call->ended_) continue;
      call->ended_ = true;
      calls.push_back(call->rpc_.c_call());
      // Once the mutex is let go of, gRPC may be done with the call.
      grpc_call_ref(calls.back());
    }
  }
  unread_.fetch_add(calls.size(), std::memory_order_relaxed);
  for (grpc_call* call : calls) {
    grpc_call_cancel(call, nullptr);
    grpc_call_unref(call);
  }
}

CallInFlight::CallInFlight(InFlight& in_flight, grpc::ServerContextBase& rpc)
    : in_flight_(in_flight),
      rpc_(rpc),
      answers_(in_flight.answers_[in_flight.next_.fetch_add(1, std::memory_order_relaxed) %
                                  in_flight.answers_.size()]) {}

CallInFlight::~CallInFlight() {
  EndAnswer();
  GiveBack(bytes_);
}

bool CallInFlight::Take(int64_t bytes) {
  const int64_t before = in_flight_.bytes_.fetch_add(bytes, std::memory_order_relaxed);
  if (before + bytes > InFlight::kMaxBytes) {
    in_flight_.bytes_.fetch_sub(bytes, std::memory_order_relaxed);
    return false;
  }
  bytes_ += bytes;
  return true;
}

void CallInFlight::GiveBack(int64_t bytes) {
  in_flight_.bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  bytes_ -= bytes;
}

void CallInFlight::BeginAnswer() {
  MutexLock lock(answers_.mutex);
  answering_ = true;
  since_ = steady_clock::now();
  previous_ = answers_.last;
  next_ = nullptr;
  (answers_.last == nullptr ? answers_.first : answers_.last->next_) = this;
  answers_.last = this;
}

void CallInFlight::EndAnswer() {
  if (!answering_) return;
  MutexLock lock(answers_.mutex);
  answering_ = false;
  (previous_ == nullptr ? answers_.first : previous_->next_) = next_;
  (next_ == nullptr ? answers_.last : next_->previous_) = previous_;
}

}  // namespace quota::server
