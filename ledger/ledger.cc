#include "ledger/ledger.h"

#include <fmt/format.h>

#include <type_traits>

#include "common/check.h"
#include "ledger/alerts.h"
#include "ledger/balance.h"

namespace quota::ledger {
namespace {

absl::Status NoOrg(std::string_view org) {
  return absl::NotFoundError(fmt::format("org_id: there is no organisation {}", org));
}

template <typename T>
inline constexpr bool kIsShardCommand =
    std::is_same_v<T, ListOrgs> || std::is_same_v<T, LoseSession> ||
    std::is_same_v<T, MarkHistory> || std::is_same_v<T, RecordReload> ||
    std::is_same_v<T, RecordBackup>;

bool IsShardCommand(const Operation& operation) {
  return std::visit([](const auto& body) { return kIsShardCommand<std::decay_t<decltype(body)>>; },
                    operation);
}

// The account whose thresholds `event` may have reached; 0: none.
AccountNumber MayAlert(const Event& event, std::optional<AccountNumber> about) {
  if (const auto* settled = std::get_if<Settled>(&event)) return settled->account;
  return about.value_or(0);
}

// What `operation` means for `account`.
Outcome DecideFor(const Shard& shard, const Account& account, const Operation& operation,
                  const Context& context) {
  return std::visit(
      [&](const auto& body) -> Outcome {
        using T = std::decay_t<decltype(body)>;
        if constexpr (kIsShardCommand<T> || std::is_same_v<T, CreateOrg>) {
          return {};
        } else {
          return Decide(shard, account, body, context);
        }
      },
      operation);
}

// The answer where there is no such organisation.
void AnswerUnknownOrg(const Command& command, absl::Status& status, Answer& answer) {
  if (std::holds_alternative<Reserve>(command.operation)) {
    answer.emplace<ReserveAnswer>().decision = Decision::kOrgUnknown;
  } else if (std::holds_alternative<Charge>(command.operation)) {
    answer.emplace<ChargeAnswer>().decision = Decision::kOrgUnknown;
  } else {
    status = NoOrg(command.org);
  }
}

// Answers show where the organisation stands after what they tell.
void AddSnapshot(const Account& account, const Context& context, Answer& answer) {
  std::visit(
      [&account, &context](auto& body) {
        using T = std::decay_t<decltype(body)>;
        if constexpr (std::is_same_v<T, ReserveAnswer> || std::is_same_v<T, CommitAnswer> ||
                      std::is_same_v<T, ReleaseAnswer> || std::is_same_v<T, ExtendAnswer> ||
                      std::is_same_v<T, ChargeAnswer>) {
          FillSnapshot(account, *account.CurrentDay(context.now), context.catalog.number(),
                       body.usage);
        }
      },
      answer);
}

}  // namespace

void Ledger::Apply(const Events& events, const Context& context, Group& group) {
  for (const Event& event : events) {
    const std::optional<AccountNumber> about = HistoryAccount(event);
    ApplyOne(event, about, context, group);
    const Account* account = shard_.account(MayAlert(event, about));
    if (account == nullptr) continue;
    for (const Event& alert : DecideAlerts(*account, context.catalog)) {
      ApplyOne(alert, account->number, context, group);
    }
  }
}

void Ledger::ApplyOne(const Event& event, std::optional<AccountNumber> about,
                      const Context& context, Group& group) {
  if (about) AddHistory(event, shard_.account(*about), context.catalog, context.now, group.history);
  const absl::Status applied = shard_.Apply(event, context.now, group.sequence);
  // The event was decided against this very state.
  QUOTA_CHECK(applied.ok());
  group.entry.Add(event);
}

bool Ledger::ApplyDue(AccountNumber number, const Context& context, Group& group) {
  const Account& account = *shard_.account(number);
  for (size_t applied = 0; applied < kMaxDueEvents;) {
    const Events due = DecideDue(shard_, account, context.now, kMaxDueEvents - applied);
    if (due.empty()) {
      shard_.RefreshDeadline(number, context.now);
      return true;
    }
    Apply(due, context, group);
    applied += due.size();
  }
  return false;
}

bool Ledger::ExecuteOnShard(const Command& command, const Context& context, Group& group,
                            Answer& answer) {
  if (!IsShardCommand(command.operation)) return false;
  Outcome outcome;
  if (const auto* list = std::get_if<ListOrgs>(&command.operation)) {
    outcome = DecideListOrgs(shard_, *list, context);
  } else if (const auto* lose = std::get_if<LoseSession>(&command.operation)) {
    outcome = DecideLoseSession(shard_, *lose, context.now, kMaxDueEvents);
  } else if (const auto* reload = std::get_if<RecordReload>(&command.operation)) {
    outcome = DecideRecordReload(*reload, context);
  } else if (const auto* backup = std::get_if<RecordBackup>(&command.operation)) {
    outcome = DecideRecordBackup(*backup, context);
  } else {
    outcome.answer = HistoryMark{context.now, group.sequence};
  }
  Apply(outcome.events, context, group);
  answer = std::move(outcome.answer);
  return true;
}

Outcome Ledger::DecideUnknown(const Command& command, const Context& context, Group& group) {
  Outcome unknown;
  AnswerUnknownOrg(command, unknown.status, unknown.answer);
  const bool may_create = std::holds_alternative<Reserve>(command.operation) ||
                          std::holds_alternative<Charge>(command.operation);
  const auto newcomer = may_create ? DecideNewcomer(shard_, command.org, context) : std::nullopt;
  if (!newcomer) return unknown;
  Outcome outcome = DecideFor(shard_, newcomer->account, command.operation, context);
  if (!outcome.status.ok()) return outcome;
  if (outcome.events.empty()) {
    // Refused, or only asked for: there is nothing to create it for.
    AddSnapshot(newcomer->account, context, outcome.answer);
    return outcome;
  }
  if (!context.newcomers->Admit(*context.catalog.unknown_organizations(), context.now)) {
    return unknown;
  }
  Apply(newcomer->events, context, group);
  return outcome;
}

Progress Ledger::Execute(const Command& command, const Context& context, Group& group,
                         absl::Status& status, Answer& answer) {
  if (ExecuteOnShard(command, context, group, answer)) return Progress::kDone;
  const uint64_t hash = command.org_hash != 0 ? command.org_hash : HashOf(command.org);
  const Account* account = shard_.FindAccount(command.org, hash);
  // The outcome of each is built where it stays: outcomes are large.
  const auto finish = [&](Outcome outcome) {
    Apply(outcome.events, context, group);
    status = std::move(outcome.status);
    answer = std::move(outcome.answer);
    if (account == nullptr) account = shard_.FindAccount(command.org, hash);
    if (account != nullptr) AddSnapshot(*account, context, answer);
    return Progress::kDone;
  };
  if (const auto* create = std::get_if<CreateOrg>(&command.operation)) {
    return finish(DecideCreateOrg(shard_, account, command.org, *create, context));
  }
  if (account == nullptr) return finish(DecideUnknown(command, context, group));
  if (!ApplyDue(account->number, context, group)) return Progress::kAgain;
  if (account->CurrentDay(context.now) == nullptr) {
    Apply(DecideDay(*account, context), context, group);
  }
  return finish(DecideFor(shard_, *account, command.operation, context));
}

void Ledger::Prefetch(int stage, const Command& command) const {
  if (command.org_hash == 0) return;
  const ReservationId* const id = std::visit(
      [](const auto& operation) -> const ReservationId* {
        if constexpr (requires { operation.id; }) {
          return &operation.id;
        } else {
          return nullptr;
        }
      },
      command.operation);
  shard_.Prefetch(stage, command.org_hash, id);
}

Progress Ledger::Sweep(const Context& context, size_t max_events, size_t max_history,
                       Group& group) {
  while (group.entry.count() < max_events && group.history.size() < max_history) {
    const AccountNumber number = shard_.TakeDue(context.now);
    if (number == 0) return Progress::kDone;
    const bool done = ApplyDue(number, context, group);
    shard_.Reschedule(number, context.now);
    if (!done) return Progress::kAgain;
  }
  return shard_.NextTimer() <= context.now ? Progress::kAgain : Progress::kDone;
}

void Ledger::FinishGroup(const Context& context, Group& group) {
  Apply(DecideIds(shard_, context), context, group);
}

}  // namespace quota::ledger
