#include "ledger/account_record.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>

#include "ledger/record_bounds.h"

namespace quota::ledger {

records::Plan ToRecord(const Plan& plan) {
  records::Plan record;
  record.set_edition(plan.edition.text());
  record.set_agents(plan.agents);
  record.set_light_agents(plan.light_agents);
  record.set_data_center(plan.data_center.text());
  record.set_own_zone(plan.own_zone.text());
  record.set_signup_day(plan.signup_day);
  record.set_paid(plan.paid);
  record.set_suspended(plan.suspended);
  record.set_suspended_reason(plan.extras->suspended_reason);
  record.set_created_by_call(plan.created_by_call);
  const PlanExtras& extras = *plan.extras;
  if (extras.legacy_limit) record.set_legacy_limit(*extras.legacy_limit);
  if (extras.grandfathered_until) record.set_grandfathered_until(*extras.grandfathered_until);
  record.set_revision(plan.revision);
  record.set_created_at(ToMicros(plan.created_at));
  for (const auto& [pool, limit] : extras.limit_overrides) {
    auto* added = record.add_limit_overrides();
    added->set_pool(pool.text());
    added->set_limit(limit);
  }
  return record;
}

Plan FromRecord(const records::Plan& record) {
  Plan plan;
  plan.edition = Name(record.edition());
  plan.agents = static_cast<int32_t>(record.agents());
  plan.light_agents = static_cast<int32_t>(record.light_agents());
  plan.data_center = Name(record.data_center());
  plan.own_zone = Name(record.own_zone());
  plan.signup_day = record.signup_day();
  plan.paid = record.paid();
  plan.suspended = record.suspended();
  if (!record.suspended_reason().empty()) {
    plan.extras.Edit().suspended_reason = record.suspended_reason();
  }
  plan.created_by_call = record.created_by_call();
  if (record.has_legacy_limit()) plan.extras.Edit().legacy_limit = record.legacy_limit();
  if (record.has_grandfathered_until()) {
    plan.extras.Edit().grandfathered_until = record.grandfathered_until();
  }
  plan.revision = record.revision();
  plan.created_at = FromMicros(record.created_at());
  for (const auto& override_record : record.limit_overrides()) {
    plan.extras.Edit().limit_overrides.emplace_back(Name(override_record.pool()),
                                                    override_record.limit());
  }
  return plan;
}

records::DailyCredits ToRecord(const DailyCredits& credits) {
  records::DailyCredits record;
  record.set_base(credits.base.value());
  record.set_variable(credits.variable.value());
  record.set_grandfathered(credits.grandfathered.value());
  record.set_additional(credits.additional.value());
  return record;
}

DailyCredits FromRecord(const records::DailyCredits& record) {
  return {Credits(record.base()), Credits(record.variable()), Credits(record.grandfathered()),
          Credits(record.additional())};
}

records::Day ToRecord(const Day& day) {
  records::Day record;
  record.set_start(ToMicros(day.start));
  record.set_end(ToMicros(day.end));
  record.set_zone(day.zone.text());
  record.set_model(static_cast<int32_t>(day.model));
  record.set_date(day.date);
  *record.mutable_allotment() = ToRecord(day.allotment);
  record.set_daily(day.daily.value());
  record.set_used(day.used.value());
  record.set_held(day.held.value());
  record.set_overage(day.overage.value());
  for (const PackDraw& draw : day.draws) {
    auto* added = record.add_draws();
    added->set_pack(draw.purchase);
    added->set_credits(draw.credits.value());
  }
  record.set_catalog_revision(day.catalog_revision);
  record.set_alerted_percent(day.alerted_percent);
  if (day.alert_at != kNoAlert) record.set_alert_at(day.alert_at.value());
  return record;
}

Day FromRecord(const records::Day& record) {
  Day day;
  day.start = FromMicros(record.start());
  day.end = FromMicros(record.end());
  day.zone = Name(record.zone());
  day.model = static_cast<Model>(record.model());
  day.date = record.date();
  day.allotment = FromRecord(record.allotment());
  day.daily = Credits(record.daily());
  day.used = Credits(record.used());
  day.held = Credits(record.held());
  day.overage = Credits(record.overage());
  for (const auto& draw : record.draws()) {
    day.draws.push_back({draw.pack(), Credits(draw.credits())});
  }
  day.catalog_revision = record.catalog_revision();
  day.alerted_percent = record.alerted_percent();
  if (record.has_alert_at()) day.alert_at = Credits(record.alert_at());
  return day;
}

records::Purchase ToRecord(const Purchase& purchase) {
  records::Purchase record;
  record.set_number(purchase.number);
  record.set_purchase_id(purchase.purchase_id);
  record.set_fingerprint(purchase.fingerprint);
  record.set_is_pack(purchase.is_pack);
  record.set_credits(purchase.credits.value());
  record.set_settled(purchase.settled.value());
  record.set_first_day(purchase.first_day);
  if (purchase.last_day) record.set_last_day(*purchase.last_day);
  record.set_purchased_at(ToMicros(purchase.purchased_at));
  if (purchase.revoked_on) record.set_revoked_on(*purchase.revoked_on);
  return record;
}

Purchase FromRecord(const records::Purchase& record) {
  Purchase purchase;
  purchase.number = record.number();
  purchase.purchase_id = record.purchase_id();
  purchase.fingerprint = record.fingerprint();
  purchase.is_pack = record.is_pack();
  purchase.credits = Credits(record.credits());
  purchase.settled = Credits(record.settled());
  purchase.first_day = record.first_day();
  if (record.has_last_day()) purchase.last_day = record.last_day();
  purchase.purchased_at = FromMicros(record.purchased_at());
  if (record.has_revoked_on()) purchase.revoked_on = record.revoked_on();
  return purchase;
}

RememberedRequest FromRecord(const records::AdminRequest& record) {
  return {record.request_id(), record.fingerprint(), FromMicros(record.at()), record.answer()};
}

namespace {

// Open holds in the order of their ids, so that equal accounts have equal bytes.
void AddHolds(const Account& account, const std::function<std::string(uint32_t)>& session_name,
              records::Account& record) {
  std::vector<const Hold*> holds;
  for (const Hold* hold = account.first_hold; hold != nullptr; hold = hold->next_in_account) {
    holds.push_back(hold);
  }
  std::sort(holds.begin(), holds.end(),
            [](const Hold* a, const Hold* b) { return a->id.packed() < b->id.packed(); });
  std::vector<std::string> sessions;
  for (const Hold* hold : holds) {
    auto* added = record.add_holds();
    const std::string_view id = hold->id.packed();
    added->set_id(id.data(), id.size());
    added->set_fingerprint(hold->fingerprint);
    added->set_credits(hold->held.value());
    added->set_day_start(ToMicros(hold->day_start));
    added->set_created_at(ToMicros(hold->created_at));
    added->set_deadline(ToMicros(hold->deadline));
    added->set_slots(hold->slots);
    added->set_second_pool(hold->second_pool);
    added->set_commit_on_expiry(hold->commit_on_expiry);
    if (hold->session == 0) continue;
    const std::string name = session_name(hold->session);
    auto known = std::find(sessions.begin(), sessions.end(), name);
    if (known == sessions.end()) known = sessions.insert(known, name);
    added->set_session(static_cast<uint32_t>(known - sessions.begin()) + 1);
  }
  for (std::string& name : sessions) record.add_sessions(std::move(name));
}

}  // namespace

std::string EncodeAccount(const Account& account,
                          const std::function<std::string(uint32_t)>& session_name) {
  records::Account record;
  record.set_number(account.number);
  record.set_org_id(account.org);

  *record.mutable_plan() = ToRecord(account.plan);
  for (const Day& day : account.days) *record.add_days() = ToRecord(day);
  for (const Purchase& purchase : account.purchases) *record.add_purchases() = ToRecord(purchase);
  record.set_next_purchase(account.next_purchase);
  for (const Pool& pool : account.pools) {
    auto* added = record.add_pools();
    added->set_name(pool.name.text());
    added->set_limit(pool.limit);
    added->set_in_flight(pool.in_flight);
  }
  AddHolds(account, session_name, record);
  for (const RememberedRequest& request : *account.admin_requests) {
    auto* added = record.add_admin_requests();
    added->set_request_id(request.request_id);
    added->set_fingerprint(request.fingerprint);
    added->set_at(ToMicros(request.at));
    added->set_answer(request.answer);
  }
  record.set_last_day_end(ToMicros(account.last_day_end));
  record.set_last_day_zone(account.last_day_zone.text());
  return ToBytes(record);
}

std::string ToBytes(const google::protobuf::MessageLite& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream out(&stream);
    out.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&out);
  }
  return bytes;
}

absl::StatusOr<DecodedAccount> DecodeAccount(std::string_view bytes) {
  records::Account record;
  if (!record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      record.number() == 0 || record.org_id().empty() || record.pools().empty() ||
      !InBounds(record)) {
    return absl::DataLossError("the account does not decode");
  }
  DecodedAccount decoded;
  Account& account = decoded.account;
  account.number = record.number();
  account.org = record.org_id();
  account.plan = FromRecord(record.plan());
  for (const auto& day : record.days()) account.days.push_back(FromRecord(day));
  for (const auto& purchase : record.purchases()) {
    account.purchases.push_back(FromRecord(purchase));
  }
  account.next_purchase = record.next_purchase();
  for (const auto& pool : record.pools()) {
    account.pools.push_back({Name(pool.name()), static_cast<int32_t>(pool.limit()),
                             static_cast<int32_t>(pool.in_flight())});
  }
  for (const auto& request : record.admin_requests()) {
    account.admin_requests.Edit().push_back(FromRecord(request));
  }
  account.last_day_end = FromMicros(record.last_day_end());
  account.last_day_zone = Name(record.last_day_zone());
  if (!InBounds(account) || record.holds().size() > static_cast<int>(kMaxHolds)) {
    return absl::DataLossError(fmt::format("the figures of {} do not fit together", account.org));
  }
  decoded.sessions.assign(record.sessions().begin(), record.sessions().end());
  for (const auto& hold : record.holds()) {
    const auto id = ReservationId::FromPacked(hold.id());
    if (!id || hold.session() > decoded.sessions.size() ||
        hold.second_pool() >= account.pools.size() ||
        account.FindDay(FromMicros(hold.day_start())) == nullptr) {
      return absl::DataLossError(fmt::format("a hold of {} does not decode", account.org));
    }
    Hold& added = decoded.holds.emplace_back();
    added.account = account.number;
    added.id = *id;
    added.fingerprint = hold.fingerprint();
    added.held = Credits(hold.credits());
    added.day_start = FromMicros(hold.day_start());
    added.created_at = FromMicros(hold.created_at());
    added.deadline = FromMicros(hold.deadline());
    added.slots = hold.slots();
    added.second_pool = static_cast<uint8_t>(hold.second_pool());
    added.commit_on_expiry = hold.commit_on_expiry();
    added.session = hold.session();
  }
  return decoded;
}

}  // namespace quota::ledger
