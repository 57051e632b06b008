// quotactl dump: prints the journal and the accounts of a store, without a server.
#include <memory>
#include <optional>
#include <string>

#include "client/quotactl/arguments.h"
#include "client/quotactl/command.h"
#include "client/quotactl/verify_report.h"
#include "inspect/dump.h"
#include "inspect/stored_folder.h"

namespace quota::client {
namespace {

struct DumpArguments {
  std::string path;
  std::string org;
  std::optional<int64_t> shard;
  bool only_journal = false;
  bool only_accounts = false;
};

absl::Status Dump(const Command& command, const DumpArguments& args) {
  if (args.shard && (*args.shard < 0 || *args.shard >= storage::kMaxShards)) {
    return absl::InvalidArgumentError("--shard: shards are numbered from 0");
  }
  const auto folder = inspect::FindFolder(args.path);
  if (!folder.ok()) return folder.status();
  const auto store = inspect::OpenFolder(*folder);
  if (!store.ok()) return store.status();
  inspect::DumpOptions options;
  options.accounts = !args.only_journal;
  options.journal = !args.only_accounts;
  options.org = args.org;
  if (args.shard) options.shard = static_cast<uint32_t>(*args.shard);
  options.json = command.json;
  return inspect::DumpStore(**store, options, command.out());
}

}  // namespace

void AddDumpCommand(CLI::App& app, Command& command) {
  CLI::App* dump =
      AddCommand(app, "dump", "Prints the accounts and the journal of a store",
                 "  quotactl dump /var/lib/quotad --accounts     # of a stopped quotad\n"
                 "  quotactl dump /backups/monday --org acme\n"
                 "  quotactl dump /backups/monday --journal --output json | jq .value");
  auto args = std::make_shared<DumpArguments>();
  dump->add_option("FOLDER", args->path, "A data folder that no quotad has open, or a backup")
      ->required();
  CLI::Option* org = dump->add_option("--org", args->org, "Only of this organisation");
  AddNumber(*dump, "--shard", args->shard, "Only of this shard")->excludes(org);
  CLI::Option* journal = dump->add_flag("--journal", args->only_journal, "Only the journal");
  dump->add_flag("--accounts", args->only_accounts, "Only the accounts")->excludes(journal);
  SetAction(*dump, command, [args](Command& c) {
    const absl::Status status = Dump(c, *args);
    return status.ok() ? ExitCode::kOk : FailLocally(c, "dump", status);
  });
}

}  // namespace quota::client
