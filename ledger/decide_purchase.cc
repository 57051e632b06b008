// The rules of bought credits: what a purchase adds, and what revoking it takes back.

#include <fmt/format.h>

#include <algorithm>

#include "common/stable_hash.h"
#include "ledger/account_record.h"
#include "ledger/calendar.h"
#include "ledger/decide.h"
#include "ledger/org_view.h"
#include "ledger/plan_change.h"

namespace quota::ledger {
namespace {

// The most additional credits that a day of `purchase` would have: sums rise only where a purchase
// begins.
Credits HighestDay(const Account& account, const Purchase& purchase) {
  const auto sum_on = [&account, &purchase](int32_t date) {
    Credits sum = purchase.credits;
    for (const Purchase& other : account.purchases) {
      if (!other.is_pack && other.ValidOn(date)) sum += other.credits;
    }
    return sum;
  };
  Credits highest = sum_on(purchase.first_day);
  for (const Purchase& other : account.purchases) {
    if (purchase.ValidOn(other.first_day)) highest = std::max(highest, sum_on(other.first_day));
  }
  return highest;
}

// Whether the purchase would lift the additional credits of some day above the edition's ceiling.
// Packs are a balance, not a daily figure: they have no ceiling.
std::optional<Outcome> AboveCeiling(const Account& account, const Purchase& purchase,
                                    const Context& context) {
  const Edition* edition = context.catalog.FindEdition(account.plan.edition.text());
  if (purchase.is_pack || !edition->additional_ceiling) return std::nullopt;
  const Credits highest = HighestDay(account, purchase);
  if (highest <= *edition->additional_ceiling) return std::nullopt;
  return Failed(absl::FailedPreconditionError(
      fmt::format("credits_per_day: {} additional credits a day in all; edition {} allows {}",
                  highest.value(), edition->name.text(), edition->additional_ceiling->value())));
}

uint64_t PurchaseFingerprint(const PurchaseCredits& command) {
  const auto day = [](const std::optional<absl::CivilDay>& date) {
    return date ? static_cast<uint64_t>(DaysSinceEpoch(*date)) : UINT64_MAX;
  };
  return StableHash()
      .Add(command.purchase_id)
      .Add(static_cast<uint64_t>(command.is_pack))
      .Add(static_cast<uint64_t>(command.credits.value()))
      .Add(day(command.first_day))
      .Add(day(command.last_day))
      .Value();
}

// A second purchase under a known id: the first one's answer, as things stand, or an error.
std::optional<Outcome> KnownPurchase(const Account& account, const PurchaseCredits& command,
                                     const Context& context) {
  for (const Purchase& known : account.purchases) {
    if (known.purchase_id != command.purchase_id) continue;
    if (known.fingerprint != PurchaseFingerprint(command)) {
      return Failed(absl::AlreadyExistsError(
          fmt::format("purchase_id: {} was used for another purchase", command.purchase_id)));
    }
    PurchaseAnswer answer;
    *answer.response.mutable_purchase() = MakePurchase(account, known);
    *answer.response.mutable_org() = MakeOrg(account, context.catalog, context.now);
    Outcome outcome;
    outcome.answer = std::move(answer);
    return outcome;
  }
  return std::nullopt;
}

// The purchase that the command makes, or an error.
absl::StatusOr<Purchase> MakePurchase(const Account& account, const PurchaseCredits& command,
                                      const Context& context) {
  const int32_t today = account.CurrentDay(context.now)->date;
  Purchase purchase;
  purchase.number = account.next_purchase;
  purchase.purchase_id = command.purchase_id;
  purchase.fingerprint = PurchaseFingerprint(command);
  purchase.is_pack = command.is_pack;
  purchase.credits = command.credits;
  purchase.first_day = command.first_day ? DaysSinceEpoch(*command.first_day) : today;
  if (command.last_day) purchase.last_day = DaysSinceEpoch(*command.last_day);
  purchase.purchased_at = context.now;
  if (purchase.first_day < today) {
    return absl::InvalidArgumentError("first_day: it is in the past; the earliest is today");
  }
  if (purchase.last_day && *purchase.last_day < purchase.first_day) {
    return absl::InvalidArgumentError("last_day: it must not be before first_day");
  }
  return purchase;
}

}  // namespace

Outcome Decide(const Shard& shard, const Account& account, const PurchaseCredits& command,
               const Context& context) {
  if (auto known = Remembered(account, command.request, AnswerKind::kPurchase))
    return *std::move(known);
  if (auto known = KnownPurchase(account, command, context)) return *std::move(known);
  if (auto refused = WrongRevision(account, command.request)) return *std::move(refused);
  if (auto refused = TooManyRequests(account, context)) return *std::move(refused);
  auto purchase = MakePurchase(account, command, context);
  if (!purchase.ok()) return Failed(purchase.status());
  if (account.purchases.size() >= kMaxPurchases) {
    return Failed(absl::FailedPreconditionError(
        fmt::format("{} has {} purchases, the most that one organisation may have in its history",
                    account.org, kMaxPurchases)));
  }
  if (auto refused = AboveCeiling(account, *purchase, context)) return *std::move(refused);

  Account after = account;
  after.purchases.push_back(*purchase);
  ++after.next_purchase;
  after.plan.NextRevision();
  records::CreditsPurchased event;
  event.set_account(after.number);
  *event.mutable_purchase() = ToRecord(*purchase);
  event.set_revision(after.plan.revision);
  if (auto change = Reallot(after, context)) *event.add_days() = *std::move(change);
  PurchaseAnswer answer;
  *answer.response.mutable_purchase() = MakePurchase(after, after.purchases.back());
  *answer.response.mutable_org() = MakeOrg(after, context.catalog, context.now);
  *event.mutable_request() =
      ToRemember(command.request, answer.response.SerializeAsString(), context.now);
  event.set_requests_forgotten(Forgotten(after, context));
  Outcome outcome;
  outcome.answer = std::move(answer);
  outcome.events.push_back(std::move(event));
  return outcome;
}

Outcome Decide(const Shard& shard, const Account& account, const RevokeCredits& command,
               const Context& context) {
  if (auto known = AnsweredBefore(account, command.request)) return *std::move(known);
  if (auto refused = TooManyRequests(account, context)) return *std::move(refused);
  Account after = account;
  const auto purchase = std::find_if(
      after.purchases.begin(), after.purchases.end(),
      [&command](const Purchase& known) { return known.purchase_id == command.purchase_id; });
  if (purchase == after.purchases.end()) {
    return Failed(absl::NotFoundError(
        fmt::format("purchase_id: {} has no purchase {}", account.org, command.purchase_id)));
  }
  Outcome outcome;
  if (purchase->revoked_on) {
    outcome.answer = OrgAnswer{MakeOrg(account, context.catalog, context.now)};
    return outcome;
  }
  purchase->revoked_on = account.CurrentDay(context.now)->date;
  after.plan.NextRevision();
  records::CreditsRevoked event;
  event.set_account(after.number);
  event.set_purchase(purchase->number);
  event.set_revoked_on(*purchase->revoked_on);
  event.set_revision(after.plan.revision);
  if (auto change = Reallot(after, context)) *event.add_days() = *std::move(change);
  OrgAnswer answer{MakeOrg(after, context.catalog, context.now)};
  *event.mutable_request() =
      ToRemember(command.request, answer.org.SerializeAsString(), context.now);
  event.set_requests_forgotten(Forgotten(after, context));
  outcome.answer = std::move(answer);
  outcome.events.push_back(std::move(event));
  return outcome;
}

}  // namespace quota::ledger
