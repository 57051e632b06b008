#include "client/quotactl/command.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status.h"

namespace quota::client {
namespace {

bool IsWorthRetrying(const absl::Status& status) {
  return status.code() == absl::StatusCode::kUnavailable ||
         status.code() == absl::StatusCode::kDeadlineExceeded ||
         status.code() == absl::StatusCode::kResourceExhausted ||
         status.code() == absl::StatusCode::kCancelled;
}

// What to do about an error that the server, or the connection to it, gave.
std::string NextStep(const absl::Status& status, const std::string& server) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kCancelled:
      return absl::StrCat("no answer from ", server,
                          ": is quotad running there? Start it, name another server with --server "
                          "or QUOTACTL_SERVER, or give it longer with --timeout");
    case absl::StatusCode::kResourceExhausted:
      return "the server is overloaded: try again in a few seconds";
    case absl::StatusCode::kNotFound:
      return "check the ids: 'quotactl org list' shows the organisations; a reservation is known "
             "for about two minutes after its end";
    case absl::StatusCode::kAlreadyExists:
      return "an id can't be used for something else: choose another";
    case absl::StatusCode::kAborted:
      return "read the present revision with 'quotactl org get' and try again";
    case absl::StatusCode::kInvalidArgument:
      return "correct the value that the message names; --help shows the options";
    case absl::StatusCode::kUnimplemented:
      return "this server does not offer the call: is it an older release than quotactl?";
    default:
      return "";
  }
}

std::string JsonOf(const google::protobuf::Message& message, bool whitespace) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = whitespace;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(message, &text, options);
  // Fails only for an Any or a timestamp that no server of ours can send.
  if (!status.ok()) return whitespace ? "null\n" : "null";
  return text;
}

}  // namespace

ClientOptions Command::client_options() const {
  ClientOptions options;
  options.target = server;
  options.retry.budget = std::min(timeout, RetryPolicy::kLongestBudget);
  options.retry.attempt_deadline = options.retry.budget;
  options.actor = actor;
  return options;
}

absl::StatusOr<std::unique_ptr<Client>> Command::NewClient() const {
  return Client::Create(client_options());
}

absl::StatusOr<std::unique_ptr<AdminClient>> Command::NewAdminClient() const {
  return AdminClient::Create(client_options());
}

std::string Command::ToJson(const google::protobuf::Message& message) {
  return JsonOf(message, /*whitespace=*/true);
}

std::string Command::ToJsonLine(const google::protobuf::Message& message) {
  return JsonOf(message, /*whitespace=*/false) + "\n";
}

void Command::PrintJson(const google::protobuf::Message& message) const {
  out() << ToJson(message);
}

ExitCode Command::Fail(const absl::Status& status, std::string_view repeat_with) const {
  std::ostream& err = environment.err;
  err << "quotactl: " << absl::StatusCodeToString(status.code()) << ": " << status.message()
      << '\n';
  const std::string next = NextStep(status, server);
  if (!next.empty()) err << "  " << next << '\n';
  if (!repeat_with.empty() && IsOutcomeUnknown(status)) {
    err << "  it may or may not have happened: repeat the command with " << repeat_with << '\n';
  }
  return IsWorthRetrying(status) ? ExitCode::kUnavailable : ExitCode::kServerError;
}

CLI::App* AddCommand(CLI::App& parent, const std::string& name, const std::string& description,
                     const std::string& examples) {
  CLI::App* app = parent.add_subcommand(name, description);
  app->footer(absl::StrCat("Examples:\n", examples));
  return app;
}

void SetAction(CLI::App& app, Command& command, std::function<ExitCode(Command&)> action) {
  app.callback([&command, action = std::move(action)] { command.action = action; });
}

}  // namespace quota::client
