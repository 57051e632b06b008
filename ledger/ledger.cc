#include "ledger/ledger.h"

#include <fmt/format.h>

#include <type_traits>

#include "common/check.h"
#include "ledger/balance.h"

namespace quota::ledger {
namespace {

absl::Status NoOrg(std::string_view org) {
  return absl::NotFoundError(fmt::format("org_id: there is no organisation {}", org));
}

template <typename T>
inline constexpr bool kIsShardCommand =
    std::is_same_v<T, ListOrgs> || std::is_same_v<T, LoseSession>;

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
          body.usage =
              MakeSnapshot(account, *account.CurrentDay(context.now), context.catalog.number());
        }
      },
      answer);
}

}  // namespace

void Ledger::Apply(const Events& events, const Context& context, Group& group) {
  for (const Event& event : events) {
    if (const AccountNumber about = HistoryAccount(event); about != 0) {
      AddHistory(event, shard_.account(about), context.catalog, context.now, group.history);
    }
    const absl::Status applied = shard_.Apply(event, context.now, group.sequence);
    // The event was decided against this very state.
    QUOTA_CHECK(applied.ok());
    group.entry.Add(event);
  }
}

bool Ledger::ApplyDue(AccountNumber number, const Context& context, Group& group) {
  const Account& account = *shard_.account(number);
  for (size_t applied = 0; applied < kMaxDueEvents;) {
    const Events due = DecideDue(account, context.now, kMaxDueEvents - applied);
    if (due.empty()) {
      shard_.RefreshDeadline(number, context.now);
      return true;
    }
    Apply(due, context, group);
    applied += due.size();
  }
  return false;
}

Progress Ledger::Execute(const Command& command, const Context& context, Group& group,
                         absl::Status& status, Answer& answer) {
  if (const auto* list = std::get_if<ListOrgs>(&command.operation)) {
    answer = DecideListOrgs(shard_, *list, context).answer;
    return Progress::kDone;
  }
  if (const auto* lose = std::get_if<LoseSession>(&command.operation)) {
    Outcome outcome = DecideLoseSession(shard_, *lose, context.now, kMaxDueEvents);
    Apply(outcome.events, context, group);
    answer = std::move(outcome.answer);
    return Progress::kDone;
  }
  const Account* account = shard_.FindAccount(command.org);
  Outcome outcome;
  if (const auto* create = std::get_if<CreateOrg>(&command.operation)) {
    outcome = DecideCreateOrg(shard_, account, command.org, *create, context);
  } else if (account == nullptr) {
    AnswerUnknownOrg(command, status, answer);
    return Progress::kDone;
  } else {
    if (!ApplyDue(account->number, context, group)) return Progress::kAgain;
    Apply(DecideDay(*account, context), context, group);
    outcome = std::visit(
        [&](const auto& operation) -> Outcome {
          using T = std::decay_t<decltype(operation)>;
          if constexpr (kIsShardCommand<T> || std::is_same_v<T, CreateOrg>) {
            return {};
          } else {
            return Decide(shard_, *account, operation, context);
          }
        },
        command.operation);
  }
  Apply(outcome.events, context, group);
  status = std::move(outcome.status);
  answer = std::move(outcome.answer);
  if (account != nullptr) AddSnapshot(*account, context, answer);
  return Progress::kDone;
}

Progress Ledger::Sweep(const Context& context, size_t max_events, size_t max_history,
                       Group& group) {
  while (group.entry.count() < max_events && group.history.size() < max_history) {
    const AccountNumber number = shard_.TakeDue(context.now);
    if (number == 0) return Progress::kDone;
    const bool done = ApplyDue(number, context, group);
    shard_.Reschedule(number);
    if (!done) return Progress::kAgain;
  }
  return shard_.NextTimer() <= context.now ? Progress::kAgain : Progress::kDone;
}

void Ledger::FinishGroup(const Context& context, Group& group) {
  Apply(DecideIds(shard_, context), context, group);
}

}  // namespace quota::ledger
