#include "server/clock_calls.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <variant>

#include "common/status.h"
#include "grpcpp/server_context.h"
#include "server/caller.h"
#include "server/grpc_status.h"
#include "server/proto_time.h"

namespace quota::server {
namespace {

int64_t WholeSeconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

// Reads the clock. UNAVAILABLE before the first opening: ledger time begins with it.
absl::Status FillState(LedgerClock& clock, v1::ClockState& state) {
  if (clock.status().now == Instant()) {
    return WithReason(absl::UnavailableError("quotad is recovering: ledger time has not begun"),
                      kStoreStopped);
  }
  clock.Now();
  const LedgerClockStatus status = clock.status();
  WriteTimestamp(status.now, *state.mutable_ledger_time());
  WriteTimestamp(status.now + status.wall_ahead, *state.mutable_wall_clock());
  state.set_jump_held(status.jump_held);
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* End(const ServiceContext& context, grpc::CallbackServerContext& rpc,
                              Method method, const absl::Status& status) {
  context.metrics.Count(method, Transport::kUnary, Outcome::Of(status, std::monostate()));
  grpc::ServerUnaryReactor* reactor = rpc.DefaultReactor();
  reactor->Finish(ToGrpcStatus(status));
  return reactor;
}

}  // namespace

grpc::ServerUnaryReactor* GetClock(const ServiceContext& context, grpc::CallbackServerContext& rpc,
                                   v1::ClockState& response) {
  return End(context, rpc, Method::kGetClock, FillState(context.ledger_clock, response));
}

grpc::ServerUnaryReactor* AcceptClock(const ServiceContext& context,
                                      grpc::CallbackServerContext& rpc, v1::ClockState& response) {
  Caller caller;
  absl::Status status = ReadCaller(rpc, caller);
  if (status.ok()) status = FillState(context.ledger_clock, response);
  if (!status.ok()) return End(context, rpc, Method::kAcceptClock, status);
  const LedgerClockStatus before = context.ledger_clock.status();
  context.ledger_clock.Accept();
  if (before.jump_held) {
    spdlog::warn("ledger time follows the wall clock, {} s ahead: accepted by \"{}\" from {}",
                 WholeSeconds(before.wall_ahead), caller.actor, caller.peer);
  }
  return End(context, rpc, Method::kAcceptClock, FillState(context.ledger_clock, response));
}

std::string ClockNotice(const LedgerClockStatus& status) {
  if (!status.jump_held) return "";
  return fmt::format(
      "the wall clock jumped ahead by {} s and is not followed: put it right, or accept it with "
      "'quotactl clock accept'",
      WholeSeconds(status.wall_ahead));
}

}  // namespace quota::server
