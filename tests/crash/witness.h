// What clients saw: every request that they sent, and the answer where one came.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "quota/v1/quota.pb.h"

namespace quota::test {

// A Charge as its client saw it. An answer that is absent never came.
struct WitnessedCharge {
  v1::ChargeRequest request;
  std::optional<v1::ChargeResponse> answer;
};

// A reservation and how it was settled. Without a commit or a release it was left to its ttl, or to
// the end of its session.
struct WitnessedReserve {
  v1::ReserveRequest request;
  std::optional<v1::ReserveResponse> answer;
  std::optional<v1::CommitRequest> commit;
  std::optional<v1::CommitResponse> committed;
  std::optional<v1::ReleaseRequest> release;
  std::optional<v1::ReleaseResponse> released;

  bool Granted() const { return answer && answer->decision() == v1::DECISION_GRANTED; }
};

// All that one client did.
struct Witness {
  std::vector<WitnessedCharge> charges = {};
  std::vector<WitnessedReserve> reserves = {};
  // Of a client with a Session: its name, and the epoch of the last stream. Empty: it has none.
  std::string session = {};
  uint64_t epoch = 0;
  // The client is dead: its session does not come back.
  bool dead = false;

  size_t size() const { return charges.size() + reserves.size(); }
};

// How much of a client's witness was complete at some moment: every call in it answered.
struct WitnessSize {
  size_t charges = 0;
  size_t reserves = 0;
};

}  // namespace quota::test
