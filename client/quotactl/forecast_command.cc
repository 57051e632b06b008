// quotactl plan: works out from access logs what a move to API credits would mean.
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "catalog/catalog_loader.h"
#include "client/quotactl/arguments.h"
#include "client/quotactl/command.h"
#include "client/quotactl/forecast_report.h"
#include "client/quotactl/log_arguments.h"
#include "client/quotactl/merged_logs.h"
#include "client/quotactl/org_facts.h"
#include "client/quotactl/request_pricer.h"
#include "common/status.h"

namespace quota::client {
namespace {

constexpr char kPlanExamples[] =
    "  quotactl plan --format combined --prices prices --edition standard --agents 12 access.log\n"
    "  quotactl plan --prices prices --orgs orgs.csv --catalog new.textproto access.log.1 "
    "access.log\n"
    "  zcat access.log.*.gz | quotactl plan --format combined --default-org acme -\n"
    "\n"
    "The file of --orgs is CSV with a header: org and any of the options from --edition to\n"
    "--additional as columns, such as 'org,edition,agents,legacy_limit,paid'. See docs/cli.md.";

struct ForecastArguments {
  LogArguments log;
  std::string catalog;
  std::optional<int64_t> revision;
  std::string orgs;
  // What the options say of all organisations, by FactField::name.
  std::map<std::string, std::string> facts;
};

// What a command line and its files come to.
struct ForecastInput {
  LogReading log;
  std::shared_ptr<const ledger::Catalog> catalog;
  const ledger::CatalogRevision* revision;
  OrgTable orgs;
};

std::string OptionOf(const FactField& field) {
  return absl::StrCat("--", absl::StrReplaceAll(field.name, {{"_", "-"}}));
}

absl::StatusOr<const ledger::CatalogRevision*> RevisionOf(const ForecastArguments& args,
                                                          const ledger::Catalog& catalog,
                                                          Instant now) {
  if (!args.revision.has_value()) return &catalog.At(now);
  std::vector<int64_t> numbers;
  for (const auto& revision : catalog.revisions()) {
    if (revision->number() == *args.revision) return revision.get();
    numbers.push_back(revision->number());
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "--revision: ", *args.revision, "; the catalog has ", absl::StrJoin(numbers, ", ")));
}

absl::StatusOr<OrgTable> OrgsOf(const ForecastArguments& args,
                                const ledger::CatalogRevision& revision) {
  OrgFacts defaults;
  defaults.plan.data_center = revision.FindDataCenter("")->name;
  for (const FactField& field : FactFields()) {
    const auto text = args.facts.find(field.name);
    if (text == args.facts.end()) continue;
    QUOTA_RETURN_IF_ERROR(Annotate(field.set(text->second, revision, defaults), OptionOf(field)));
  }
  if (args.orgs.empty()) return OrgTable(std::move(defaults));
  std::ifstream in(args.orgs);
  if (!in) return CannotRead(args.orgs);
  return OrgTable::Read(in, args.orgs, revision, std::move(defaults));
}

absl::StatusOr<ForecastInput> InputOf(const ForecastArguments& args, Instant now) {
  QUOTA_ASSIGN_OR_RETURN(LogReading log, args.log.Read());
  if (!log.parser.has_time()) {
    return absl::InvalidArgumentError(
        "days need the time of each request: give the regex a group (?P<time>...)");
  }
  QUOTA_ASSIGN_OR_RETURN(auto catalog, args.catalog.empty()
                                           ? catalog::LoadDefaultCatalog()
                                           : catalog::LoadCatalogFile(args.catalog));
  QUOTA_ASSIGN_OR_RETURN(const auto* const revision, RevisionOf(args, *catalog, now));
  QUOTA_ASSIGN_OR_RETURN(OrgTable orgs, OrgsOf(args, *revision));
  return ForecastInput{std::move(log), std::move(catalog), revision, std::move(orgs)};
}

absl::StatusOr<ForecastReport> Run(const ForecastInput& input, MergedLogs& logs, Instant now,
                                   const LogLineCounts& lines) {
  ForecastReport report;
  RequestPricer pricer(input.log.prices, *input.revision);
  Forecast forecast(*input.revision, input.orgs, now);
  while (logs.Next()) {
    const AccessLogRequest& request = logs.request();
    const auto priced = pricer.Price(request.method, request.path);
    if (priced.ok()) {
      QUOTA_RETURN_IF_ERROR(forecast.Add(request, *priced));
    } else if (report.unpriced++ == 0) {
      report.first_unpriced = std::string(priced.status().message());
    }
  }
  QUOTA_ASSIGN_OR_RETURN(report.result, forecast.Finish());
  report.lines = lines;
  report.methods = pricer.methods();
  report.idle_orgs = static_cast<int64_t>(input.orgs.size());
  for (const OrgForecast& org : report.result.orgs) {
    if (input.orgs.Has(org.org_id)) --report.idle_orgs;
  }
  return report;
}

ExitCode RunPlan(const Command& command, const ForecastArguments& args) {
  const Instant now = command.now();
  const auto input = InputOf(args, now);
  if (!input.ok()) return RefuseArguments(command, "plan", input.status());
  const auto files = args.log.Open();
  if (!files.ok()) return RefuseArguments(command, "plan", files.status());
  std::vector<std::istream*> streams;
  for (const auto& file : *files) {
    streams.push_back(file == nullptr ? &command.environment.in : file.get());
  }
  LogLineCounts lines;
  MergedLogs logs(streams, input->log.parser, args.log.default_org, lines);
  const auto report = Run(*input, logs, now, lines);
  if (!report.ok()) return RefuseArguments(command, "plan", report.status());
  if (command.json) {
    PrintForecastJson(command, *input->revision, *report);
  } else {
    PrintForecastTables(command, *input->revision, *report);
  }
  return ExitCode::kOk;
}

}  // namespace

void AddForecastCommand(CLI::App& app, Command& command) {
  CLI::App* plan = AddCommand(
      app, "plan", "Says from access logs what a move to API credits would mean; without a server",
      kPlanExamples);
  auto args = std::make_shared<ForecastArguments>();
  args->log.AddTo(*plan);
  plan->add_option("--catalog", args->catalog, "The catalog, protobuf text; default: built in")
      ->type_name("FILE");
  AddNumber(*plan, "--revision", args->revision,
            "The catalog's revision to plan for; default: the one in force now");
  plan->add_option("--orgs", args->orgs, "CSV of what differs between organisations")
      ->type_name("FILE");
  for (const FactField& field : FactFields()) {
    plan->add_option_function<std::string>(
        OptionOf(field),
        [args, name = field.name](const std::string& text) { args->facts[name] = text; },
        field.description);
  }
  SetAction(*plan, command, [args](Command& c) { return RunPlan(c, *args); });
}

}  // namespace quota::client
