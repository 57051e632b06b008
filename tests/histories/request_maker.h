// What one client of a history asks for: calls that get in each other's way, since credits and
// slots are few and some ids are everybody's.
//
// Not thread-safe: each client has its own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/fakes/dice.h"
#include "tests/histories/call_record.h"

namespace quota::test {

class RequestMaker {
 public:
  // `session`: Reserves may be bound to it; empty: none.
  RequestMaker(int client, uint64_t seed, std::string session);

  CallRequest Next();
  // A charge under an id of its own, or a look.
  CallRequest NextPlain();

 private:
  // Its own, or, at times, one that is everybody's.
  std::string NewId();
  std::string OwnId();
  std::string KnownId();
  CallRequest Take(CallRequest request);

  const int client_;
  Dice dice_;
  const std::string session_;
  int ids_ = 0;
  // What was asked for, to be repeated.
  std::vector<CallRequest> asked_;
};

}  // namespace quota::test
