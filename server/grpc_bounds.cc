#include "server/grpc_bounds.h"

#include <grpcpp/resource_quota.h>

namespace quota::server {
namespace {

// A connection whose peer is silent gets a ping after the first, and is closed after the second
// more. The answer waits behind all that the client has sent: on an overloaded server for seconds.
// Dead hosts are found sooner, by the system (server/connection_listener.cc).
constexpr int kKeepaliveTimeMs = 5'000;
constexpr int kKeepaliveTimeoutMs = 20'000;
// For a new connection to say what every client says at once.
constexpr int kHandshakeTimeoutMs = 10'000;
// Clients may ping as often: theirs finds a dead server just so.
constexpr int kMinClientPingIntervalMs = 1'000;
// The largest batch, 1,024 operations with 16 attributes each, takes 1.5 MiB.
constexpr int kMaxMessageBytes = 4 * 1024 * 1024;
// Calls at once on one connection; a client that has more waits for the first to end.
constexpr int kMaxCallsPerConnection = 1'024;
// What gRPC may hold in buffers for all connections together.
constexpr size_t kMaxBufferBytes = 512 * 1024 * 1024;
// Of synchronous services, which is reflection: each stream of it has one.
constexpr int kMaxThreads = 16;

}  // namespace

void SetGrpcBounds(grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.SetMaxSendMessageSize(kMaxMessageBytes);
  builder.SetResourceQuota(
      grpc::ResourceQuota("quotad").Resize(kMaxBufferBytes).SetMaxThreads(kMaxThreads));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxCallsPerConnection);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveTimeMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             kMinClientPingIntervalMs);
  // Counts of calls for a service that nobody registers.
  builder.AddChannelArgument(GRPC_ARG_ENABLE_CHANNELZ, 0);
  // Otherwise a second server on the same port would take half of the connections instead of
  // failing to start.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
}

}  // namespace quota::server
