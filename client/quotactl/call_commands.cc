// quotactl reserve, commit, release, extend, charge: what an API server does around a call.
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/quotactl/arguments.h"
#include "client/quotactl/command.h"
#include "client/quotactl/text_format.h"
#include "client/uuid.h"

namespace quota::client {
namespace {

std::string RepeatWithId(const std::string& id) { return absl::StrCat("--id ", id); }

// Shows an answer together with the id that it belongs to, which the message doesn't carry.
void PrintJsonWithId(const Command& command, const google::protobuf::Message& message,
                     const std::string& reservation_id) {
  nlohmann::ordered_json json;
  json["reservation_id"] = reservation_id;
  json.update(nlohmann::ordered_json::parse(Command::ToJson(message)));
  command.out() << json.dump(1) << '\n';
}

void AddSnapshot(Table& card, const Command& command, const v1::Snapshot& usage) {
  if (!usage.has_resets_at()) return;
  card.AddRow({"remaining", absl::StrCat(FormatAmount(usage.remaining()), " of ",
                                         FormatAmount(usage.allotment()), " credits (used ",
                                         FormatAmount(usage.used()), ", held ",
                                         FormatAmount(usage.held()), ")")});
  card.AddRow({"resets at", FormatInstant(usage.resets_at(), command.now())});
  for (const v1::PoolUsage& pool : usage.pools()) {
    card.AddRow({absl::StrCat("pool ", pool.name()),
                 absl::StrCat(FormatAmount(pool.in_flight()), " of ", FormatAmount(pool.limit()),
                              " in flight")});
  }
}

// A refusal is the command's answer, so it goes where answers go when somebody may parse it, and to
// people otherwise: `id=$(quotactl reserve ...)` must not take it for an id.
void PrintRefusal(const Command& command, v1::Decision decision, const std::string& pool,
                  const v1::Snapshot& usage) {
  std::ostream& err = command.environment.err;
  err << "refused: " << FormatDecision(decision);
  if (!pool.empty()) err << " (pool " << pool << ")";
  err << '\n';
  Table card = Table::Card();
  AddSnapshot(card, command, usage);
  card.Print(err);
}

struct ReserveArguments {
  ReserveOptions options;
  CostArguments cost;
  bool check_only = false;
  bool commit_on_expiry = false;
};

ExitCode Check(Command& command, Client& client, const ReserveOptions& options) {
  const auto answer = client.Check(options);
  if (!answer.ok()) return command.Fail(answer.status());
  const bool granted = answer->decision() == v1::DECISION_GRANTED;
  if (command.json) {
    command.PrintJson(*answer);
  } else if (granted) {
    Table card = Table::Card();
    card.AddRow({"would be granted", absl::StrCat(FormatAmount(answer->credits()), " credits")});
    AddSnapshot(card, command, answer->usage());
    card.Print(command.out());
  } else {
    PrintRefusal(command, answer->decision(), answer->exhausted_pool(), answer->usage());
  }
  return granted ? ExitCode::kOk : ExitCode::kRefused;
}

ExitCode Reserve(Command& command, const ReserveArguments& args) {
  ReserveOptions options = args.options;
  options.cost = args.cost.ToCost();
  if (args.commit_on_expiry) options.on_expiry = v1::EXPIRY_ACTION_COMMIT;
  const auto client = command.NewClient();
  if (!client.ok()) return command.Fail(client.status());
  if (args.check_only) return Check(command, **client, options);

  if (options.reservation_id.empty()) options.reservation_id = NewUuid();
  auto outcome = (*client)->Reserve(options);
  if (!outcome.ok()) return command.Fail(outcome.status(), RepeatWithId(options.reservation_id));
  if (!outcome->granted()) {
    const Refusal& refusal = outcome->refusal();
    if (command.json) {
      PrintJsonWithId(command, refusal.response(), options.reservation_id);
    } else {
      PrintRefusal(command, refusal.decision(), refusal.exhausted_pool(), refusal.usage());
    }
    return ExitCode::kRefused;
  }
  Reservation& reservation = outcome->reservation();
  // It has to outlive this process: commit and release are commands of their own.
  reservation.Detach();
  if (command.json) {
    PrintJsonWithId(command, reservation.response(), options.reservation_id);
    return ExitCode::kOk;
  }
  // The id alone on stdout, for id=$(quotactl reserve ...); the rest is for people.
  command.out() << options.reservation_id << '\n';
  Table card = Table::Card();
  const v1::ReserveResponse& response = reservation.response();
  card.AddRow({"held", absl::StrCat(FormatAmount(response.credits()), " credits")});
  card.AddRow({"state", absl::StrCat(FormatHoldState(response.state()),
                                     response.repeated() ? " (granted before)" : "")});
  card.AddRow({"expires at", FormatInstant(response.expires_at(), command.now())});
  AddSnapshot(card, command, response.usage());
  card.Print(command.environment.err);
  return ExitCode::kOk;
}

void AddReserve(CLI::App& app, Command& command) {
  CLI::App* reserve = AddCommand(
      app, "reserve", "Holds credits and slots for a call; prints the reservation's id",
      "  id=$(quotactl reserve acme --credits 3)\n"
      "  quotactl reserve acme --method tickets.list --attribute from=100 --attribute limit=50\n"
      "  quotactl reserve acme --credits 3 --check-only");
  auto args = std::make_shared<ReserveArguments>();
  reserve->add_option("ORG", args->options.org_id, "The organisation's id")->required();
  args->cost.AddTo(*reserve);
  reserve->add_option("--id", args->options.reservation_id,
                      "The reservation's id; default: a new UUID");
  AddNumber(*reserve, "--slots", args->options.slots, "Concurrency slots, 0 to 1,000; default 1");
  AddDuration(*reserve, "--ttl", args->options.ttl,
              "How long it lives unless settled; default: the catalog's");
  reserve->add_flag("--commit-on-expiry", args->commit_on_expiry,
                    "Charge what is held when the ttl passes, instead of giving it back");
  CLI::Option* best = reserve->add_flag("--best-effort", args->options.best_effort,
                                        "Hold what is left, if that is at least 1 credit");
  reserve->add_flag("--check-only", args->check_only, "Ask only; hold nothing")->excludes(best);
  SetAction(*reserve, command, [args](Command& c) { return Reserve(c, *args); });
}

// What names a reservation.
struct ReservationArguments {
  std::string org;
  std::string id;

  void AddTo(CLI::App& app) {
    app.add_option("ORG", org, "The organisation's id")->required();
    app.add_option("ID", id, "The reservation's id, as reserve printed it")->required();
  }
};

void AddCommit(CLI::App& app, Command& command) {
  CLI::App* commit = AddCommand(app, "commit", "Ends a reservation: charges what the call cost",
                                "  quotactl commit acme $id\n"
                                "  quotactl commit acme $id --credits 2");
  struct Arguments {
    ReservationArguments reservation;
    std::optional<int64_t> credits;
  };
  auto args = std::make_shared<Arguments>();
  args->reservation.AddTo(*commit);
  AddNumber(*commit, "--credits", args->credits, "What it really cost; default: what is held");
  SetAction(*commit, command, [args](Command& c) {
    const auto client = c.NewClient();
    if (!client.ok()) return c.Fail(client.status());
    std::optional<Credits> credits;
    if (args->credits.has_value()) credits = Credits(*args->credits);
    const auto answer = (*client)->Commit(args->reservation.org, args->reservation.id, credits);
    if (!answer.ok()) return c.Fail(answer.status(), "the same arguments");
    if (c.json) {
      c.PrintJson(*answer);
      return ExitCode::kOk;
    }
    Table card = Table::Card();
    card.AddRow({"charged", absl::StrCat(FormatAmount(answer->charged()), " credits",
                                         answer->repeated() ? " (before; nothing changed)" : "",
                                         answer->late() ? " (late: it had ended before)" : "")});
    if (answer->overage() != 0) {
      card.AddRow({"overage", absl::StrCat(FormatAmount(answer->overage()),
                                           " credits that could not be charged")});
    }
    AddSnapshot(card, c, answer->usage());
    card.Print(c.out());
    return ExitCode::kOk;
  });
}

void AddRelease(CLI::App& app, Command& command) {
  CLI::App* release = AddCommand(app, "release", "Ends a reservation without a charge",
                                 "  quotactl release acme $id");
  auto args = std::make_shared<ReservationArguments>();
  args->AddTo(*release);
  SetAction(*release, command, [args](Command& c) {
    const auto client = c.NewClient();
    if (!client.ok()) return c.Fail(client.status());
    const auto answer = (*client)->Release(args->org, args->id);
    if (!answer.ok()) return c.Fail(answer.status(), "the same arguments");
    if (c.json) {
      c.PrintJson(*answer);
      return ExitCode::kOk;
    }
    Table card = Table::Card();
    card.AddRow({"state", absl::StrCat(FormatHoldState(answer->state()),
                                       answer->repeated() ? " (before; nothing changed)" : "")});
    AddSnapshot(card, c, answer->usage());
    card.Print(c.out());
    return ExitCode::kOk;
  });
}

void AddExtend(CLI::App& app, Command& command) {
  CLI::App* extend = AddCommand(app, "extend", "Moves a reservation's deadline, for a long call",
                                "  quotactl extend acme $id --ttl 120s");
  struct Arguments {
    ReservationArguments reservation;
    std::optional<Duration> ttl;
  };
  auto args = std::make_shared<Arguments>();
  args->reservation.AddTo(*extend);
  AddDuration(*extend, "--ttl", args->ttl, "The new time to live, from when it was made")
      ->required();
  SetAction(*extend, command, [args](Command& c) {
    const auto client = c.NewClient();
    if (!client.ok()) return c.Fail(client.status());
    const auto answer = (*client)->Extend(args->reservation.org, args->reservation.id, *args->ttl);
    if (!answer.ok()) return c.Fail(answer.status(), "the same arguments");
    if (c.json) {
      c.PrintJson(*answer);
      return ExitCode::kOk;
    }
    Table card = Table::Card();
    card.AddRow({"expires at", FormatInstant(answer->expires_at(), c.now())});
    AddSnapshot(card, c, answer->usage());
    card.Print(c.out());
    return ExitCode::kOk;
  });
}

ExitCode Charge(Command& command, ChargeOptions options, const CostArguments& cost) {
  options.cost = cost.ToCost();
  if (options.reservation_id.empty()) options.reservation_id = NewUuid();
  const auto client = command.NewClient();
  if (!client.ok()) return command.Fail(client.status());
  const auto answer = (*client)->Charge(options);
  if (!answer.ok()) return command.Fail(answer.status(), RepeatWithId(options.reservation_id));
  const bool granted = answer->decision() == v1::DECISION_GRANTED;
  if (command.json) {
    PrintJsonWithId(command, *answer, options.reservation_id);
  } else if (granted) {
    Table card = Table::Card();
    card.AddRow({"charged", absl::StrCat(FormatAmount(answer->charged()), " credits",
                                         answer->repeated() ? " (before; nothing changed)" : "")});
    AddSnapshot(card, command, answer->usage());
    card.Print(command.out());
  } else {
    PrintRefusal(command, answer->decision(), "", answer->usage());
  }
  return granted ? ExitCode::kOk : ExitCode::kRefused;
}

void AddCharge(CLI::App& app, Command& command) {
  CLI::App* charge = AddCommand(app, "charge", "Reserve and commit in one step, without a slot",
                                "  quotactl charge acme --credits 3\n"
                                "  quotactl charge acme --method tickets.get --id 0f8fad5b");
  struct Arguments {
    ChargeOptions options;
    CostArguments cost;
  };
  auto args = std::make_shared<Arguments>();
  charge->add_option("ORG", args->options.org_id, "The organisation's id")->required();
  args->cost.AddTo(*charge);
  charge->add_option("--id", args->options.reservation_id, "Its id; default: a new UUID");
  charge->add_flag("--best-effort", args->options.best_effort,
                   "Charge what is left, if that is at least 1 credit");
  SetAction(*charge, command, [args](Command& c) { return Charge(c, args->options, args->cost); });
}

}  // namespace

void AddCallCommands(CLI::App& app, Command& command) {
  AddReserve(app, command);
  AddCommit(app, command);
  AddRelease(app, command);
  AddExtend(app, command);
  AddCharge(app, command);
}

}  // namespace quota::client
