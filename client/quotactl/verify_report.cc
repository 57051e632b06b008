#include "client/quotactl/verify_report.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "client/quotactl/table.h"
#include "client/quotactl/text_format.h"
#include "inspect/event_json.h"

namespace quota::client {
namespace {

using nlohmann::ordered_json;

struct Row {
  const char* name;   // in JSON
  const char* words;  // for people
  uint64_t inspect::Counts::*count;
};

constexpr Row kRows[] = {
    {"records", "records", &inspect::Counts::records},
    {"bytes", "bytes", &inspect::Counts::bytes},
    {"accounts", "organisations", &inspect::Counts::accounts},
    {"holds", "open holds", &inspect::Counts::holds},
    {"entries", "journal entries", &inspect::Counts::entries},
    {"events", "events in them", &inspect::Counts::events},
    {"pages", "pages of ids", &inspect::Counts::pages},
    {"ids", "ids remembered", &inspect::Counts::ids},
    {"closed_days", "closed days", &inspect::Counts::closed_days},
    {"audit_entries", "audit entries", &inspect::Counts::audit_entries},
    {"watched_events", "watched events", &inspect::Counts::watched_events},
    {"orphan_chunks", "chunks left by a crash", &inspect::Counts::orphan_chunks},
};

std::string NewestText(const inspect::Report& report) {
  return report.last_at == Instant() ? "-" : inspect::InstantText(report.last_at);
}

void PrintJson(const Command& command, const std::string& path, const inspect::Report& report) {
  ordered_json json = {{"path", path},
                       {"ok", report.ok()},
                       {"creation_id", report.format.creation_id},
                       {"shards", report.format.shards},
                       {"shards_checked", report.shards_checked},
                       {"newest_entry_at", NewestText(report)}};
  for (const Row& row : kRows) json[row.name] = report.counts.*row.count;
  json["found"] = report.found();
  json["findings"] = ordered_json::array();
  for (const inspect::Finding& finding : report.findings()) {
    json["findings"].push_back({{"where", finding.where}, {"what", finding.what}});
  }
  command.out() << json.dump(1, ' ', false, ordered_json::error_handler_t::replace) << '\n';
}

void PrintText(const Command& command, const std::string& path, const inspect::Report& report) {
  for (const inspect::Finding& finding : report.findings()) {
    command.out() << finding.where << ": " << finding.what << '\n';
  }
  Table card = Table::Card();
  card.AddRow({"creation id", report.format.creation_id});
  card.AddRow(
      {"shards", absl::StrCat(report.shards_checked, " of ", report.format.shards, " checked")});
  for (const Row& row : kRows) {
    card.AddRow({row.words, FormatAmount(static_cast<int64_t>(report.counts.*row.count))});
  }
  card.AddRow({"newest entry", NewestText(report)});
  card.Print(command.out());
  if (report.ok()) {
    command.out() << path << ": OK\n";
    return;
  }
  command.out() << path << ": DAMAGED, " << FormatAmount(static_cast<int64_t>(report.found()))
                << (report.found() == 1 ? " finding" : " findings");
  if (report.found() > report.findings().size()) {
    command.out() << ", of which the first " << report.findings().size() << " are shown";
  }
  command.out() << '\n';
}

}  // namespace

void PrintVerifyReport(const Command& command, const std::string& path,
                       const inspect::Report& report) {
  if (command.json) {
    PrintJson(command, path, report);
  } else {
    PrintText(command, path, report);
  }
}

ExitCode FailLocally(const Command& command, const char* name, const absl::Status& status) {
  command.environment.err << "quotactl " << name << ": " << status.message() << '\n';
  return absl::IsDataLoss(status) ? ExitCode::kDamaged : ExitCode::kUsage;
}

}  // namespace quota::client
