#include "ledger/history.h"

#include <utility>

#include "ledger/account_record.h"
#include "ledger/org_view.h"

namespace quota::ledger {
namespace {

// An administrator's change. The answer that is remembered tells how things were afterwards.
void AddAudit(AccountNumber account, const records::AdminRequest& request, const Account* before,
              quota::v1::Org after, const CatalogRevision& catalog, Instant now, History& history) {
  quota::v1::AuditEntry entry;
  const int64_t micros = ToMicros(now);
  entry.mutable_at()->set_seconds(micros / 1'000'000);
  entry.mutable_at()->set_nanos(static_cast<int32_t>(micros % 1'000'000) * 1'000);
  entry.set_actor(request.actor());
  entry.set_peer(request.peer());
  entry.set_request_id(request.request_id());
  entry.set_action(request.action());
  entry.set_org_id(after.org_id());
  if (before != nullptr) *entry.mutable_before() = MakeOrg(*before, catalog, now);
  *entry.mutable_after() = std::move(after);
  history.push_back({HistoryKind::kAudit, account, now, entry.SerializeAsString()});
}

quota::v1::Org OrgOf(const records::AdminRequest& request) {
  quota::v1::Org org;
  org.ParseFromString(request.answer());
  return org;
}

// What each event leaves; most leave nothing.
struct Recorder {
  const Account* before;
  const CatalogRevision& catalog;
  Instant now;
  History& history;

  template <typename Other>
  void operator()(const Other& /*event*/) {}

  void operator()(const records::OrgCreated& event) {
    AddAudit(event.account(), event.request(), nullptr, OrgOf(event.request()), catalog, now,
             history);
  }
  void operator()(const records::PlanChanged& event) {
    AddAudit(event.account(), event.request(), before, OrgOf(event.request()), catalog, now,
             history);
  }
  void operator()(const records::CreditsPurchased& event) {
    quota::v1::PurchaseCreditsResponse response;
    response.ParseFromString(event.request().answer());
    AddAudit(event.account(), event.request(), before, std::move(*response.mutable_org()), catalog,
             now, history);
  }
  void operator()(const records::CreditsRevoked& event) {
    AddAudit(event.account(), event.request(), before, OrgOf(event.request()), catalog, now,
             history);
  }
  void operator()(const records::DayClosed& event) {
    const Day* day = before->FindDay(FromMicros(event.start()));
    if (day == nullptr) return;
    quota::v1::DayUsage usage = MakeDayUsage(*before, *day);
    usage.set_closed(true);
    history.push_back({HistoryKind::kDay, before->number, day->start, usage.SerializeAsString()});
  }
};

struct AccountOf {
  template <typename Other>
  AccountNumber operator()(const Other& /*event*/) const {
    return 0;
  }
  AccountNumber operator()(const records::OrgCreated& event) const { return event.account(); }
  AccountNumber operator()(const records::PlanChanged& event) const { return event.account(); }
  AccountNumber operator()(const records::CreditsPurchased& event) const { return event.account(); }
  AccountNumber operator()(const records::CreditsRevoked& event) const { return event.account(); }
  AccountNumber operator()(const records::DayClosed& event) const { return event.account(); }
};

}  // namespace

void AddHistory(const Event& event, const Account* before, const CatalogRevision& catalog,
                Instant now, History& history) {
  std::visit(Recorder{before, catalog, now, history}, event);
}

AccountNumber HistoryAccount(const Event& event) { return std::visit(AccountOf(), event); }

}  // namespace quota::ledger
