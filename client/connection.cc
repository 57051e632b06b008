#include "client/connection.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <chrono>
#include <utility>

#include "common/status.h"

namespace quota::client {
namespace {

std::shared_ptr<grpc::Channel> OpenChannel(const ClientOptions& options) {
  if (options.channel != nullptr) return options.channel;
  grpc::ChannelArguments arguments;
  // gRPC reconnects after 1 s at first and up to 2 minutes later; a restarted server must be found
  // again while the budget of a call lasts.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  // Retries are ours: gRPC's own would not count against the budget.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  return grpc::CreateCustomChannel(
      options.target,
      options.credentials ? options.credentials : grpc::InsecureChannelCredentials(), arguments);
}

// A pause after which a lost connection is back as soon as the server is. A call that fails at once
// does not wait for a connection, and gRPC by itself looks every 5 s whether one has come about.
class ConnectingTime final : public TimeSource {
 public:
  explicit ConnectingTime(std::shared_ptr<grpc::Channel> channel) : channel_(std::move(channel)) {}

  Duration Elapsed() const override { return steady_.Elapsed(); }

  void Sleep(Duration pause) override {
    if (channel_->GetState(/*try_to_connect=*/true) == GRPC_CHANNEL_READY) {
      steady_.Sleep(pause);
    } else {
      (void)channel_->WaitForConnected(std::chrono::system_clock::now() + pause);
    }
  }

 private:
  const std::shared_ptr<grpc::Channel> channel_;
  SteadyTime steady_;
};

}  // namespace

absl::StatusOr<Connection> Connection::Create(const ClientOptions& options) {
  QUOTA_RETURN_IF_ERROR(options.retry.Validate());
  if (options.channel == nullptr && options.target.empty()) {
    return absl::InvalidArgumentError("ClientOptions.target must name a server");
  }
  return Connection(OpenChannel(options), options);
}

Connection::Connection(std::shared_ptr<grpc::Channel> channel, const ClientOptions& options)
    : channel_(std::move(channel)),
      policy_(options.retry),
      actor_(options.actor),
      time_(options.time ? options.time : std::make_shared<ConnectingTime>(channel_)) {}

}  // namespace quota::client
