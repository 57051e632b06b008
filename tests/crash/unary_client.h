// A client that makes one call after the other.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "tests/crash/traffic.h"
#include "tests/fakes/dice.h"
#include "tests/integration/quota_calls.h"

namespace quota::test {

class UnaryClient final : public TrafficClient {
 public:
  // `board` outlives this. `prefix` goes before its reservation ids.
  UnaryClient(TrafficBoard& board, const std::string& target, uint64_t seed, std::string prefix);

  void Run() override;
  WitnessSize Answered() const override {
    const uint64_t sizes = answered_;
    return {static_cast<size_t>(sizes >> 32), static_cast<size_t>(sizes & UINT32_MAX)};
  }
  Witness TakeWitness() override { return std::move(witness_); }

 private:
  std::string NextId() { return prefix_ + std::to_string(++ids_); }

  // Writes an answer down. False where none came, which only a server that is about to end may do.
  template <typename Response>
  bool Take(const Reply<Response>& reply, std::optional<Response>& answer);

  // Each is false where no answer came.
  bool Charge();
  bool Reserve();
  bool Commit(WitnessedReserve& reserve);
  bool Release(WitnessedReserve& reserve);

  TrafficBoard& board_;
  QuotaCalls calls_;
  Dice dice_;
  const std::string prefix_;
  int64_t ids_ = 0;
  Witness witness_;
  // The numbers of charges and of reserves after the last whole step.
  std::atomic<uint64_t> answered_{0};
};

}  // namespace quota::test
