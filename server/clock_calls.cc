#include "server/clock_calls.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "common/status.h"
#include "server/caller.h"
#include "server/finish_call.h"
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

}  // namespace

void GetClock(UnaryRpc& rpc, const ServiceContext& context, v1::ClockState& response) {
  FinishCall(rpc, context, Method::kGetClock, FillState(context.ledger_clock, response));
}

void AcceptClock(UnaryRpc& rpc, const ServiceContext& context, v1::ClockState& response) {
  Caller caller;
  absl::Status status = ReadCaller(rpc.context(), caller);
  if (status.ok()) status = FillState(context.ledger_clock, response);
  if (!status.ok()) return FinishCall(rpc, context, Method::kAcceptClock, status);
  const LedgerClockStatus before = context.ledger_clock.status();
  context.ledger_clock.Accept();
  if (before.jump_held) {
    spdlog::warn("ledger time follows the wall clock, {} s ahead: accepted by \"{}\" from {}",
                 WholeSeconds(before.wall_ahead), caller.actor, caller.peer);
  }
  FinishCall(rpc, context, Method::kAcceptClock, FillState(context.ledger_clock, response));
}

std::string ClockNotice(const LedgerClockStatus& status) {
  if (!status.jump_held) return "";
  return fmt::format(
      "the wall clock jumped ahead by {} s and is not followed: put it right, or accept it with "
      "'quotactl clock accept'",
      WholeSeconds(status.wall_ahead));
}

}  // namespace quota::server
