#include "ledger/plan_change.h"

#include <algorithm>

#include "common/status.h"
#include "ledger/account_record.h"
#include "ledger/alerts.h"
#include "ledger/allotment.h"
#include "ledger/balance.h"
#include "ledger/org_view.h"

namespace quota::ledger {

std::optional<Outcome> Remembered(const Account& account, const AdminRequest& request,
                                  AnswerKind kind) {
  for (const RememberedRequest& known : *account.admin_requests) {
    if (known.request_id != request.request_id) continue;
    if (known.fingerprint != request.fingerprint) {
      return Failed(absl::AlreadyExistsError(
          fmt::format("request_id: {} was used with another request; make a new id for each change",
                      request.request_id)));
    }
    Outcome outcome;
    if (kind == AnswerKind::kPurchase) {
      outcome.answer.emplace<PurchaseAnswer>().response.ParseFromString(known.answer);
    } else {
      outcome.answer.emplace<OrgAnswer>().org.ParseFromString(known.answer);
    }
    return outcome;
  }
  return std::nullopt;
}

std::optional<Outcome> WrongRevision(const Account& account, const AdminRequest& request) {
  if (!request.expected_revision || *request.expected_revision == account.plan.revision) {
    return std::nullopt;
  }
  return Failed(absl::AbortedError(
      fmt::format("expected_revision: {}; {} is at revision {}: read it again and decide anew",
                  *request.expected_revision, account.org, account.plan.revision)));
}

std::optional<Outcome> AnsweredBefore(const Account& account, const AdminRequest& request) {
  if (auto known = Remembered(account, request)) return known;
  return WrongRevision(account, request);
}

uint32_t Forgotten(const Account& account, const Context& context) {
  if (context.now - context.serving_since < context.ids.shortest_window) return 0;
  uint32_t count = 0;
  for (const RememberedRequest& request : *account.admin_requests) {
    if (request.at + kAdminRequestLife > context.now) break;
    ++count;
  }
  return count;
}

std::optional<Outcome> TooManyRequests(const Account& account, const Context& context) {
  if (account.admin_requests->size() - Forgotten(account, context) < kMaxAdminRequests) {
    return std::nullopt;
  }
  return Failed(WithReason(absl::ResourceExhaustedError(fmt::format(
                               "{} had {} changes within 24 hours: the most that are remembered",
                               account.org, kMaxAdminRequests)),
                           kOverloaded));
}

std::optional<records::DayChange> Reallot(Account& after, const Context& context) {
  if (after.CurrentDay(context.now) == nullptr) return std::nullopt;
  Day& day = after.days.back();
  const Allotment allotment = Allot(after, context.catalog, day.date);
  day.daily = DailyAfterChange(day, allotment.credits.Sum());
  day.allotment = allotment.credits;
  day.model = allotment.model;
  day.catalog_revision = context.catalog.number();
  day.alert_at = AlertAt(day.daily, day.alerted_percent, context.catalog.alert_thresholds());
  ApplyPackChanges(LevelPacks(after, day, day.PackPart()), day.draws);
  records::DayChange change;
  change.set_start(ToMicros(day.start));
  *change.mutable_allotment() = ToRecord(day.allotment);
  change.set_daily(day.daily.value());
  change.set_model(static_cast<int32_t>(day.model));
  change.set_catalog_revision(day.catalog_revision);
  if (day.alert_at != kNoAlert) change.set_alert_at(day.alert_at.value());
  for (const PackDraw& draw : day.draws) {
    auto* added = change.add_draws();
    added->set_pack(draw.purchase);
    added->set_credits(draw.credits.value());
  }
  return change;
}

records::AdminRequest ToRemember(const AdminRequest& request, const std::string& answer,
                                 Instant now) {
  records::AdminRequest record;
  record.set_request_id(request.request_id.data(), request.request_id.size());
  record.set_fingerprint(request.fingerprint);
  record.set_at(ToMicros(now));
  record.set_answer(answer);
  record.set_action(request.action.data(), request.action.size());
  record.set_actor(request.actor.data(), request.actor.size());
  record.set_peer(request.peer.data(), request.peer.size());
  return record;
}

void SetLimits(const std::vector<records::Pool>& limits, Account& after) {
  for (const records::Pool& limit : limits) {
    const int index = after.FindPool(Name(limit.name()));
    if (index >= 0) {
      after.pools[static_cast<size_t>(index)].limit = static_cast<int32_t>(limit.limit());
    } else {
      after.pools.push_back({Name(limit.name()), static_cast<int32_t>(limit.limit()), 0});
    }
  }
}

Outcome ChangePlan(Account after, const AdminRequest& request, const Context& context) {
  if (auto refused = TooManyRequests(after, context)) return *std::move(refused);
  after.plan.NextRevision();
  records::PlanChanged event;
  event.set_account(after.number);
  *event.mutable_plan() = ToRecord(after.plan);
  const std::vector<records::Pool> limits = LimitsOf(after.plan, context.catalog);
  for (const records::Pool& limit : limits) *event.add_pools() = limit;
  SetLimits(limits, after);
  if (auto change = Reallot(after, context)) *event.add_days() = *std::move(change);
  OrgAnswer answer{MakeOrg(after, context.catalog, context.now)};
  *event.mutable_request() = ToRemember(request, answer.org.SerializeAsString(), context.now);
  event.set_requests_forgotten(Forgotten(after, context));
  Outcome outcome;
  outcome.answer = std::move(answer);
  outcome.events.push_back(std::move(event));
  return outcome;
}

}  // namespace quota::ledger
