// How a Client or AdminClient reaches its server. The defaults suit an API server next to quotad.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "client/retry.h"

namespace grpc {
class Channel;
class ChannelCredentials;
}  // namespace grpc

namespace quota::client {

struct ClientOptions {
  // As gRPC names it: host:port, dns:///name:port, unix:path.
  std::string target = "127.0.0.1:7480";
  // Null: no encryption.
  std::shared_ptr<grpc::ChannelCredentials> credentials = {};
  // Where given, `target` and `credentials` are not used: to share a channel between clients, and
  // for tests.
  std::shared_ptr<grpc::Channel> channel = {};

  // Who administers: goes with each call as the metadata "x-quota-actor", for the audit log.
  // Printable ASCII, at most 256 bytes; empty: it is not said.
  std::string actor = {};

  RetryPolicy retry = {};

  // Dropped reservations that wait to be released. Above it they are left to their ttl: a caller
  // that drops faster than the server releases must not fill its own memory.
  size_t release_queue_limit = 1024;
  // The longest that the Client's destructor spends on releasing what is queued.
  Duration drain_timeout = std::chrono::seconds(2);

  // Null: the machine's clock. Must be thread-safe.
  std::shared_ptr<TimeSource> time = {};
};

}  // namespace quota::client
