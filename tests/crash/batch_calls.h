// Many operations at once over a Session: an audit of thousands of calls takes a few round trips.
//
//   BatchCalls calls(target, "audit", 1);
//   std::vector<v1::OperationResult> results = calls.Run(operations);
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/integration/quota_calls.h"

namespace quota::test {

// Belongs to one thread.
class BatchCalls {
 public:
  // Opens the session, or takes it over with a higher epoch.
  BatchCalls(const std::string& target, const std::string& session, uint64_t epoch);
  // Ends the stream and waits for its end.
  ~BatchCalls();

  // One result for each operation, in their order. Fewer, with a failure of the test, where the
  // stream ended before.
  std::vector<v1::OperationResult> Run(const std::vector<v1::Operation>& operations);

 private:
  bool RunBatch(v1::SessionRequest& message, std::vector<v1::OperationResult>& results);

  QuotaCalls calls_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::SessionRequest, v1::SessionResponse>> stream_;
  uint64_t batches_ = 0;
};

}  // namespace quota::test
