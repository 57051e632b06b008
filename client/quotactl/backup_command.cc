// quotactl backup: the server copies its store while it goes on serving.
#include <memory>
#include <optional>
#include <string>

#include "client/quotactl/arguments.h"
#include "client/quotactl/command.h"
#include "client/quotactl/text_format.h"
#include "client/uuid.h"

namespace quota::client {
namespace {

struct BackupArguments {
  v1::BackupRequest request;
  std::optional<Duration> wait;
};

void PrintBackup(const Command& command, const v1::BackupResponse& backup) {
  const Duration duration(std::chrono::seconds(backup.duration().seconds()) +
                          std::chrono::microseconds(backup.duration().nanos() / 1000));
  Table card = Table::Card();
  card.AddRow({"backup", backup.path()});
  card.AddRow({"taken at", FormatInstant(backup.taken_at(), command.now())});
  card.AddRow({"files", FormatAmount(backup.files())});
  card.AddRow({"bytes", FormatAmount(backup.bytes())});
  card.AddRow({"took", FormatLatency(duration)});
  card.Print(command.out());
}

ExitCode RunBackup(Command& command, const BackupArguments& args) {
  v1::BackupRequest request = args.request;
  if (request.request_id().empty()) request.set_request_id(NewUuid());
  const auto client = command.NewAdminClient();
  if (!client.ok()) return command.Fail(client.status());
  const auto answer = (*client)->Backup(request, args.wait.value_or(std::chrono::hours(1)));
  if (!answer.ok()) {
    return command.Fail(answer.status(), "--request-id " + request.request_id());
  }
  if (command.json) {
    command.PrintJson(*answer);
  } else {
    PrintBackup(command, *answer);
  }
  return ExitCode::kOk;
}

}  // namespace

void AddBackupCommand(CLI::App& app, Command& command) {
  CLI::App* backup = AddCommand(
      app, "backup", "Has the server copy its store to a new folder under its --backup-dir",
      "  quotactl backup monday\n"
      "  quotactl backup $(date +%Y-%m-%d) && quotactl verify /backups/$(date +%Y-%m-%d)");
  auto args = std::make_shared<BackupArguments>();
  backup
      ->add_option_function<std::string>(
          "NAME", [args](const std::string& name) { args->request.set_name(name); },
          "The new folder's name: letters, digits, '-', '_' and '.'")
      ->required();
  backup->add_option_function<std::string>(
      "--request-id", [args](const std::string& id) { args->request.set_request_id(id); },
      "A repetition under the same id waits for, or finds, the same backup");
  AddDuration(*backup, "--wait", args->wait, "The longest that it may take")->default_str("1h");
  SetAction(*backup, command, [args](Command& c) { return RunBackup(c, *args); });
}

}  // namespace quota::client
