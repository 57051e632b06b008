// What is in flight for clients, in all: what calls and batches take of the memory from being read
// until their answers have left, which is when their clients make room for them.
//
//   CallInFlight call(in_flight, *rpc);
//   if (!call.Take(InFlight::kUnaryBytes + request.ByteSizeLong())) ... in_flight.Refusal()
//   call.BeginAnswer();
//
// While memory is short, Session streams read on only with nothing in flight, and calls whose
// clients do not read their answers are cancelled, so that those who do are served (adr/0020).
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

#include "absl/status/status.h"
#include "common/mutex.h"
#include "grpcpp/server_context.h"

namespace quota::server {

class CallInFlight;

// Thread-safe. Outlives the calls.
class InFlight {
 public:
  // 11,000 unary calls, or 400,000 operations of Sessions: about a second's work of two cores, so
  // that all is as before soon after an overload.
  static constexpr int64_t kMaxBytes = int64_t{512} * 1024 * 1024;
  // What a unary call takes beside its request, nearly all of it gRPC's own (measured).
  static constexpr int64_t kUnaryBytes = 48 * 1024;
  // What an operation of a batch takes, with its answer, beside its bytes in the request
  // (measured).
  static constexpr int64_t kOperationBytes = 1'280;
  // What a page of a list takes at the most, with its records on their way to it.
  static constexpr int64_t kPageBytes = 1024 * 1024;
  // For a client to make room for an answer, while memory is short.
  static constexpr std::chrono::seconds kUnreadTime{10};

  // Half of it is taken.
  bool Short() const { return bytes() > kMaxBytes / 2; }
  int64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }
  // Calls that were cancelled, since nobody read their answers.
  uint64_t unread() const { return unread_.load(std::memory_order_relaxed); }

  // RESOURCE_EXHAUSTED, for what does not fit any more.
  static absl::Status Refusal();

  // Cancels calls that wait for their clients for kUnreadTime, if memory is short. To be called now
  // and then.
  void EndUnread();

 private:
  friend class CallInFlight;

  // Answers that gRPC was given and has not got rid of, the oldest first. Several, so that threads
  // seldom meet.
  struct Answers {
    Mutex mutex;
    CallInFlight* first ABSL_GUARDED_BY(mutex) = nullptr;
    CallInFlight* last ABSL_GUARDED_BY(mutex) = nullptr;
  };

  void EndUnread(Answers& answers, std::chrono::steady_clock::time_point before);

  std::atomic<int64_t> bytes_{0};
  std::atomic<uint64_t> unread_{0};
  std::atomic<uint32_t> next_{0};
  std::array<Answers, 16> answers_;
};

// One call's part, given back with it. Its methods are called by one thread at a time.
class CallInFlight {
 public:
  // `rpc` is alive until EndAnswer or the end of this.
  CallInFlight(InFlight& in_flight, grpc::ServerContextBase& rpc);
  ~CallInFlight();
  CallInFlight(const CallInFlight&) = delete;
  CallInFlight& operator=(const CallInFlight&) = delete;

  // False, and nothing is taken, where it does not fit.
  [[nodiscard]] bool Take(int64_t bytes);
  void GiveBack(int64_t bytes);

  // gRPC is given an answer; it has got rid of it, or knows that it can't.
  void BeginAnswer();
  void EndAnswer();

 private:
  friend class InFlight;

  InFlight& in_flight_;
  grpc::ServerContextBase& rpc_;
  InFlight::Answers& answers_;
  int64_t bytes_ = 0;
  bool answering_ = false;

  // Guarded by the mutex of answers_.
  CallInFlight* next_ = nullptr;
  CallInFlight* previous_ = nullptr;
  std::chrono::steady_clock::time_point since_;
  bool ended_ = false;
};

}  // namespace quota::server
