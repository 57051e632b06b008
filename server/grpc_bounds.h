// What gRPC may use on the serving side. A file of its own, so that the no-op service of
// benchmarks/ serves within the same bounds.
#pragma once

#include "grpcpp/server_builder.h"

namespace quota::server {

// Bounds of messages, calls, buffers and silent connections.
void SetGrpcBounds(grpc::ServerBuilder& builder);

}  // namespace quota::server
