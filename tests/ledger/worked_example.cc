#include "tests/ledger/worked_example.h"

#include <fmt/format.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>

#include "absl/time/time.h"
#include "common/stable_hash.h"
#include "ledger/calendar.h"
#include "tests/ledger/ledger_harness.h"
#include "tests/ledger/statement.h"

namespace quota::ledger {
namespace {

constexpr std::string_view kDecisions[] = {"",
                                           "granted",
                                           "CREDITS_EXHAUSTED",
                                           "CONCURRENCY_EXHAUSTED",
                                           "TOO_MANY_HOLDS",
                                           "ORG_UNKNOWN",
                                           "ORG_SUSPENDED"};
constexpr std::string_view kStates[] = {"none",     "open",    "committed",
                                        "released", "expired", "session lost"};

// 2025-11-04T00:00-08:00, in the zone.
std::string InstantText(Instant instant, const std::string& zone) {
  const absl::Time time = absl::FromUnixMicros(instant.time_since_epoch().count());
  return absl::FormatTime("%Y-%m-%dT%H:%M%Ez", time, test::LoadZone(zone).value());
}

std::string SpanText(Duration span) {
  return absl::FormatDuration(absl::Microseconds(span.count()));
}

// Examples of newcomers are about the rule, not about how many there may be.
class AllNewcomers final : public Newcomers {
 public:
  bool Admit(const UnknownOrganizations& /*bounds*/, Instant /*now*/) override { return true; }
};

class ExampleRun {
 public:
  explicit ExampleRun(std::shared_ptr<const Catalog> catalog) : catalog_(std::move(catalog)) {}

  // The mistakes of the statement.
  std::vector<std::string> Run(std::string_view line);

 private:
  // Runs the statement and tells the facts of its answer; one that begins with "refused" or "error"
  // comes first.
  using Facts = std::vector<std::string>;
  using Verb = Facts (ExampleRun::*)(Statement&);

  static std::optional<Verb> FindVerb(std::string_view name);
  // Only looks where the organisation stands.
  Facts Nothing(Statement& said) { return {}; }
  Facts Time(Statement& said);
  Facts Create(Statement& said);
  Facts Change(Statement& said);
  Facts Purchase(Statement& said);
  Facts Call(Statement& said);
  Facts Settle(Statement& said);
  // Where the organisation stands.
  Facts Standing();
  Facts DayFacts(const UsageAnswer& usage);

  template <typename Command>
  Facts RunChange(const Command& command);
  static Facts Error(const absl::Status& status);
  Facts RunReserve(const Reserve& command);
  Facts RunCharge(const Charge& command);

  const std::shared_ptr<const Catalog> catalog_;
  AllNewcomers newcomers_;
  // Since the first "at".
  std::optional<LedgerHarness> ledger_;
  // The one that was created last.
  std::string org_ = "nobody";
};

std::optional<ExampleRun::Verb> ExampleRun::FindVerb(std::string_view name) {
  const std::map<std::string_view, Verb> verbs = {
      {"at", &ExampleRun::Time},
      {"after", &ExampleRun::Time},
      {"create", &ExampleRun::Create},
      {"set-edition", &ExampleRun::Change},
      {"set-agents", &ExampleRun::Change},
      {"set-concurrency-limit", &ExampleRun::Change},
      {"set-legacy-limit", &ExampleRun::Change},
      {"set-data-center", &ExampleRun::Change},
      {"suspend", &ExampleRun::Change},
      {"resume", &ExampleRun::Change},
      {"revoke", &ExampleRun::Change},
      {"purchase", &ExampleRun::Purchase},
      {"reserve", &ExampleRun::Call},
      {"charge", &ExampleRun::Call},
      {"commit", &ExampleRun::Settle},
      {"release", &ExampleRun::Settle},
      {"extend", &ExampleRun::Settle},
      {"lose-session", &ExampleRun::Settle},
      {"usage", &ExampleRun::Nothing},
  };
  const auto found = verbs.find(name);
  if (found == verbs.end()) return std::nullopt;
  return found->second;
}

std::vector<std::string> ExampleRun::Run(std::string_view line) {
  Statement said(line);
  const auto verb = FindVerb(said.verb());
  if (!verb) return {fmt::format("there is no statement \"{}\"", said.verb())};
  if (!ledger_ && said.verb() != "at") return {"an example begins with \"at\""};
  Facts facts = (this->**verb)(said);
  std::vector<std::string> mistakes = said.Mistakes();
  if (!mistakes.empty()) return mistakes;

  for (const Event& event : ledger_->TakeEvents()) {
    const auto* reached = std::get_if<records::ThresholdReached>(&event);
    if (reached != nullptr) facts.push_back(fmt::format("reached {} %", reached->percent()));
  }
  const bool failed =
      !facts.empty() && (facts[0].starts_with("refused ") || facts[0].starts_with("error "));
  const std::string outcome = failed ? facts[0] : "";
  for (std::string& fact : Standing()) facts.push_back(std::move(fact));
  const auto& expected = said.expected();
  if (failed && std::find(expected.begin(), expected.end(), outcome) == expected.end()) {
    mistakes.push_back(fmt::format("it comes to \"{}\", and that is not said", outcome));
  }
  for (const std::string& fact : expected) {
    if (std::find(facts.begin(), facts.end(), fact) != facts.end()) continue;
    mistakes.push_back(
        fmt::format("\"{}\" is not so; these are: {}", fact, fmt::join(facts, ", ")));
  }
  return mistakes;
}

// ---- Time ----

ExampleRun::Facts ExampleRun::Time(Statement& said) {
  const std::string_view word = said.Word("an instant or a span");
  if (!said.Mistakes().empty()) return {};
  if (said.verb() == "after") {
    ledger_->Advance(said.ToSpan(word));
    return {};
  }
  const Instant at = said.ToInstant(word);
  if (!ledger_) {
    ledger_.emplace(catalog_, at);
    ledger_->SetNewcomers(&newcomers_);
  } else if (at < ledger_->clock().Now()) {
    said.AddMistake("time runs backwards");
  } else {
    ledger_->clock().Set(at);
  }
  return {};
}

// ---- Administration ----

ExampleRun::Facts ExampleRun::Error(const absl::Status& status) {
  return {"error " + absl::StatusCodeToString(status.code())};
}

template <typename Command>
ExampleRun::Facts ExampleRun::RunChange(const Command& command) {
  const auto answer = ledger_->Run(command, org_);
  return answer.ok() ? Facts() : Error(answer.status());
}

ExampleRun::Facts ExampleRun::Create(Statement& said) {
  org_ = said.Word("a name");
  CreateOrg command;
  command.edition = said.Text("edition").value_or("");
  command.agents = said.Number("agents").value_or(0);
  command.light_agents = said.Number("light-agents").value_or(0);
  command.data_center = said.Text("data-center").value_or("");
  command.own_zone = said.Text("time-zone").value_or("");
  command.signup_day = said.Day("signup-day");
  command.paid = said.Flag("paid");
  command.legacy_limit = said.Number("legacy-limit");
  command.grandfathered_until = said.Day("grandfathered-until");
  return RunChange(command);
}

ExampleRun::Facts ExampleRun::Change(Statement& said) {
  const std::string_view verb = said.verb();
  if (verb == "set-edition") {
    SetEdition command{{}, said.Word("an edition"), {}};
    if (said.Flag("paid")) command.paid = true;
    if (said.Flag("unpaid")) command.paid = false;
    return RunChange(command);
  }
  if (verb == "set-agents") {
    const auto agents = said.Number("agents");
    if (!agents) said.AddMistake("agents= is missing");
    return RunChange(SetAgents{{}, agents.value_or(0), said.Number("light-agents")});
  }
  if (verb == "set-concurrency-limit") {
    const std::string_view pool = said.Text("pool").value_or(kMainPool);
    return RunChange(SetConcurrencyLimit{{}, pool, said.Number("limit")});
  }
  if (verb == "set-legacy-limit") {
    const auto limit = said.Number("limit");
    if (!limit && !said.Flag("none")) said.AddMistake("limit= or none is missing");
    return RunChange(SetLegacyLimit{{}, limit, said.Day("until")});
  }
  if (verb == "set-data-center") {
    SetDataCenter command{{}, said.Text("data-center").value_or(""), {}};
    if (const auto zone = said.Text("time-zone")) command.own_zone = *zone;
    return RunChange(command);
  }
  if (verb == "suspend") return RunChange(SuspendOrg{{}, ""});
  if (verb == "resume") return RunChange(ResumeOrg{});
  return RunChange(RevokeCredits{{}, said.Word("a purchase")});
}

ExampleRun::Facts ExampleRun::Purchase(Statement& said) {
  PurchaseCredits command;
  command.purchase_id = said.Word("a name for the purchase");
  const auto pack = said.Number("pack");
  const auto per_day = said.Number("per-day");
  if (pack.has_value() == per_day.has_value()) said.AddMistake("one of pack= and per-day=");
  command.is_pack = pack.has_value();
  command.credits = Credits(pack.value_or(per_day.value_or(0)));
  command.first_day = said.Day("first-day");
  command.last_day = said.Day("last-day");
  return RunChange(command);
}

// ---- Calls ----

ExampleRun::Facts ExampleRun::Call(Statement& said) {
  Reserve call;
  call.id = ReservationId::FromText(said.Word("an id"));
  if (said.Flag("best-effort")) call.mode = Mode::kBestEffort;
  if (said.Flag("check-only")) call.mode = Mode::kCheckOnly;
  if (said.verb() == "reserve") {
    call.commit_on_expiry = said.Flag("commit-on-expiry");
    call.ttl = said.Span("ttl");
    call.slots = static_cast<uint32_t>(said.Number("slots").value_or(1));
    call.session = said.Text("session").value_or("");
  }
  if (const auto credits = said.Number("credits")) {
    call.cost = Credits(*credits);
    call.fingerprint = static_cast<uint64_t>(*credits);
  } else if (const auto method = said.Text("method")) {
    call.cost = MethodCall{*method, said.OtherNumbers()};
    call.fingerprint = StableHash().Add(*method).Value();
  } else {
    said.AddMistake("credits= or method= is missing");
  }
  if (!said.Mistakes().empty()) return {};
  if (said.verb() == "reserve") return RunReserve(call);
  return RunCharge(Charge{call.id, call.fingerprint, call.cost, call.mode});
}

ExampleRun::Facts ExampleRun::RunReserve(const Reserve& command) {
  const auto answer = ledger_->Run(command, org_);
  if (!answer.ok()) return Error(answer.status());
  const std::string decision(kDecisions[static_cast<size_t>(answer->decision)]);
  if (answer->decision != Decision::kGranted) {
    Facts facts = {"refused " + decision};
    if (!answer->exhausted_pool.empty()) {
      facts.push_back("pool " + std::string(answer->exhausted_pool));
    }
    return facts;
  }
  Facts facts = {fmt::format("granted {}", Grouped(answer->credits.value()))};
  facts.push_back(fmt::format("state {}", kStates[static_cast<size_t>(answer->state)]));
  if (answer->repeated) facts.emplace_back("repeated");
  if (answer->state == HoldState::kOpen) {
    facts.push_back("expires in " + SpanText(answer->expires_at - ledger_->clock().Now()));
  }
  return facts;
}

ExampleRun::Facts ExampleRun::RunCharge(const Charge& command) {
  const auto answer = ledger_->Run(command, org_);
  if (!answer.ok()) return Error(answer.status());
  if (answer->decision != Decision::kGranted) {
    return {fmt::format("refused {}", kDecisions[static_cast<size_t>(answer->decision)])};
  }
  Facts facts = {fmt::format("charged {}", Grouped(answer->charged.value()))};
  if (answer->repeated) facts.emplace_back("repeated");
  return facts;
}

ExampleRun::Facts ExampleRun::Settle(Statement& said) {
  const std::string_view id = said.Word("an id");
  if (said.verb() == "lose-session") {
    return {fmt::format("ended {}", ledger_->LoseSession(id).ended)};
  }
  Facts facts;
  if (said.verb() == "release") {
    const auto answer = ledger_->Release(id, org_);
    if (!answer.ok()) return Error(answer.status());
    facts.push_back(fmt::format("state {}", kStates[static_cast<size_t>(answer->state)]));
    if (answer->repeated) facts.emplace_back("repeated");
  } else if (said.verb() == "extend") {
    const auto answer = ledger_->Extend(id, said.Span("ttl").value_or(Duration(0)), org_);
    if (!answer.ok()) return Error(answer.status());
    facts.push_back("expires in " + SpanText(answer->expires_at - ledger_->clock().Now()));
  } else {
    const auto answer = ledger_->Commit(id, said.Number("credits"), org_);
    if (!answer.ok()) return Error(answer.status());
    facts.push_back(fmt::format("charged {}", Grouped(answer->charged.value())));
    facts.push_back(fmt::format("overage {}", Grouped(answer->overage.value())));
    if (answer->late) facts.emplace_back("late");
    if (answer->repeated) facts.emplace_back("repeated");
  }
  return facts;
}

// ---- Where the organisation stands ----

void AddBySource(std::string_view prefix, const BySource& credits,
                 std::vector<std::string>& facts) {
  const auto add = [&](std::string_view source, Credits amount) {
    facts.push_back(fmt::format("{}{} {}", prefix, source, Grouped(amount.value())));
  };
  add("base", credits.base);
  add("variable", credits.variable);
  add("grandfathered", credits.grandfathered);
  add("additional", credits.additional);
  add("packs", credits.packs);
}

ExampleRun::Facts ExampleRun::DayFacts(const UsageAnswer& usage) {
  Facts facts;
  facts.push_back("zone " + usage.time_zone);
  facts.push_back("begins " + InstantText(usage.day_starts_at, usage.time_zone));
  facts.push_back("resets " + InstantText(usage.usage.resets_at, usage.time_zone));
  facts.push_back("lasts " + SpanText(usage.usage.resets_at - usage.day_starts_at));
  const Account& account = ledger_->account(org_);
  facts.push_back(fmt::format(
      "day {}", absl::FormatCivilTime(DateOf(account.CurrentDay(ledger_->clock().Now())->date))));
  for (const ledger::Day& day : account.days) {
    const std::string date = absl::FormatCivilTime(DateOf(day.date));
    facts.push_back(fmt::format("used on {} {}", date, Grouped(day.used.value())));
    facts.push_back(fmt::format("held on {} {}", date, Grouped(day.held.value())));
  }
  return facts;
}

ExampleRun::Facts ExampleRun::Standing() {
  if (ledger_->shard().FindAccount(org_) == nullptr) return {};
  const UsageAnswer usage = ledger_->Usage(org_);
  Facts facts = DayFacts(usage);
  const auto add = [&facts](std::string_view name, auto amount) {
    facts.push_back(fmt::format("{} {}", name, Grouped(amount)));
  };
  add("allotment", usage.usage.allotment.value());
  add("used", usage.usage.used.value());
  add("held", usage.usage.held.value());
  add("remaining", usage.usage.remaining.value());
  add("overage of the day", usage.overage.value());
  AddBySource("", usage.allotment_by_source, facts);
  AddBySource("used ", usage.used_by_source, facts);
  for (const PoolUsage& pool : usage.usage.pools) {
    facts.push_back(fmt::format("{} {}/{}", pool.name, pool.in_flight, pool.limit));
  }
  const quota::v1::Org org = ledger_->Org(org_);
  for (const auto& bought : org.purchases()) {
    if (!bought.has_pack()) continue;
    const auto& pack = bought.pack();
    add(bought.purchase_id() + " used", pack.used());
    add(bought.purchase_id() + " held", pack.held());
    add(bought.purchase_id() + " left", pack.credits() - pack.used() - pack.held());
  }
  facts.emplace_back(usage.model == Model::kApiLimits ? "model limits" : "model credits");
  facts.push_back("because " + usage.model_reason);
  facts.push_back("edition " + usage.edition);
  facts.emplace_back(usage.suspended ? "suspended" : "not suspended");
  add("catalog revision", usage.usage.catalog_revision);
  return facts;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Catalog>> CatalogOf(const Rule& rule,
                                                         const quota::v1::Catalog& shipped) {
  quota::v1::Catalog source = shipped;
  for (const Block& block : rule.catalog) {
    const std::string text = fmt::format("{}", fmt::join(block.lines, "\n"));
    quota::v1::CatalogRevision added;
    const bool whole = text.starts_with("revisions");
    const bool parsed = whole ? google::protobuf::TextFormat::ParseFromString(text, &source)
                              : google::protobuf::TextFormat::ParseFromString(text, &added);
    if (!parsed) {
      return absl::InvalidArgumentError(
          fmt::format("line {}: the catalog's text has a mistake", block.first_line));
    }
    if (whole) continue;
    if (added.number() != 0) *source.add_revisions() = *source.revisions().rbegin();
    source.mutable_revisions()->rbegin()->MergeFrom(added);
  }
  return Catalog::Build(source, test::LoadZone);
}

std::vector<std::string> RunExample(const Block& example, std::shared_ptr<const Catalog> catalog) {
  ExampleRun run(std::move(catalog));
  std::vector<std::string> mistakes;
  bool expects = false;
  int number = example.first_line;
  for (const std::string& line : example.lines) {
    if (!line.empty() && !line.starts_with('#')) {
      expects |= line.find("->") != std::string::npos;
      for (const std::string& mistake : run.Run(line)) {
        mistakes.push_back(fmt::format("line {}: {}\n  {}", number, line, mistake));
      }
    }
    ++number;
  }
  if (!expects) {
    mistakes.push_back(fmt::format("line {}: an example that expects nothing", example.first_line));
  }
  return mistakes;
}

}  // namespace quota::ledger
