// Traffic of several clients that write down what they were told, for an audit after a crash.
//
//   Traffic traffic(target, orgs, seed, "round1");
//   traffic.WaitForAnswers(1000);
//   traffic.ExpectTheEnd();
//   quotad.Kill();
//   std::vector<Witness> witnesses = traffic.Stop();
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/mutex.h"
#include "quota/v1/quota.pb.h"

namespace quota::test {

// A Charge as its client saw it. An answer that is absent never came.
struct WitnessedCharge {
  v1::ChargeRequest request;
  std::optional<v1::ChargeResponse> answer;
};

// A reservation and how it was settled. Without a commit or a release it was left to its ttl.
struct WitnessedReserve {
  v1::ReserveRequest request;
  std::optional<v1::ReserveResponse> answer;
  std::optional<v1::CommitRequest> commit;
  std::optional<v1::CommitResponse> committed;
  std::optional<v1::ReleaseRequest> release;
  std::optional<v1::ReleaseResponse> released;
};

// All that one client did.
struct Witness {
  std::vector<WitnessedCharge> charges;
  std::vector<WitnessedReserve> reserves;
};

// How much of a client's witness was complete at some moment: every call in it answered.
struct WitnessSize {
  size_t charges = 0;
  size_t reserves = 0;
};

// Invariant 1, as every answer shows it: used + held within the allotment, in_flight within limits.
void ExpectWithinBounds(const v1::Snapshot& usage);

// Belongs to one thread.
class Traffic {
 public:
  // Starts. `seed` chooses what is sent; `prefix` goes before every reservation id.
  Traffic(const std::string& target, std::vector<std::string> orgs, uint64_t seed,
          const std::string& prefix);
  ~Traffic();

  // Blocks until that many answers have come. False, with a failure of the test, where they don't.
  bool WaitForAnswers(int64_t count);

  // What was answered before this call, by client.
  std::vector<WitnessSize> Answered() const;

  // Every client ends after the call that it is at: then nothing of theirs is open or unknown.
  void EndSoon() { end_soon_ = true; }

  // From now on calls may get no answer; before, that fails the test.
  void ExpectTheEnd() { end_expected_ = true; }

  // Blocks until every client has ended: after a call that failed, or EndSoon.
  std::vector<Witness> Stop();

 private:
  class Client;

  void CountAnswer();

  const std::vector<std::string> orgs_;
  std::atomic<bool> end_expected_{false};
  std::atomic<bool> end_soon_{false};
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<std::thread> threads_;
  Mutex mutex_;
  CondVar answered_;
  int64_t answers_ ABSL_GUARDED_BY(mutex_) = 0;
  // Clients that have had a call that failed.
  size_t ended_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace quota::test
