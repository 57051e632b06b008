// quotactl catalog check: finds the mistakes of a catalog's file, without a server.
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "catalog/catalog_loader.h"
#include "client/quotactl/command.h"
#include "client/quotactl/text_format.h"

namespace quota::client {
namespace {

using nlohmann::ordered_json;

size_t MethodCount(const v1::CatalogRevision& revision) {
  size_t methods = 0;
  for (const v1::Price& price : revision.prices()) methods += price.methods_size();
  return methods;
}

ordered_json MistakesJson(const std::string& file, const catalog::CheckedCatalog& checked) {
  ordered_json mistakes = ordered_json::array();
  for (const catalog::TextMistake& mistake : checked.mistakes) {
    mistakes.push_back({{"line", mistake.line}, {"message", mistake.message}});
  }
  return {{"file", file}, {"ok", false}, {"found", checked.found}, {"mistakes", mistakes}};
}

ordered_json RevisionsJson(const std::string& file, const ledger::Catalog& catalog, Instant now) {
  ordered_json revisions = ordered_json::array();
  for (const auto& revision : catalog.revisions()) {
    revisions.push_back({{"number", revision->number()},
                         {"effective_from", revision->source().effective_from()},
                         {"in_force", revision.get() == &catalog.At(now)},
                         {"editions", revision->editions().size()},
                         {"data_centers", revision->data_centers().size()},
                         {"pools", revision->pools().size()},
                         {"methods", MethodCount(revision->source())}});
  }
  return {{"file", file}, {"ok", true}, {"found", 0}, {"revisions", revisions}};
}

void PrintMistakes(const Command& command, const std::string& file,
                   const catalog::CheckedCatalog& checked) {
  for (const catalog::TextMistake& mistake : checked.mistakes) {
    command.out() << file << ':' << mistake.line << ": " << mistake.message << '\n';
  }
  command.out() << file << ": " << FormatAmount(static_cast<int64_t>(checked.found))
                << (checked.found == 1 ? " mistake" : " mistakes");
  if (checked.found > checked.mistakes.size()) {
    command.out() << ", of which the first " << checked.mistakes.size() << " are shown";
  }
  command.out() << '\n';
}

void PrintRevisions(const Command& command, const std::string& file,
                    const ledger::Catalog& catalog) {
  using enum Table::Align;
  Table table({{"REVISION", kRight},
               {"EFFECTIVE FROM", kLeft},
               {"EDITIONS", kRight},
               {"DATA CENTERS", kRight},
               {"POOLS", kRight},
               {"METHODS", kRight},
               {"NOW", kLeft}});
  for (const auto& revision : catalog.revisions()) {
    const std::string& from = revision->source().effective_from();
    table.AddRow(
        {FormatAmount(revision->number()), from.empty() ? "the beginning" : from,
         absl::StrCat(revision->editions().size()), absl::StrCat(revision->data_centers().size()),
         absl::StrCat(revision->pools().size()), absl::StrCat(MethodCount(revision->source())),
         revision.get() == &catalog.At(command.now()) ? "in force" : ""});
  }
  command.out() << file << ": OK\n";
  table.Print(command.out());
}

ExitCode RunCheck(const Command& command, const std::string& file) {
  const absl::StatusOr<std::string> text = file == "-"
                                               ? catalog::ReadCatalog(command.environment.in, file)
                                               : catalog::ReadCatalogFile(file);
  if (!text.ok()) {
    command.environment.err << "quotactl catalog check: " << text.status().message() << '\n';
    return ExitCode::kUsage;
  }
  const catalog::CheckedCatalog checked = catalog::CheckCatalog(*text);
  if (command.json) {
    command.out() << (checked.catalog == nullptr
                          ? MistakesJson(file, checked)
                          : RevisionsJson(file, *checked.catalog, command.now()))
                         .dump(1, ' ', false, ordered_json::error_handler_t::replace)
                  << '\n';
  } else if (checked.catalog == nullptr) {
    PrintMistakes(command, file, checked);
  } else {
    PrintRevisions(command, file, *checked.catalog);
  }
  return checked.catalog == nullptr ? ExitCode::kUsage : ExitCode::kOk;
}

}  // namespace

void AddCatalogCheck(CLI::App& app, Command& command) {
  CLI::App* check =
      AddCommand(app, "check", "Finds every mistake of a catalog's file; exit code 0 (none) or 2",
                 "  quotactl catalog check deploy/catalog/default.textproto\n"
                 "  quotactl catalog check new.textproto && quotad --catalog new.textproto");
  auto file = std::make_shared<std::string>();
  check->add_option("FILE", *file, "The catalog, protobuf text; '-' is the standard input")
      ->required();
  SetAction(*check, command, [file](Command& c) { return RunCheck(c, *file); });
}

}  // namespace quota::client
