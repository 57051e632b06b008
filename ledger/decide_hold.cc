// The rules of reservations: Reserve, Commit, Release, Extend, Charge, and the loss of a session.

#include <fmt/format.h>

#include <algorithm>

#include "common/check.h"
#include "common/status.h"
#include "ledger/balance.h"
#include "ledger/decide.h"
#include "ledger/org_view.h"
#include "ledger/plan_change.h"
#include "ledger/settle.h"

namespace quota::ledger {
namespace {

Outcome Answered(Answer answer) { return {absl::OkStatus(), std::move(answer), {}}; }

// Outcomes are built in place: they are large, and each call brings one.
template <typename A>
A& AnswerIn(Outcome& outcome) {
  return outcome.answer.emplace<A>();
}

template <typename E>
E& EventIn(Outcome& outcome) {
  return std::get<E>(outcome.events.emplace_back(std::in_place_type<E>));
}

std::string_view StateName(HoldState state) {
  switch (state) {
    case HoldState::kOpen:
      return "open";
    case HoldState::kCommitted:
      return "committed";
    case HoldState::kReleased:
      return "released";
    case HoldState::kExpired:
      return "expired";
    case HoldState::kSessionLost:
      return "session lost";
    case HoldState::kNone:
      break;
  }
  return "unknown";
}

absl::Status OtherRequest(const ReservationId& id) {
  return absl::AlreadyExistsError(fmt::format(
      "reservation_id: {} was used with another request; make a new id for each call", id.Text()));
}

absl::Status NoReservation(const Account& account, const ReservationId& id) {
  return absl::NotFoundError(
      fmt::format("reservation_id: {} has no reservation {}, or it ended too long ago", account.org,
                  id.Text()));
}

absl::Status WrongState(const IdRecord& record, std::string_view action) {
  const std::string_view what =
      record.origin == Origin::kCharge ? "charged at once" : StateName(record.state);
  return absl::FailedPreconditionError(
      fmt::format("reservation_id: {} is {}; it cannot be {}", record.id.Text(), what, action));
}

absl::Status TtlOutOfRange(Duration ttl, Duration max) {
  return absl::InvalidArgumentError(fmt::format("ttl: {} ms; it must be {} ms to {} ms",
                                                ttl.count() / 1000, kMinTtl.count() / 1000,
                                                max.count() / 1000));
}

absl::Status IdsOverloaded() {
  return WithRetryDelay(
      WithReason(
          absl::ResourceExhaustedError(
              "too many reservation ids to remember; the memory for them (512 MiB by default, "
              "quotad --remembered-id-bytes) is full of ids younger than 15 s"),
          kOverloaded),
      std::chrono::seconds(1));
}

// What the call costs: under the limits model every call counts 1.
absl::StatusOr<PricedCall> PriceOf(const Cost& cost, const Day& day, const Context& context) {
  PricedCall priced;
  if (const Credits* credits = std::get_if<Credits>(&cost)) {
    priced.credits = *credits;
  } else {
    auto by_method = context.catalog.Price(std::get<MethodCall>(cost));
    if (!by_method.ok()) return by_method.status();
    priced = *by_method;
  }
  if (day.model == Model::kApiLimits) priced.credits = Credits(1);
  return priced;
}

// Credits that the mode grants of `price`, or nothing where they are exhausted.
std::optional<Credits> Affordable(Credits price, Credits remaining, Mode mode) {
  if (price <= remaining) return price;
  if (mode == Mode::kBestEffort && remaining >= Credits(1)) return remaining;
  return std::nullopt;
}

PackChanges LevelAfter(const Account& account, const Day& day, Credits change) {
  if (account.purchases.empty()) return {};
  return LevelPacks(account, day, std::max(kZeroCredits, day.used + day.held + change - day.daily));
}

// The pool that has no room for the slots, or null.
const Pool* FullPool(const Account& account, uint32_t slots, int second_pool) {
  const Pool& main = account.pools[0];
  if (slots > 0 && static_cast<int64_t>(main.in_flight) + slots > main.limit) return &main;
  if (second_pool > 0) {
    const Pool& second = account.pools[static_cast<size_t>(second_pool)];
    if (second.in_flight + 1 > second.limit) return &second;
  }
  return nullptr;
}

void RepeatReserve(const KnownId& known, const Reserve& command, Outcome& outcome) {
  if (known->fingerprint != command.fingerprint) {
    outcome.status = OtherRequest(command.id);
    return;
  }
  auto& answer = AnswerIn<ReserveAnswer>(outcome);
  answer.decision = Decision::kGranted;
  answer.credits = known->held;
  answer.state = known->state;
  answer.repeated = true;
  if (known.hold() != nullptr) answer.expires_at = known.hold()->deadline;
}

// The second pool's index in the account, 0 where there is none.
int SecondPool(const Account& account, const PricedCall& priced) {
  return priced.second_pool.empty() ? 0 : std::max(0, account.FindPool(priced.second_pool));
}

// Adds the hold of a call whose answer grants it credits.
void AddHold(const Account& account, const Day& day, const Reserve& command, int second_pool,
             Instant deadline, Outcome& outcome) {
  auto& answer = std::get<ReserveAnswer>(outcome.answer);
  auto& event = EventIn<Reserved>(outcome);
  event.account = account.number;
  event.id = command.id;
  event.fingerprint = command.fingerprint;
  event.credits = answer.credits;
  event.day_start = day.start;
  event.deadline = deadline;
  event.slots = command.slots;
  event.second_pool = static_cast<uint8_t>(second_pool);
  event.commit_on_expiry = command.commit_on_expiry;
  event.session = command.session;
  event.packs = LevelAfter(account, day, answer.credits);
  answer.expires_at = deadline;
  answer.state = HoldState::kOpen;
}

// `outcome` is a new one.
void DecideReserve(const Shard& shard, const Account& account, const Reserve& command,
                   const Context& context, Outcome& outcome) {
  const bool check_only = command.mode == Mode::kCheckOnly;
  if (!check_only) {
    if (const KnownId known = shard.ids().Find(account.number, command.id)) {
      return RepeatReserve(known, command, outcome);
    }
  }
  const Duration ttl = command.ttl.value_or(context.catalog.default_ttl());
  if (ttl < kMinTtl || ttl > context.catalog.max_ttl()) {
    outcome.status = TtlOutOfRange(ttl, context.catalog.max_ttl());
    return;
  }
  const Day& day = *account.CurrentDay(context.now);
  const absl::StatusOr<PricedCall> priced = PriceOf(command.cost, day, context);
  if (!priced.ok()) {
    outcome.status = priced.status();
    return;
  }
  auto& answer = AnswerIn<ReserveAnswer>(outcome);
  if (account.plan.suspended) {
    answer.decision = Decision::kOrgSuspended;
    return;
  }
  const auto credits = Affordable(priced->credits, Remaining(account, day), command.mode);
  const int second_pool = SecondPool(account, *priced);
  if (!credits) {
    answer.decision = Decision::kCreditsExhausted;
    return;
  }
  if (const Pool* full = FullPool(account, command.slots, second_pool)) {
    answer.decision = Decision::kConcurrencyExhausted;
    answer.exhausted_pool = full->name.text();
    return;
  }
  if (account.hold_count >= kMaxHolds) {
    answer.decision = Decision::kTooManyHolds;
    return;
  }
  if (!check_only && IdsFull(shard, context)) {
    outcome = Failed(IdsOverloaded());
    return;
  }
  answer.decision = Decision::kGranted;
  answer.credits = *credits;
  if (check_only) return;
  AddHold(account, day, command, second_pool, context.now + ttl, outcome);
}

}  // namespace

Outcome Decide(const Shard& shard, const Account& account, const Reserve& command,
               const Context& context) {
  // Made once, where the caller wants it.
  Outcome outcome;
  DecideReserve(shard, account, command, context, outcome);
  return outcome;
}

namespace {

// `settle` fills the event of the commit.
template <typename Settle>
Outcome Committed(Settle settle) {
  Outcome outcome;
  auto& event = EventIn<Settled>(outcome);
  settle(event);
  auto& answer = AnswerIn<CommitAnswer>(outcome);
  answer.charged = event.charged;
  answer.overage = event.overage;
  answer.late = event.origin == Origin::kLate;
  return outcome;
}

Outcome RepeatCommit(const IdRecord& record, Credits asked) {
  if (record.origin == Origin::kCharge) return Failed(WrongState(record, "committed"));
  if (record.asked != asked) {
    return Failed(absl::AlreadyExistsError(
        fmt::format("credits: {}; reservation_id {} was already committed with {}", asked.value(),
                    record.id.Text(), record.asked.value())));
  }
  CommitAnswer answer;
  answer.charged = record.charged;
  answer.overage = record.overage;
  answer.late = record.origin == Origin::kLate;
  answer.repeated = true;
  return Answered(std::move(answer));
}

// What a commit asks for: under the limits model a call counts what was held, 1.
Credits AskedOf(const Account& account, const IdRecord& record, const Commit& command) {
  const Day* day = account.FindDay(record.day_start);
  if (day != nullptr && day->model == Model::kApiLimits) return record.held;
  return command.credits.value_or(record.held);
}

}  // namespace

Outcome Decide(const Shard& shard, const Account& account, const Commit& command,
               const Context& context) {
  const KnownId record = shard.ids().Find(account.number, command.id);
  if (!record) return Failed(NoReservation(account, command.id));
  const Credits asked = AskedOf(account, *record, command);
  switch (record->state) {
    case HoldState::kOpen:
      return Committed(
          [&](Settled& event) { SettleCommitted(account, *record.hold(), asked, event); });
    case HoldState::kCommitted:
      return RepeatCommit(*record, asked);
    case HoldState::kExpired:
    case HoldState::kSessionLost:
      // Its day is open while the id is remembered, unless a third day had to open meanwhile.
      if (account.FindDay(record->day_start) == nullptr) {
        return Failed(WrongState(*record, "committed: its day is closed"));
      }
      return Committed([&](Settled& event) { SettleLate(account, *record, asked, event); });
    case HoldState::kReleased:
    case HoldState::kNone:
      break;
  }
  return Failed(WrongState(*record, "committed"));
}

Outcome Decide(const Shard& shard, const Account& account, const Release& command,
               const Context& context) {
  const KnownId record = shard.ids().Find(account.number, command.id);
  if (!record) return Failed(NoReservation(account, command.id));
  if (record->state == HoldState::kCommitted) return Failed(WrongState(*record, "released"));
  Outcome outcome;
  auto& answer = AnswerIn<ReleaseAnswer>(outcome);
  if (const Hold* hold = record.hold()) {
    SettleReturned(account, *hold, HoldState::kReleased, EventIn<Settled>(outcome));
    return outcome;
  }
  answer.state = record->state;
  answer.repeated = true;
  return outcome;
}

Outcome Decide(const Shard& shard, const Account& account, const Extend& command,
               const Context& context) {
  if (command.ttl < kMinTtl || command.ttl > kMaxHoldLife) {
    return Failed(TtlOutOfRange(command.ttl, kMaxHoldLife));
  }
  const KnownId record = shard.ids().Find(account.number, command.id);
  if (!record) return Failed(NoReservation(account, command.id));
  const Hold* hold = record.hold();
  if (hold == nullptr) return Failed(WrongState(*record, "extended"));
  Outcome outcome;
  auto& answer = AnswerIn<ExtendAnswer>(outcome);
  answer.expires_at = std::max(hold->deadline, hold->created_at + command.ttl);
  if (answer.expires_at == hold->deadline) return outcome;
  auto& event = EventIn<Extended>(outcome);
  event.account = account.number;
  event.id = hold->id;
  event.deadline = answer.expires_at;
  return outcome;
}

namespace {

Outcome RepeatCharge(const IdRecord& record, const Charge& command) {
  if (record.fingerprint != command.fingerprint) return Failed(OtherRequest(command.id));
  ChargeAnswer answer;
  answer.decision = Decision::kGranted;
  answer.charged = record.charged;
  answer.repeated = true;
  return Answered(std::move(answer));
}

}  // namespace

Outcome Decide(const Shard& shard, const Account& account, const Charge& command,
               const Context& context) {
  const bool check_only = command.mode == Mode::kCheckOnly;
  if (!check_only) {
    if (const KnownId known = shard.ids().Find(account.number, command.id)) {
      return RepeatCharge(*known, command);
    }
  }
  const Day& day = *account.CurrentDay(context.now);
  const absl::StatusOr<PricedCall> priced = PriceOf(command.cost, day, context);
  if (!priced.ok()) return Failed(priced.status());
  Outcome outcome;
  auto& answer = AnswerIn<ChargeAnswer>(outcome);
  if (account.plan.suspended) {
    answer.decision = Decision::kOrgSuspended;
    return outcome;
  }
  const auto credits = Affordable(priced->credits, Remaining(account, day), command.mode);
  if (!credits) {
    answer.decision = Decision::kCreditsExhausted;
    return outcome;
  }
  if (!check_only && IdsFull(shard, context)) return Failed(IdsOverloaded());
  answer.decision = Decision::kGranted;
  answer.charged = *credits;
  if (check_only) return outcome;

  auto& event = EventIn<Settled>(outcome);
  event.account = account.number;
  event.id = command.id;
  event.fingerprint = command.fingerprint;
  event.origin = Origin::kCharge;
  event.state = HoldState::kCommitted;
  event.held = event.asked = event.charged = *credits;
  event.day_start = day.start;
  event.packs = LevelAfter(account, day, *credits);
  return outcome;
}

Outcome Decide(const Shard& shard, const Account& account, const GetUsage& command,
               const Context& context) {
  return Answered(MakeUsage(account, *account.CurrentDay(context.now), context.catalog));
}

// Of a lost session's holds: each charge may reach thresholds, and a group carries only so many
// watched events.
constexpr size_t kMaxChargedAtOnce = 4;

Outcome DecideLoseSession(const Shard& shard, const LoseSession& command, Instant now,
                          size_t max_holds) {
  Outcome outcome;
  LoseSessionAnswer answer;
  // Holds of one account are settled one after the other, on a copy: see DecideExpiry.
  std::map<AccountNumber, Account> after;
  const Hold* hold = shard.FirstHoldOfSession(command.session);
  size_t charged = 0;
  for (; hold != nullptr && answer.ended < max_holds && charged < kMaxChargedAtOnce;
       hold = hold->next_in_session) {
    Account& account =
        after.try_emplace(hold->account, *shard.account(hold->account)).first->second;
    auto& event = EventIn<Settled>(outcome);
    if (hold->deadline <= now) {
      SettleExpired(account, *hold, event);
    } else {
      SettleReturned(account, *hold, HoldState::kSessionLost, event);
    }
    Day& day = *account.FindDay(hold->day_start);
    day.held -= hold->held;
    day.used += event.charged;
    if (event.charged > kZeroCredits) ++charged;
    ApplyPackChanges(event.packs, day.draws);
    ++answer.ended;
  }
  answer.more = hold != nullptr;
  outcome.answer = answer;
  return outcome;
}

}  // namespace quota::ledger
