// Traffic of several clients that write down what they were told, for an audit after a crash.
//
//   Traffic traffic(target, {.orgs = {"acme"}, .seed = 1, .prefix = "round1"});
//   traffic.WaitForAnswers(1000);
//   traffic.ExpectTheEnd();
//   quotad.Kill();
//   std::vector<Witness> witnesses = traffic.Stop();
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/mutex.h"
#include "quota/v1/quota.pb.h"
#include "tests/crash/witness.h"

namespace quota::test {

// Invariant 1, as every answer shows it: used + held within the allotment, in_flight within limits.
void ExpectWithinBounds(const v1::Snapshot& usage);

struct TrafficOptions {
  std::vector<std::string> orgs = {};
  // Chooses what is sent.
  uint64_t seed = 1;
  // Goes before every reservation id and session id.
  std::string prefix = {};
  // Clients that make one call after the other: more than the narrowest pool has slots, so that
  // slots run out too.
  uint64_t unary_clients = 5;
  // Clients that send batches over a Session, with some of their holds bound to it.
  uint64_t session_clients = 3;
  // So many of them cut their stream in the midst of it, and never come back.
  uint64_t dying_clients = 0;
};

// What clients share with the Traffic that they are part of. Thread-safe.
class TrafficBoard {
 public:
  explicit TrafficBoard(std::vector<std::string> orgs) : orgs_(std::move(orgs)) {}

  const std::vector<std::string>& orgs() const { return orgs_; }
  // Whether calls may get no answer.
  bool end_expected() const { return end_expected_; }
  void ExpectTheEnd() { end_expected_ = true; }

  void CountAnswers(int64_t count);
  // A client is done.
  void CountEnd();
  // Blocks until that many answers have come, or that many clients have ended, or it has taken too
  // long; returns the answers so far.
  int64_t WaitForAnswers(int64_t count, size_t clients);

 private:
  const std::vector<std::string> orgs_;
  std::atomic<bool> end_expected_{false};
  Mutex mutex_;
  CondVar changed_;
  int64_t answers_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t ended_ ABSL_GUARDED_BY(mutex_) = 0;
};

// One API server. Run belongs to one thread, and returns once a call has failed.
class TrafficClient {
 public:
  virtual ~TrafficClient() = default;
  virtual void Run() = 0;
  // Of calls that were answered before this call; from any thread.
  virtual WitnessSize Answered() const { return {}; }
  virtual Witness TakeWitness() = 0;
};

// Belongs to one thread.
class Traffic {
 public:
  // Starts.
  Traffic(const std::string& target, const TrafficOptions& options);
  ~Traffic();

  // Blocks until that many answers have come. False, with a failure of the test, where they don't.
  bool WaitForAnswers(int64_t count);

  // What was answered before this call, by client; of clients with a Session it is not known.
  std::vector<WitnessSize> Answered() const;

  // From now on calls may get no answer; before, that fails the test.
  void ExpectTheEnd() { board_.ExpectTheEnd(); }

  // Blocks until every client has had a call that failed.
  std::vector<Witness> Stop();

 private:
  TrafficBoard board_;
  std::vector<std::unique_ptr<TrafficClient>> clients_;
  std::vector<std::thread> threads_;
};

}  // namespace quota::test
