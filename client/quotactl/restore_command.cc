// quotactl restore: a backup becomes a data folder, without a server.
#include <memory>
#include <string>

#include "client/quotactl/command.h"
#include "client/quotactl/progress_line.h"
#include "client/quotactl/verify_report.h"
#include "inspect/restore.h"

namespace quota::client {
namespace {

struct RestoreArguments {
  std::string backup;
  std::string folder;
};

ExitCode RunRestore(const Command& command, const RestoreArguments& args) {
  absl::StatusOr<inspect::Report> report;
  {
    ProgressLine line(command.environment);
    report = inspect::RestoreBackup(
        args.backup, args.folder,
        [&line](std::string_view what, uint64_t done) { line.Show(what, done); });
  }
  if (!report.ok()) return FailLocally(command, "restore", report.status());
  PrintVerifyReport(command, args.folder, *report);
  if (!report->ok()) {
    command.environment.err << "quotactl restore: the backup is damaged; nothing was restored\n";
    return ExitCode::kDamaged;
  }
  command.environment.err << "restored; start it with: quotad --data-dir " << args.folder << '\n';
  return ExitCode::kOk;
}

}  // namespace

void AddRestoreCommand(CLI::App& app, Command& command) {
  CLI::App* restore = AddCommand(app, "restore", "Makes a data folder of a backup, and verifies it",
                                 "  quotactl restore /backups/monday /var/lib/quotad-restored\n"
                                 "  quotad --data-dir /var/lib/quotad-restored");
  auto args = std::make_shared<RestoreArguments>();
  restore->add_option("BACKUP", args->backup, "The backup's folder")->required();
  restore
      ->add_option("DATA_FOLDER", args->folder,
                   "The new data folder: missing or empty; it appears when all is done")
      ->required();
  SetAction(*restore, command, [args](Command& c) { return RunRestore(c, *args); });
}

}  // namespace quota::client
