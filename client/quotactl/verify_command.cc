// quotactl verify: checks a data folder or a backup, without a server.
#include <memory>
#include <string>

#include "client/quotactl/command.h"
#include "client/quotactl/progress_line.h"
#include "client/quotactl/verify_report.h"
#include "inspect/verify.h"

namespace quota::client {
namespace {

ExitCode RunVerify(const Command& command, const std::string& path) {
  absl::StatusOr<inspect::Report> report;
  {
    ProgressLine line(command.environment);
    report = inspect::VerifyFolder(
        path, [&line](std::string_view what, uint64_t done) { line.Show(what, done); });
  }
  if (!report.ok()) return FailLocally(command, "verify", report.status());
  PrintVerifyReport(command, path, *report);
  return report->ok() ? ExitCode::kOk : ExitCode::kDamaged;
}

}  // namespace

void AddVerifyCommand(CLI::App& app, Command& command) {
  CLI::App* verify = AddCommand(
      app, "verify",
      "Checks every record of a store and recomputes every sum; exit code 0 (whole) or 5",
      "  quotactl verify /backups/monday\n"
      "  quotactl verify /var/lib/quotad --output json    # of a stopped quotad");
  auto path = std::make_shared<std::string>();
  verify->add_option("FOLDER", *path, "A data folder that no quotad has open, or a backup")
      ->required();
  SetAction(*verify, command, [path](Command& c) { return RunVerify(c, *path); });
}

}  // namespace quota::client
