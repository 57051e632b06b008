#include "ledger/history.h"

#include <fmt/format.h>

#include <utility>

#include "ledger/account_record.h"
#include "ledger/org_view.h"

namespace quota::ledger {
namespace {

quota::v1::Org OrgOf(const records::AdminRequest& request) {
  quota::v1::Org org;
  org.ParseFromString(request.answer());
  return org;
}

// What each event leaves; most leave nothing. The answer that is remembered of an administrator's
// change tells how things were after it.
struct Recorder {
  const Account* before;
  const CatalogRevision& catalog;
  Instant now;
  History& history;

  template <typename Other>
  void operator()(const Other& /*event*/) {}

  void operator()(const records::OrgCreated& event) {
    quota::v1::Org org = OrgOf(event.request());
    AddPlanChange(event.account(), event.request(), org);
    // By a call, not by an administrator.
    if (event.request().request_id().empty()) return;
    AddAudit(event.account(), event.request(), std::move(org));
  }
  void operator()(const records::PlanChanged& event) {
    quota::v1::Org org = OrgOf(event.request());
    AddPlanChange(event.account(), event.request(), org);
    AddAudit(event.account(), event.request(), std::move(org));
  }
  void operator()(const records::CreditsPurchased& event) {
    quota::v1::PurchaseCreditsResponse response;
    response.ParseFromString(event.request().answer());
    quota::v1::Event told = NewEvent(before->org);
    *told.mutable_credits_purchased()->mutable_purchase() = response.purchase();
    AddEvent(event.account(), told);
    AddAudit(event.account(), event.request(), std::move(*response.mutable_org()));
  }
  void operator()(const records::CreditsRevoked& event) {
    quota::v1::Org org = OrgOf(event.request());
    quota::v1::Event told = NewEvent(before->org);
    Purchase revoked = *before->FindPurchase(event.purchase());
    revoked.revoked_on = event.revoked_on();
    *told.mutable_credits_revoked()->mutable_purchase() = MakePurchase(*before, revoked);
    AddEvent(event.account(), told);
    AddAudit(event.account(), event.request(), std::move(org));
  }
  void operator()(const records::DayClosed& event) {
    const Day* day = before->FindDay(FromMicros(event.start()));
    if (day == nullptr) return;
    quota::v1::DayUsage usage = MakeDayUsage(*before, *day);
    usage.set_closed(true);
    history.push_back({HistoryKind::kDay, before->number, day->start, usage.SerializeAsString()});
  }
  void operator()(const records::ThresholdReached& event) {
    const Day* day = before->FindDay(FromMicros(event.day_start()));
    if (day == nullptr) return;
    quota::v1::Event told = NewEvent(before->org);
    auto& reached = *told.mutable_threshold_reached();
    reached.set_percent(event.percent());
    reached.set_used(event.used());
    reached.set_allotment(event.allotment());
    reached.set_model(static_cast<quota::v1::Model>(day->model));
    SetTimestamp(day->start, reached.mutable_day_starts_at());
    SetTimestamp(day->end, reached.mutable_resets_at());
    AddEvent(event.account(), told);
  }
  void operator()(const records::CatalogReloaded& event) {
    quota::v1::AuditEntry entry = NewEntry(event.request());
    entry.set_detail(fmt::format("revision {} is in force", event.revision()));
    history.push_back({HistoryKind::kAudit, 0, now, entry.SerializeAsString()});
  }
  void operator()(const records::BackupTaken& event) {
    quota::v1::AuditEntry entry = NewEntry(event.request());
    entry.set_detail(fmt::format("backup {}, {} bytes", event.name(), event.bytes()));
    history.push_back({HistoryKind::kAudit, 0, now, entry.SerializeAsString()});
  }

  quota::v1::AuditEntry NewEntry(const records::AdminRequest& request) const {
    quota::v1::AuditEntry entry;
    SetTimestamp(now, entry.mutable_at());
    entry.set_actor(request.actor());
    entry.set_peer(request.peer());
    entry.set_request_id(request.request_id());
    entry.set_action(request.action());
    return entry;
  }
  void AddAudit(AccountNumber account, const records::AdminRequest& request,
                quota::v1::Org after) const {
    quota::v1::AuditEntry entry = NewEntry(request);
    entry.set_org_id(after.org_id());
    if (before != nullptr) *entry.mutable_before() = MakeOrg(*before, catalog, now);
    *entry.mutable_after() = std::move(after);
    history.push_back({HistoryKind::kAudit, account, now, entry.SerializeAsString()});
  }

  quota::v1::Event NewEvent(const std::string& org) const {
    quota::v1::Event event;
    event.set_org_id(org);
    SetTimestamp(now, event.mutable_at());
    return event;
  }
  void AddEvent(AccountNumber account, const quota::v1::Event& event) const {
    history.push_back({HistoryKind::kEvent, account, now, event.SerializeAsString()});
  }
  void AddPlanChange(AccountNumber account, const records::AdminRequest& request,
                     const quota::v1::Org& after) const {
    quota::v1::Event event = NewEvent(after.org_id());
    event.mutable_plan_changed()->set_action(request.action());
    *event.mutable_plan_changed()->mutable_after() = after;
    AddEvent(account, event);
  }
};

struct AccountOf {
  using Number = std::optional<AccountNumber>;

  template <typename Other>
  Number operator()(const Other& /*event*/) const {
    return std::nullopt;
  }
  Number operator()(const records::OrgCreated& event) const { return event.account(); }
  Number operator()(const records::PlanChanged& event) const { return event.account(); }
  Number operator()(const records::CreditsPurchased& event) const { return event.account(); }
  Number operator()(const records::CreditsRevoked& event) const { return event.account(); }
  Number operator()(const records::DayClosed& event) const { return event.account(); }
  Number operator()(const records::ThresholdReached& event) const { return event.account(); }
  Number operator()(const records::CatalogReloaded& /*event*/) const { return 0; }
  Number operator()(const records::BackupTaken& /*event*/) const { return 0; }
};

}  // namespace

void AddHistory(const Event& event, const Account* before, const CatalogRevision& catalog,
                Instant now, History& history) {
  std::visit(Recorder{before, catalog, now, history}, event);
}

std::optional<AccountNumber> HistoryAccount(const Event& event) {
  return std::visit(AccountOf(), event);
}

}  // namespace quota::ledger
