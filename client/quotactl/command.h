// What all commands of quotactl share: the global options, the clients, and how answers and errors
// are shown. Each *_command(s).cc adds its commands by the function at this file's end.
#pragma once

#include <google/protobuf/message.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/admin_client.h"
#include "client/client.h"
#include "client/quotactl/quotactl.h"
#include "client/quotactl/table.h"

namespace quota::client {

// One run of quotactl. The fields are filled by the parse; the action runs after it.
struct Command {
  explicit Command(const Environment& e) : environment(e) {}

  const Environment& environment;
  std::string server = "127.0.0.1:7480";
  bool json = false;
  // Who administers, for the audit log; empty: it is not said.
  std::string actor;
  // For one call with its retries; for health, one attempt.
  Duration timeout = std::chrono::seconds(5);
  // What the chosen command does.
  std::function<ExitCode(Command&)> action;

  std::ostream& out() const { return environment.out; }
  Instant now() const { return environment.clock.Now(); }

  ClientOptions client_options() const;
  absl::StatusOr<std::unique_ptr<Client>> NewClient() const;
  absl::StatusOr<std::unique_ptr<AdminClient>> NewAdminClient() const;

  // The message as protobuf JSON, with the names of the .proto files and all plain fields.
  void PrintJson(const google::protobuf::Message& message) const;
  // The same as text, for commands that add to it.
  static std::string ToJson(const google::protobuf::Message& message);
  // The same on one line, for streams.
  static std::string ToJsonLine(const google::protobuf::Message& message);

  // Tells what went wrong and what to do next. `repeat_with` is the option that makes a repetition
  // safe where the outcome is not known, such as "--id 0f8f...".
  ExitCode Fail(const absl::Status& status, std::string_view repeat_with = "") const;
};

// Adds a command with its examples to `parent`.
CLI::App* AddCommand(CLI::App& parent, const std::string& name, const std::string& description,
                     const std::string& examples);
// Makes `action` what `app` does.
void SetAction(CLI::App& app, Command& command, std::function<ExitCode(Command&)> action);

void PrintOrg(const Command& command, const v1::Org& org);

void AddOrgCommands(CLI::App& app, Command& command);
void AddPlanCommands(CLI::App& app, Command& command);
void AddCallCommands(CLI::App& app, Command& command);
void AddCatalogCommands(CLI::App& app, Command& command);
void AddCatalogCheck(CLI::App& app, Command& command);
void AddHistoryCommands(CLI::App& app, Command& command);
void AddEventsCommand(CLI::App& app, Command& command);
void AddUsageCommand(CLI::App& app, Command& command);
void AddClockCommand(CLI::App& app, Command& command);
void AddHealthCommand(CLI::App& app, Command& command);
void AddReplayCommand(CLI::App& app, Command& command);
void AddForecastCommand(CLI::App& app, Command& command);
void AddBackupCommand(CLI::App& app, Command& command);
void AddRestoreCommand(CLI::App& app, Command& command);
void AddVerifyCommand(CLI::App& app, Command& command);
void AddDumpCommand(CLI::App& app, Command& command);

}  // namespace quota::client
