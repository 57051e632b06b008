// quotactl org create|get|list
#include <cstdint>
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "client/quotactl/arguments.h"
#include "client/quotactl/command.h"
#include "client/quotactl/text_format.h"
#include "client/uuid.h"

namespace quota::client {
namespace {

void AddSource(Table& table, const char* name, int64_t credits) {
  if (credits != 0) table.AddRow({"", absl::StrCat(name, " ", FormatAmount(credits))});
}

void PrintPurchases(const Command& command, const v1::Org& org) {
  if (org.purchases().empty()) return;
  Table table({{"PURCHASE"},
               {"KIND"},
               {"CREDITS", Table::Align::kRight},
               {"USED", Table::Align::kRight},
               {"HELD", Table::Align::kRight},
               {"FIRST DAY"},
               {"LAST DAY"}});
  for (const v1::Purchase& purchase : org.purchases()) {
    const bool pack = purchase.has_pack();
    table.AddRow({purchase.purchase_id(), pack ? "pack" : "per day",
                  FormatAmount(pack ? purchase.pack().credits() : purchase.credits_per_day()),
                  pack ? FormatAmount(purchase.pack().used()) : "-",
                  pack ? FormatAmount(purchase.pack().held()) : "-",
                  FormatDate(purchase.has_first_day(), purchase.first_day()),
                  FormatDate(purchase.has_last_day(), purchase.last_day())});
  }
  command.out() << '\n';
  table.Print(command.out());
}

void AddCreate(CLI::App& app, Command& command) {
  CLI::App* create = AddCommand(
      app, "create", "Creates an organisation",
      "  quotactl org create acme --edition enterprise --agents 12\n"
      "  quotactl org create globex --edition free --data-center eu --time-zone Europe/Berlin");
  struct Arguments {
    std::string org, edition, data_center, time_zone, request_id;
    int64_t agents = 0, light_agents = 0;
    bool paid = false;
    std::optional<v1::Date> signup_day;
    std::optional<int64_t> legacy_limit;
    std::optional<v1::Date> grandfathered_until;
  };
  auto args = std::make_shared<Arguments>();
  create->add_option("ORG", args->org, "The new organisation's id, 1 to 64 bytes")->required();
  create->add_option("--edition", args->edition, "An edition of the catalog")->required();
  AddNumber(*create, "--agents", args->agents, "Agents; default 0");
  AddNumber(*create, "--light-agents", args->light_agents,
            "Light agents, which add no credits; default 0");
  create->add_option("--data-center", args->data_center, "Default: the catalog's first");
  create->add_option("--time-zone", args->time_zone, "IANA zone; default: the data center's");
  AddDate(*create, "--signup-day", args->signup_day, "Default: today");
  create->add_flag("--paid", args->paid, "The organisation pays for its edition");
  AddNumber(*create, "--legacy-limit", args->legacy_limit,
            "Calls a day under the older model; required while that is in force");
  AddDate(*create, "--grandfathered-until", args->grandfathered_until, "Default: no end");
  create->add_option("--request-id", args->request_id, "Makes a repetition safe");
  SetAction(*create, command, [args](Command& c) {
    v1::CreateOrgRequest request;
    request.set_request_id(args->request_id.empty() ? NewUuid() : args->request_id);
    request.set_org_id(args->org);
    request.set_edition(args->edition);
    request.set_agents(args->agents);
    request.set_light_agents(args->light_agents);
    request.set_data_center(args->data_center);
    request.set_time_zone(args->time_zone);
    request.set_paid(args->paid);
    if (args->signup_day.has_value()) *request.mutable_signup_day() = *args->signup_day;
    if (args->legacy_limit.has_value()) request.set_legacy_limit(*args->legacy_limit);
    if (args->grandfathered_until.has_value()) {
      *request.mutable_grandfathered_until() = *args->grandfathered_until;
    }
    const auto client = c.NewAdminClient();
    if (!client.ok()) return c.Fail(client.status());
    const auto org = (*client)->CreateOrg(request);
    if (!org.ok()) {
      return c.Fail(org.status(), absl::StrCat("--request-id ", request.request_id()));
    }
    PrintOrg(c, *org);
    return ExitCode::kOk;
  });
}

void AddGet(CLI::App& app, Command& command) {
  CLI::App* get = AddCommand(app, "get", "Shows an organisation's plan",
                             "  quotactl org get acme\n"
                             "  quotactl org get acme --output json | jq -r .revision");
  auto org_id = std::make_shared<std::string>();
  get->add_option("ORG", *org_id, "The organisation's id")->required();
  SetAction(*get, command, [org_id](Command& c) {
    const auto client = c.NewAdminClient();
    if (!client.ok()) return c.Fail(client.status());
    const auto org = (*client)->GetOrg(*org_id);
    if (!org.ok()) return c.Fail(org.status());
    PrintOrg(c, *org);
    return ExitCode::kOk;
  });
}

void PrintOrgs(const Command& command, const v1::ListOrgsResponse& page) {
  Table table({{"ORG"},
               {"EDITION"},
               {"AGENTS", Table::Align::kRight},
               {"ALLOTMENT", Table::Align::kRight},
               {"MODEL"},
               {"ZONE"},
               {"STATE"}});
  for (const v1::Org& org : page.orgs()) {
    table.AddRow({org.org_id(), org.edition(), FormatAmount(org.agents()),
                  FormatAmount(TotalOf(org.allotment_by_source())), FormatModel(org.model()),
                  org.time_zone(), org.suspended() ? "suspended" : "active"});
  }
  table.Print(command.out());
}

void AddList(CLI::App& app, Command& command) {
  CLI::App* list = AddCommand(app, "list", "Lists organisations, one page or all",
                              "  quotactl org list\n"
                              "  quotactl org list --all --output json | jq -r .orgs[].org_id");
  struct Arguments {
    int32_t page_size = 0;
    std::string page_token;
    bool all = false;
  };
  auto args = std::make_shared<Arguments>();
  AddNumber(*list, "--page-size", args->page_size, "1 to 1000; default 100");
  CLI::Option* token =
      list->add_option("--page-token", args->page_token, "Where the previous page ended");
  list->add_flag("--all", args->all, "All pages")->excludes(token);
  SetAction(*list, command, [args](Command& c) {
    const auto client = c.NewAdminClient();
    if (!client.ok()) return c.Fail(client.status());
    v1::ListOrgsRequest request;
    request.set_page_size(args->page_size);
    request.set_page_token(args->page_token);
    v1::ListOrgsResponse orgs;
    do {
      auto page = (*client)->ListOrgs(request);
      if (!page.ok()) return c.Fail(page.status());
      orgs.MergeFrom(*page);
      orgs.set_next_page_token(page->next_page_token());
      request.set_page_token(page->next_page_token());
    } while (args->all && !request.page_token().empty());
    if (c.json) {
      c.PrintJson(orgs);
      return ExitCode::kOk;
    }
    PrintOrgs(c, orgs);
    if (!orgs.next_page_token().empty()) {
      c.environment.err << "more: --page-token " << orgs.next_page_token() << ", or --all\n";
    }
    return ExitCode::kOk;
  });
}

}  // namespace

void PrintOrg(const Command& command, const v1::Org& org) {
  if (command.json) {
    command.PrintJson(org);
    return;
  }
  Table card = Table::Card();
  card.AddRow({"organisation", org.org_id()});
  card.AddRow({"edition", absl::StrCat(org.edition(), org.paid() ? " (paid)" : "")});
  card.AddRow({"agents", absl::StrCat(FormatAmount(org.agents()), ", light agents ",
                                      FormatAmount(org.light_agents()))});
  card.AddRow({"day", absl::StrCat(org.time_zone(), ", data center ", org.data_center())});
  card.AddRow({"sign-up day", FormatDate(org.has_signup_day(), org.signup_day())});
  card.AddRow({"state", !org.suspended() ? "active"
                        : org.suspended_reason().empty()
                            ? "suspended"
                            : absl::StrCat("suspended: ", org.suspended_reason())});
  card.AddRow({"revision", FormatAmount(org.revision())});
  card.AddRow({"model", absl::StrCat(FormatModel(org.model()), ": ", org.model_reason())});
  if (org.has_legacy_limit()) {
    card.AddRow({"legacy limit",
                 absl::StrCat(FormatAmount(org.legacy_limit()), " calls a day",
                              org.has_grandfathered_until()
                                  ? absl::StrCat(", kept until ",
                                                 FormatDate(true, org.grandfathered_until()))
                                  : "")});
  }
  const v1::CreditsBySource& sources = org.allotment_by_source();
  card.AddRow({"allotment today", absl::StrCat(FormatAmount(TotalOf(sources)), " credits")});
  AddSource(card, "base", sources.base());
  AddSource(card, "variable", sources.variable());
  AddSource(card, "grandfathered", sources.grandfathered());
  AddSource(card, "additional", sources.additional());
  AddSource(card, "packs", sources.packs());
  card.Print(command.out());

  Table pools({{"POOL"}, {"LIMIT", Table::Align::kRight}, {"SET BY"}});
  for (const v1::PoolLimit& pool : org.pools()) {
    pools.AddRow(
        {pool.name(), FormatAmount(pool.limit()), pool.overridden() ? "administrator" : "catalog"});
  }
  if (!pools.empty()) {
    command.out() << '\n';
    pools.Print(command.out());
  }
  PrintPurchases(command, org);
}

void AddOrgCommands(CLI::App& app, Command& command) {
  CLI::App* org = AddCommand(app, "org", "Creates and shows organisations",
                             "  quotactl org create acme --edition enterprise --agents 12\n"
                             "  quotactl org get acme\n"
                             "  quotactl org list --all");
  org->require_subcommand(1);
  AddCreate(*org, command);
  AddGet(*org, command);
  AddList(*org, command);
}

}  // namespace quota::client
