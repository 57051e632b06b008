// A client on a Session stream: batches, two in flight, and some holds bound to the session.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/histories/player.h"

namespace quota::test {

class SessionPlayer final : public Player {
 public:
  explicit SessionPlayer(const PlayerOptions& options);
  void Run() override;

 private:
  void Open();
  void SendBatch();
  void ReadResult();
  // From now on the session has no stream, and may be lost.
  void MayBeLost();
  // Cuts the stream.
  void Die();

  const PlayerOptions options_;
  const std::string session_;
  QuotaCalls calls_;
  RequestMaker requests_;
  Dice dice_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::SessionRequest, v1::SessionResponse>> stream_;
  int made_ = 0;
  uint64_t batches_ = 0;
  // Where the calls of each batch in flight are written down.
  std::map<uint64_t, std::vector<size_t>> in_flight_;
  // Calls that were not carried out, and are no part of the history.
  std::vector<size_t> not_made_;
};

}  // namespace quota::test
