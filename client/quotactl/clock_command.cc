// quotactl clock, and clock accept: ledger time beside the server's wall clock.
#include <fmt/format.h>
#include <google/protobuf/util/time_util.h>

#include <memory>
#include <string>

#include "client/quotactl/command.h"
#include "client/quotactl/text_format.h"

namespace quota::client {
namespace {

using google::protobuf::util::TimeUtil;

// What differs by less is the time between two readings.
constexpr Duration kInStep = std::chrono::seconds(1);

Duration WallAhead(const v1::ClockState& state) {
  return Duration(TimeUtil::TimestampToMicroseconds(state.wall_clock()) -
                  TimeUtil::TimestampToMicroseconds(state.ledger_time()));
}

// "in step with the wall clock", or how far apart they are and what is done about it.
std::string StateText(const v1::ClockState& state) {
  const Duration ahead = WallAhead(state);
  if (state.jump_held()) {
    return fmt::format(
        "held: the wall clock jumped ahead by {} and is not followed\n"
        "         put it right, or follow it for good with 'quotactl clock accept'",
        FormatSpan(ahead));
  }
  if (ahead < -kInStep) {
    return fmt::format("the wall clock is behind by {}; ledger time waits for it at half speed",
                       FormatSpan(-ahead));
  }
  return "in step with the wall clock";
}

ExitCode Show(const Command& c, const absl::StatusOr<v1::ClockState>& state) {
  if (!state.ok()) return c.Fail(state.status());
  if (c.json) {
    c.PrintJson(*state);
    return ExitCode::kOk;
  }
  const auto text = [](const google::protobuf::Timestamp& instant) {
    return TimeUtil::ToString(instant);
  };
  c.out() << "ledger   " << text(state->ledger_time()) << '\n'
          << "wall     " << text(state->wall_clock()) << '\n'
          << "state    " << StateText(*state) << '\n';
  return ExitCode::kOk;
}

}  // namespace

void AddClockCommand(CLI::App& app, Command& command) {
  CLI::App* clock = AddCommand(
      app, "clock", "Shows ledger time, by which days end, beside the server's wall clock",
      "  quotactl clock\n"
      "  quotactl --output json clock\n"
      "  quotactl clock accept");
  clock->require_subcommand(0, 1);
  CLI::App* accept =
      AddCommand(*clock, "accept",
                 "Makes ledger time follow a wall clock that jumped ahead by more than 10 minutes. "
                 "Days end and holds expire at once, and there is no way back",
                 "  quotactl clock accept");
  SetAction(*clock, command, [accept](Command& c) {
    const auto client = c.NewAdminClient();
    if (!client.ok()) return c.Fail(client.status());
    return Show(c, accept->parsed() ? (*client)->AcceptClock() : (*client)->GetClock());
  });
}

}  // namespace quota::client
