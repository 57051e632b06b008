// Many operations over one Session stream, before and after what is measured.
#pragma once

#include <grpcpp/channel.h>

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "quota/v1/quota.grpc.pb.h"

namespace quota::bench {

// Sends `count` operations in large batches, `write` filling the i-th, and gives each result, in
// order, to `take`. Stops at the first error of either side. Blocks.
absl::Status RunBulk(const std::shared_ptr<grpc::Channel>& channel, uint64_t count,
                     const std::function<void(uint64_t, v1::Operation&)>& write,
                     const std::function<absl::Status(uint64_t, const v1::OperationResult&)>& take);

}  // namespace quota::bench
