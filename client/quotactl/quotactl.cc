#include "client/quotactl/quotactl.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "client/quotactl/arguments.h"
#include "client/quotactl/command.h"

namespace quota::client {
namespace {

constexpr char kFooter[] =
    "Exit codes:\n"
    "  0  done; for reserve and charge: granted; for health: serving; for catalog check:\n"
    "     no mistake\n"
    "  1  refused: the answer is a decision other than granted\n"
    "  2  usage error: the command line or a file makes no sense; nothing was sent\n"
    "  3  the server answered with an error (invalid, not found, conflict)\n"
    "  4  server unreachable, not serving or overloaded: try again\n"
    "  5  verify, restore, dump: the store or backup is damaged\n"
    "\n"
    "Examples:\n"
    "  quotactl org create acme --edition enterprise --agents 12\n"
    "  id=$(quotactl reserve acme --credits 3)\n"
    "  quotactl commit acme $id\n"
    "  quotactl usage acme\n"
    "\n"
    "'quotactl COMMAND --help' shows a command's options and examples.";

// CLI11 calls only final callbacks once all is parsed, so the order of options doesn't matter.
void AddGlobalOptions(CLI::App& app, Command& command, std::optional<Duration>& timeout) {
  app.add_option("--server", command.server, "The server, as HOST:PORT")
      ->envname("QUOTACTL_SERVER")
      ->type_name("ADDRESS")
      ->capture_default_str();
  app.add_option_function<std::string>(
         "--output", [&command](const std::string& format) { command.json = format == "json"; },
         "table for people, json for scripts (protobuf JSON)")
      ->check(CLI::IsMember({"table", "json"}))
      ->type_name("FORMAT")
      ->default_str("table");
  app.add_option("--actor", command.actor, "Who you are, for the audit log; it is not verified")
      ->envname("QUOTACTL_ACTOR")
      ->type_name("NAME");
  AddDuration(app, "--timeout", timeout,
              "The longest that one call may take, retries included; 1ms to 10s")
      ->default_str("5s");
}

// A word that is empty comes of a variable that is not set. CLI11 takes it for the name of a group
// of options, which has none, and may then look for the rest in there for ever.
void RefuseEmptyWords(const std::vector<std::string>& args) {
  const auto empty = std::find(args.begin(), args.end(), "");
  if (empty == args.end()) return;
  throw CLI::ValidationError(
      "word " + std::to_string(empty - args.begin() + 1),
      "is empty: was a variable not set? A value that is to be empty is written --option=");
}

}  // namespace

ExitCode RunQuotactl(const std::vector<std::string>& args, const Environment& environment) {
  Command command(environment);
  std::optional<Duration> timeout;

  CLI::App app("Everything a person does with a quota service", "quotactl");
  app.require_subcommand(1);
  // Global options may stand after the command, too.
  app.fallthrough();
  app.footer(kFooter);
  AddGlobalOptions(app, command, timeout);
  AddOrgCommands(app, command);
  AddPlanCommands(app, command);
  AddCallCommands(app, command);
  AddUsageCommand(app, command);
  AddHistoryCommands(app, command);
  AddEventsCommand(app, command);
  AddCatalogCommands(app, command);
  AddClockCommand(app, command);
  AddHealthCommand(app, command);
  AddReplayCommand(app, command);
  AddForecastCommand(app, command);
  AddBackupCommand(app, command);
  AddRestoreCommand(app, command);
  AddVerifyCommand(app, command);
  AddDumpCommand(app, command);

  try {
    RefuseEmptyWords(args);
    app.parse(std::vector<std::string>(args.rbegin(), args.rend()));
    if (timeout.has_value() &&
        (*timeout < std::chrono::milliseconds(1) || *timeout > RetryPolicy::kLongestBudget)) {
      throw CLI::ValidationError("--timeout", "must be from 1ms to 10s");
    }
  } catch (const CLI::ParseError& error) {
    return app.exit(error, environment.out, environment.err) == 0 ? ExitCode::kOk
                                                                  : ExitCode::kUsage;
  }
  command.timeout = timeout.value_or(command.timeout);
  return command.action(command);
}

}  // namespace quota::client
