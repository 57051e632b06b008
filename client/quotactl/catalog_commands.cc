// quotactl catalog show|reload; check has a file of its own.
#include <google/protobuf/text_format.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/quotactl/arguments.h"
#include "client/quotactl/command.h"
#include "client/quotactl/text_format.h"

namespace quota::client {
namespace {

void AddShow(CLI::App& app, Command& command) {
  CLI::App* show = AddCommand(app, "show", "Prints the catalog that the server uses",
                              "  quotactl catalog show > catalog.textproto");
  SetAction(*show, command, [](Command& c) {
    const auto client = c.NewAdminClient();
    if (!client.ok()) return c.Fail(client.status());
    const auto answer = (*client)->GetCatalog();
    if (!answer.ok()) return c.Fail(answer.status());
    if (c.json) {
      c.PrintJson(*answer);
      return ExitCode::kOk;
    }
    std::string text;
    google::protobuf::TextFormat::PrintToString(answer->catalog(), &text);
    c.out() << "# revision " << answer->revision_in_force() << " is in force\n" << text;
    return ExitCode::kOk;
  });
}

void AddReload(CLI::App& app, Command& command) {
  CLI::App* reload =
      AddCommand(app, "reload", "Makes the server read its catalog's file again, all or nothing",
                 "  quotactl catalog reload");
  SetAction(*reload, command, [](Command& c) {
    const auto client = c.NewAdminClient();
    if (!client.ok()) return c.Fail(client.status());
    const auto answer = (*client)->ReloadCatalog();
    if (!answer.ok()) return c.Fail(answer.status());
    if (c.json) {
      c.PrintJson(*answer);
    } else {
      c.out() << (answer->changed() ? "reloaded" : "nothing has changed") << "; revision "
              << answer->revision() << " is in force\n";
    }
    return ExitCode::kOk;
  });
}

}  // namespace

void AddCatalogCommands(CLI::App& app, Command& command) {
  CLI::App* catalog =
      app.add_subcommand("catalog", "The catalog of editions and prices: a server's, or a file");
  catalog->require_subcommand(1);
  AddCatalogCheck(*catalog, command);
  AddShow(*catalog, command);
  AddReload(*catalog, command);
}

}  // namespace quota::client
