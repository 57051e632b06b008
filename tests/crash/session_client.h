// A client that sends batches over a Session, several in flight, with some of its holds bound to
// it.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/crash/traffic.h"
#include "tests/fakes/dice.h"
#include "tests/integration/quota_calls.h"

namespace quota::test {

class SessionClient final : public TrafficClient {
 public:
  // `board` outlives this. `prefix` goes before its reservation ids, and names its session. One
  // that `dies` cuts its stream after some batches, with holds of its own open.
  SessionClient(TrafficBoard& board, const std::string& target, uint64_t seed, std::string prefix,
                bool dies);

  void Run() override;
  Witness TakeWitness() override { return std::move(witness_); }

 private:
  enum class Kind { kCharge, kReserve, kCommit, kRelease };
  // An operation of a batch, and where it is written down.
  struct Sent {
    Kind kind;
    size_t index;
  };

  // Each is false once the stream has ended.
  bool Open();
  bool SendBatch(bool last);
  bool ReadResult();
  void Die();

  void AddCharge();
  void AddReserve(bool bound);
  void AddSettle(size_t index);
  void TakeResult(const Sent& sent, const v1::OperationResult& result);
  void TakeError(const Sent& sent, const v1::OperationError& error);

  TrafficBoard& board_;
  QuotaCalls calls_;
  Dice dice_;
  const std::string prefix_;
  // Batches after which it dies; 0: it does not.
  const int64_t life_;
  int64_t ids_ = 0;
  Witness witness_;
  // Granted, and not settled yet.
  std::vector<size_t> open_;
  // The batch that is being made.
  v1::SessionRequest message_;
  std::vector<Sent> sent_;
  std::map<uint64_t, std::vector<Sent>> in_flight_;
  uint64_t batches_ = 0;
  // The server has refused an operation, since it stops.
  bool refused_ = false;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::SessionRequest, v1::SessionResponse>> stream_;
};

}  // namespace quota::test
