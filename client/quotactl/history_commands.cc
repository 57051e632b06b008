// quotactl history, audit: what happened, as the server keeps it.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/quotactl/arguments.h"
#include "client/quotactl/command.h"
#include "client/quotactl/text_format.h"

namespace quota::client {
namespace {

// How a listing is paged; the same for both.
struct PageArguments {
  int32_t page_size = 0;
  std::string page_token;
  bool all = false;

  void AddTo(CLI::App& app, const char* page_size_help) {
    AddNumber(app, "--page-size", page_size, page_size_help);
    CLI::Option* token =
        app.add_option("--page-token", page_token, "Where the previous page ended");
    app.add_flag("--all", all, "All pages")->excludes(token);
  }
};

// Asks for pages until there is no more, or for one.
template <class Request, class Response>
absl::StatusOr<Response> ListPages(const Command& command, const PageArguments& pages,
                                   absl::StatusOr<Response> (AdminClient::*rpc)(const Request&),
                                   Request request) {
  const auto client = command.NewAdminClient();
  if (!client.ok()) return client.status();
  request.set_page_size(pages.page_size);
  request.set_page_token(pages.page_token);
  Response response;
  do {
    auto page = ((**client).*rpc)(request);
    if (!page.ok()) return page.status();
    response.MergeFrom(*page);
    response.set_next_page_token(page->next_page_token());
    request.set_page_token(page->next_page_token());
  } while (pages.all && !request.page_token().empty());
  return response;
}

void PrintMore(const Command& command, const std::string& token) {
  if (token.empty()) return;
  command.environment.err << "more: --page-token " << token << ", or --all\n";
}

void PrintDays(const Command& command, const v1::ListUsageHistoryResponse& history) {
  Table table({{"DAY"},
               {"MODEL"},
               {"ALLOTMENT", Table::Align::kRight},
               {"USED", Table::Align::kRight},
               {"HELD", Table::Align::kRight},
               {"OVERAGE", Table::Align::kRight},
               {"STATE"}});
  for (const v1::DayUsage& day : history.days()) {
    table.AddRow({FormatDate(day.has_date(), day.date()), FormatModel(day.model()),
                  FormatAmount(TotalOf(day.allotment_by_source())), FormatAmount(day.used()),
                  FormatAmount(day.held()), FormatAmount(day.overage()),
                  day.closed() ? "closed" : "open"});
  }
  table.Print(command.out());
}

void AddHistory(CLI::App& app, Command& command) {
  CLI::App* history =
      AddCommand(app, "history", "Lists the days of an organisation that had calls, newest first",
                 "  quotactl history acme\n"
                 "  quotactl history acme --all --output json | jq .days[].used");
  struct Arguments {
    std::string org;
    PageArguments pages;
  };
  auto args = std::make_shared<Arguments>();
  history->add_option("ORG", args->org, "The organisation's id")->required();
  args->pages.AddTo(*history, "1 to 400; default 31");
  SetAction(*history, command, [args](Command& c) {
    v1::ListUsageHistoryRequest request;
    request.set_org_id(args->org);
    const auto days = ListPages(c, args->pages, &AdminClient::ListUsageHistory, request);
    if (!days.ok()) return c.Fail(days.status());
    if (c.json) {
      c.PrintJson(*days);
      return ExitCode::kOk;
    }
    PrintDays(c, *days);
    PrintMore(c, days->next_page_token());
    return ExitCode::kOk;
  });
}

// What of the plan differs, in a few words.
std::string Difference(const v1::AuditEntry& entry) {
  // It concerned no organisation.
  if (!entry.has_after()) return entry.detail().empty() ? "-" : entry.detail();
  if (!entry.has_before()) return absl::StrCat("created, edition ", entry.after().edition());
  const v1::Org& before = entry.before();
  const v1::Org& after = entry.after();
  std::string text;
  const auto tell = [&text](const char* what, const std::string& from, const std::string& to) {
    if (from != to) absl::StrAppend(&text, text.empty() ? "" : "; ", what, " ", from, " -> ", to);
  };
  tell("edition", before.edition(), after.edition());
  tell("agents", FormatAmount(before.agents()), FormatAmount(after.agents()));
  tell("light agents", FormatAmount(before.light_agents()), FormatAmount(after.light_agents()));
  tell("data center", before.data_center(), after.data_center());
  tell("time zone", before.time_zone(), after.time_zone());
  tell("paid", before.paid() ? "yes" : "no", after.paid() ? "yes" : "no");
  tell("suspended", before.suspended() ? "yes" : "no", after.suspended() ? "yes" : "no");
  tell("legacy limit", before.has_legacy_limit() ? FormatAmount(before.legacy_limit()) : "none",
       after.has_legacy_limit() ? FormatAmount(after.legacy_limit()) : "none");
  tell("purchases", FormatAmount(before.purchases_size()), FormatAmount(after.purchases_size()));
  for (int i = 0; i < std::min(before.pools_size(), after.pools_size()); ++i) {
    tell(absl::StrCat("pool ", after.pools(i).name()).c_str(),
         FormatAmount(before.pools(i).limit()), FormatAmount(after.pools(i).limit()));
  }
  return text.empty() ? "-" : text;
}

void PrintEntries(const Command& command, const v1::ListAuditLogResponse& log) {
  Table table({{"AT"}, {"ORGANISATION"}, {"CHANGE"}, {"WHAT"}, {"ACTOR (NOT VERIFIED)"}, {"FROM"}});
  for (const v1::AuditEntry& entry : log.entries()) {
    table.AddRow({FormatInstant(entry.at(), command.now()), entry.org_id(), entry.action(),
                  Difference(entry), entry.actor().empty() ? "-" : entry.actor(), entry.peer()});
  }
  table.Print(command.out());
}

void AddAudit(CLI::App& app, Command& command) {
  CLI::App* audit = AddCommand(app, "audit", "Lists administrators' changes, newest first",
                               "  quotactl audit acme\n"
                               "  quotactl audit --all --output json");
  struct Arguments {
    std::string org;
    PageArguments pages;
  };
  auto args = std::make_shared<Arguments>();
  audit->add_option("ORG", args->org, "The organisation's id; absent: one after the other");
  args->pages.AddTo(*audit, "1 to 1000; default 100");
  SetAction(*audit, command, [args](Command& c) {
    v1::ListAuditLogRequest request;
    request.set_org_id(args->org);
    const auto log = ListPages(c, args->pages, &AdminClient::ListAuditLog, request);
    if (!log.ok()) return c.Fail(log.status());
    if (c.json) {
      c.PrintJson(*log);
      return ExitCode::kOk;
    }
    PrintEntries(c, *log);
    PrintMore(c, log->next_page_token());
    return ExitCode::kOk;
  });
}

}  // namespace

void AddHistoryCommands(CLI::App& app, Command& command) {
  AddHistory(app, command);
  AddAudit(app, command);
}

}  // namespace quota::client
