// quotactl usage: what an organisation may spend today, what it has used, and why.
#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/quotactl/command.h"
#include "client/quotactl/text_format.h"

namespace quota::client {
namespace {

void PrintSources(const Command& command, const v1::GetUsageResponse& usage) {
  Table table({{"SOURCE"}, {"ALLOTMENT", Table::Align::kRight}, {"USED", Table::Align::kRight}});
  const v1::CreditsBySource& allotted = usage.allotment_by_source();
  const v1::CreditsBySource& used = usage.used_by_source();
  const auto add = [&table](const char* name, int64_t allotment, int64_t spent) {
    table.AddRow({name, FormatAmount(allotment), FormatAmount(spent)});
  };
  add("base", allotted.base(), used.base());
  add("variable", allotted.variable(), used.variable());
  add("grandfathered", allotted.grandfathered(), used.grandfathered());
  add("additional", allotted.additional(), used.additional());
  add("packs", allotted.packs(), used.packs());
  add("total", usage.usage().allotment(), usage.usage().used());
  command.out() << '\n';
  table.Print(command.out());
}

void PrintPools(const Command& command, const v1::Snapshot& usage) {
  if (usage.pools().empty()) return;
  Table table({{"POOL"}, {"LIMIT", Table::Align::kRight}, {"IN FLIGHT", Table::Align::kRight}});
  for (const v1::PoolUsage& pool : usage.pools()) {
    table.AddRow({pool.name(), FormatAmount(pool.limit()), FormatAmount(pool.in_flight())});
  }
  command.out() << '\n';
  table.Print(command.out());
}

void PrintUsage(const Command& command, const v1::GetUsageResponse& answer) {
  const v1::Snapshot& usage = answer.usage();
  Table card = Table::Card();
  card.AddRow(
      {"organisation", absl::StrCat(answer.org_id(), answer.suspended() ? " (suspended)" : "")});
  card.AddRow({"edition", answer.edition()});
  card.AddRow({"model", absl::StrCat(FormatModel(answer.model()), ": ", answer.model_reason())});
  card.AddRow(
      {"used", absl::StrCat(FormatAmount(usage.used()), " of ", FormatAmount(usage.allotment()),
                            " credits, ", FormatPercent(answer.used_percent()))});
  card.AddRow(
      {"held", absl::StrCat(FormatAmount(usage.held()), " credits, ",
                            FormatAmount(answer.open_reservations()), " open reservations")});
  card.AddRow({"remaining", absl::StrCat(FormatAmount(usage.remaining()), " credits")});
  if (answer.overage() != 0) {
    card.AddRow({"overage", absl::StrCat(FormatAmount(answer.overage()),
                                         " credits that could not be charged")});
  }
  card.AddRow({"day began at", FormatInstant(answer.day_starts_at(), command.now())});
  card.AddRow({"resets at", FormatInstant(usage.resets_at(), command.now())});
  card.AddRow({"time zone", answer.time_zone()});
  card.Print(command.out());
  PrintSources(command, answer);
  PrintPools(command, usage);
}

}  // namespace

void AddUsageCommand(CLI::App& app, Command& command) {
  CLI::App* usage =
      AddCommand(app, "usage", "Shows what an organisation may spend today and has used",
                 "  quotactl usage acme\n"
                 "  quotactl usage acme --output json | jq -r .usage.used");
  auto org_id = std::make_shared<std::string>();
  usage->add_option("ORG", *org_id, "The organisation's id")->required();
  SetAction(*usage, command, [org_id](Command& c) {
    const auto client = c.NewClient();
    if (!client.ok()) return c.Fail(client.status());
    const auto answer = (*client)->GetUsage(*org_id);
    if (!answer.ok()) return c.Fail(answer.status());
    if (c.json) {
      c.PrintJson(*answer);
    } else {
      PrintUsage(c, *answer);
    }
    return ExitCode::kOk;
  });
}

}  // namespace quota::client
