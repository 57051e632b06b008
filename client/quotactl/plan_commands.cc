// quotactl set-edition, set-agents, set-concurrency-limit, set-legacy-limit, set-data-center,
// purchase, revoke, suspend, resume: changes of a plan.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/quotactl/arguments.h"
#include "client/quotactl/command.h"
#include "client/quotactl/text_format.h"
#include "client/uuid.h"

namespace quota::client {
namespace {

// What every change takes.
struct ChangeArguments {
  std::string org;
  std::string request_id;
  std::optional<int64_t> expected_revision;

  void AddTo(CLI::App& app) {
    app.add_option("ORG", org, "The organisation's id")->required();
    AddNumber(app, "--expected-revision", expected_revision,
              "Change nothing unless the plan has this revision");
    app.add_option("--request-id", request_id, "Makes a repetition safe");
  }

  template <class Request>
  void Fill(Request& request) const {
    request.set_org_id(org);
    request.set_request_id(request_id.empty() ? NewUuid() : request_id);
    if (expected_revision.has_value()) request.set_expected_revision(*expected_revision);
  }
};

// Sends a change that answers with the organisation, and shows that.
template <class Request>
ExitCode Change(Command& command, absl::StatusOr<v1::Org> (AdminClient::*call)(Request),
                const Request& request) {
  const auto client = command.NewAdminClient();
  if (!client.ok()) return command.Fail(client.status());
  const absl::StatusOr<v1::Org> org = ((**client).*call)(request);
  if (!org.ok()) {
    return command.Fail(org.status(), absl::StrCat("--request-id ", request.request_id()));
  }
  PrintOrg(command, *org);
  return ExitCode::kOk;
}

void AddSetEdition(CLI::App& app, Command& command) {
  CLI::App* set = AddCommand(app, "set-edition", "Moves an organisation to another edition",
                             "  quotactl set-edition acme professional\n"
                             "  quotactl set-edition acme professional --expected-revision 4");
  struct Arguments {
    ChangeArguments change;
    std::string edition;
    bool paid = false;
    bool unpaid = false;
  };
  auto args = std::make_shared<Arguments>();
  args->change.AddTo(*set);
  set->add_option("EDITION", args->edition, "An edition of the catalog")->required();
  CLI::Option_group* group = set->add_option_group("Whether it pays; absent: as it does");
  group->add_flag("--paid", args->paid, "The organisation pays for its edition from now on");
  group->add_flag("--unpaid", args->unpaid, "It does not, any more");
  group->require_option(0, 1);
  SetAction(*set, command, [args](Command& c) {
    v1::SetEditionRequest request;
    args->change.Fill(request);
    request.set_edition(args->edition);
    if (args->paid || args->unpaid) request.set_paid(args->paid);
    return Change(c, &AdminClient::SetEdition, request);
  });
}

void AddSetAgents(CLI::App& app, Command& command) {
  CLI::App* set = AddCommand(app, "set-agents", "Sets the number of agents",
                             "  quotactl set-agents acme 20\n"
                             "  quotactl set-agents acme 20 --light-agents 5");
  struct Arguments {
    ChangeArguments change;
    int64_t agents = 0;
    std::optional<int64_t> light_agents;
  };
  auto args = std::make_shared<Arguments>();
  args->change.AddTo(*set);
  AddNumber(*set, "N", args->agents, "Agents, 0 to 10,000,000")->required();
  AddNumber(*set, "--light-agents", args->light_agents, "Light agents; absent: as it is");
  SetAction(*set, command, [args](Command& c) {
    v1::SetAgentsRequest request;
    args->change.Fill(request);
    request.set_agents(args->agents);
    if (args->light_agents.has_value()) request.set_light_agents(*args->light_agents);
    return Change(c, &AdminClient::SetAgents, request);
  });
}

void AddSetConcurrencyLimit(CLI::App& app, Command& command) {
  CLI::App* set =
      AddCommand(app, "set-concurrency-limit", "Sets how many calls may be in flight at once",
                 "  quotactl set-concurrency-limit acme --limit 50\n"
                 "  quotactl set-concurrency-limit acme --pool heavy --limit 4\n"
                 "  quotactl set-concurrency-limit acme --catalog");
  struct Arguments {
    ChangeArguments change;
    std::string pool = "main";
    std::optional<int64_t> limit;
    bool catalog = false;
  };
  auto args = std::make_shared<Arguments>();
  args->change.AddTo(*set);
  set->add_option("--pool", args->pool, "The pool")->type_name("NAME")->capture_default_str();
  CLI::Option_group* group = set->add_option_group("The limit");
  AddNumber(*group, "--limit", args->limit, "Slots, 0 to 1,000,000");
  group->add_flag("--catalog", args->catalog, "Back to the catalog's limit");
  group->require_option(1);
  SetAction(*set, command, [args](Command& c) {
    v1::SetConcurrencyLimitRequest request;
    args->change.Fill(request);
    request.set_pool(args->pool);
    if (args->limit.has_value()) request.set_limit(*args->limit);
    return Change(c, &AdminClient::SetConcurrencyLimit, request);
  });
}

struct PurchaseArguments {
  ChangeArguments change;
  std::string purchase_id;
  std::optional<int64_t> pack;
  std::optional<int64_t> per_day;
  std::optional<v1::Date> first_day;
  std::optional<v1::Date> last_day;

  v1::PurchaseCreditsRequest ToRequest() const {
    v1::PurchaseCreditsRequest request;
    change.Fill(request);
    request.set_purchase_id(purchase_id);
    if (pack.has_value()) request.set_pack_credits(*pack);
    if (per_day.has_value()) request.set_credits_per_day(*per_day);
    if (first_day.has_value()) *request.mutable_first_day() = *first_day;
    if (last_day.has_value()) *request.mutable_last_day() = *last_day;
    return request;
  }
};

void AddPurchase(CLI::App& app, Command& command) {
  CLI::App* purchase =
      AddCommand(app, "purchase", "Adds bought credits: so many a day, or a one-time pack",
                 "  quotactl purchase acme --id P1 --pack 5000 --last-day 2026-12-31\n"
                 "  quotactl purchase acme --id P2 --per-day 1000");
  auto args = std::make_shared<PurchaseArguments>();
  args->change.AddTo(*purchase);
  purchase->add_option("--id", args->purchase_id, "The purchase's own id: bought once, ever")
      ->required();
  CLI::Option_group* group = purchase->add_option_group("What is bought");
  AddNumber(*group, "--pack", args->pack, "So many credits, once");
  AddNumber(*group, "--per-day", args->per_day, "So many credits on each day");
  group->require_option(1);
  AddDate(*purchase, "--first-day", args->first_day, "Default: today");
  AddDate(*purchase, "--last-day", args->last_day, "Default: no end");
  SetAction(*purchase, command, [args](Command& c) {
    const v1::PurchaseCreditsRequest request = args->ToRequest();
    const auto client = c.NewAdminClient();
    if (!client.ok()) return c.Fail(client.status());
    const auto answer = (*client)->PurchaseCredits(request);
    if (!answer.ok()) {
      return c.Fail(answer.status(), absl::StrCat("--request-id ", request.request_id()));
    }
    if (c.json) {
      c.PrintJson(*answer);
    } else {
      PrintOrg(c, answer->org());
    }
    return ExitCode::kOk;
  });
}

void AddRevoke(CLI::App& app, Command& command) {
  CLI::App* revoke = AddCommand(app, "revoke", "Takes back what a purchase would still give",
                                "  quotactl revoke acme P1");
  struct Arguments {
    ChangeArguments change;
    std::string purchase_id;
  };
  auto args = std::make_shared<Arguments>();
  args->change.AddTo(*revoke);
  revoke->add_option("PURCHASE", args->purchase_id, "The purchase's own id")->required();
  SetAction(*revoke, command, [args](Command& c) {
    v1::RevokeCreditsRequest request;
    args->change.Fill(request);
    request.set_purchase_id(args->purchase_id);
    return Change(c, &AdminClient::RevokeCredits, request);
  });
}

void AddSetLegacyLimit(CLI::App& app, Command& command) {
  CLI::App* set =
      AddCommand(app, "set-legacy-limit", "Sets the daily figure of the older model, API limits",
                 "  quotactl set-legacy-limit acme --limit 120000\n"
                 "  quotactl set-legacy-limit acme --limit 120000 --until 2027-12-31\n"
                 "  quotactl set-legacy-limit acme --none");
  struct Arguments {
    ChangeArguments change;
    std::optional<int64_t> limit;
    bool none = false;
    std::optional<v1::Date> until;
  };
  auto args = std::make_shared<Arguments>();
  args->change.AddTo(*set);
  CLI::Option_group* group = set->add_option_group("The limit");
  AddNumber(*group, "--limit", args->limit, "Calls a day");
  group->add_flag("--none", args->none, "No legacy limit");
  group->require_option(1);
  AddDate(*set, "--until", args->until, "The last day of grandfathering; default: no end");
  SetAction(*set, command, [args](Command& c) {
    v1::SetLegacyLimitRequest request;
    args->change.Fill(request);
    if (args->limit.has_value()) request.set_legacy_limit(*args->limit);
    if (args->until.has_value()) *request.mutable_grandfathered_until() = *args->until;
    return Change(c, &AdminClient::SetLegacyLimit, request);
  });
}

void AddSetDataCenter(CLI::App& app, Command& command) {
  CLI::App* set = AddCommand(app, "set-data-center",
                             "Moves an organisation to a data center, or gives it its own zone",
                             "  quotactl set-data-center acme --data-center eu\n"
                             "  quotactl set-data-center acme --time-zone Europe/Berlin\n"
                             "  quotactl set-data-center acme --data-center us --time-zone \"\"");
  struct Arguments {
    ChangeArguments change;
    std::string data_center;
    std::optional<std::string> time_zone;
  };
  auto args = std::make_shared<Arguments>();
  args->change.AddTo(*set);
  set->add_option("--data-center", args->data_center, "A data center; absent: as it is");
  set->add_option("--time-zone", args->time_zone,
                  "The organisation's own IANA zone; \"\": the data center's; absent: as it is");
  SetAction(*set, command, [args](Command& c) {
    v1::SetDataCenterRequest request;
    args->change.Fill(request);
    request.set_data_center(args->data_center);
    if (args->time_zone.has_value()) request.set_time_zone(*args->time_zone);
    return Change(c, &AdminClient::SetDataCenter, request);
  });
}

void AddSuspend(CLI::App& app, Command& command) {
  CLI::App* suspend =
      AddCommand(app, "suspend", "Refuses new reservations; open ones go on to their end",
                 "  quotactl suspend acme --reason \"invoice 17 is overdue\"");
  struct Arguments {
    ChangeArguments change;
    std::string reason;
  };
  auto args = std::make_shared<Arguments>();
  args->change.AddTo(*suspend);
  suspend->add_option("--reason", args->reason, "For people, at most 256 bytes");
  SetAction(*suspend, command, [args](Command& c) {
    v1::SuspendOrgRequest request;
    args->change.Fill(request);
    request.set_reason(args->reason);
    return Change(c, &AdminClient::SuspendOrg, request);
  });
}

void AddResume(CLI::App& app, Command& command) {
  CLI::App* resume = AddCommand(app, "resume", "Ends a suspension", "  quotactl resume acme");
  auto args = std::make_shared<ChangeArguments>();
  args->AddTo(*resume);
  SetAction(*resume, command, [args](Command& c) {
    v1::ResumeOrgRequest request;
    args->Fill(request);
    return Change(c, &AdminClient::ResumeOrg, request);
  });
}

}  // namespace

void AddPlanCommands(CLI::App& app, Command& command) {
  AddSetEdition(app, command);
  AddSetAgents(app, command);
  AddSetConcurrencyLimit(app, command);
  AddSetLegacyLimit(app, command);
  AddSetDataCenter(app, command);
  AddPurchase(app, command);
  AddRevoke(app, command);
  AddSuspend(app, command);
  AddResume(app, command);
}

}  // namespace quota::client
