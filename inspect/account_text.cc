#include "inspect/account_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "inspect/event_json.h"
#include "ledger/balance.h"
#include "ledger/remembered_ids.h"

namespace quota::inspect {
namespace {

using nlohmann::ordered_json;

ordered_json PlanJson(const ledger::Plan& plan) {
  ordered_json json = {{"edition", plan.edition.text()},
                       {"agents", plan.agents},
                       {"light_agents", plan.light_agents},
                       {"data_center", plan.data_center.text()},
                       {"signup_day", DateText(plan.signup_day)},
                       {"paid", plan.paid},
                       {"revision", plan.revision},
                       {"created_at", InstantText(plan.created_at)}};
  if (!plan.own_zone.empty()) json["own_zone"] = plan.own_zone.text();
  if (plan.suspended) json["suspended"] = plan.extras->suspended_reason;
  if (plan.created_by_call) json["created_by_call"] = true;
  if (plan.extras->legacy_limit) json["legacy_limit"] = *plan.extras->legacy_limit;
  if (plan.extras->grandfathered_until)
    json["grandfathered_until"] = DateText(*plan.extras->grandfathered_until);
  for (const auto& [pool, limit] : plan.extras->limit_overrides) {
    json["limit_overrides"][pool.text()] = limit;
  }
  return json;
}

ordered_json DayJson(const ledger::Shard& shard, const ledger::Day& day) {
  ordered_json draws = ordered_json::object();
  for (const ledger::PackDraw& draw : day.draws) {
    draws[fmt::format("{}", draw.purchase)] = draw.credits.value();
  }
  return {{"date", DateText(day.date)},
          {"start", InstantText(day.start)},
          {"end", InstantText(day.end)},
          {"zone", day.zone.text()},
          {"model", ModelText(day.model)},
          {"base", day.allotment.base.value()},
          {"variable", day.allotment.variable.value()},
          {"grandfathered", day.allotment.grandfathered.value()},
          {"additional", day.allotment.additional.value()},
          {"daily", day.daily.value()},
          {"used", day.used.value()},
          {"held", day.held.value()},
          {"overage", day.overage.value()},
          {"draws", draws},
          {"holds", day.holds},
          {"ids_remembered", shard.RemembersIdsOf(day)},
          {"catalog_revision", day.catalog_revision}};
}

ordered_json PurchaseJson(const ledger::Account& account, const ledger::Purchase& purchase) {
  ordered_json json = {{"purchase", purchase.purchase_id},
                       {"number", purchase.number},
                       {purchase.is_pack ? "pack" : "credits_per_day", purchase.credits.value()}};
  if (purchase.is_pack) {
    json["settled"] = purchase.settled.value();
    json["available"] = ledger::PackAvailable(account, purchase).value();
  }
  json["first_day"] = DateText(purchase.first_day);
  if (purchase.last_day) json["last_day"] = DateText(*purchase.last_day);
  json["purchased_at"] = InstantText(purchase.purchased_at);
  if (purchase.revoked_on) json["revoked_on"] = DateText(*purchase.revoked_on);
  return json;
}

ordered_json HoldJson(const ledger::Hold& hold) {
  ordered_json json = {{"id", hold.id.Text()},
                       {"credits", hold.held.value()},
                       {"day", InstantText(hold.day_start)},
                       {"created_at", InstantText(hold.created_at)},
                       {"deadline", InstantText(hold.deadline)},
                       {"slots", hold.slots}};
  if (hold.second_pool != 0) json["second_pool"] = hold.second_pool;
  if (hold.commit_on_expiry) json["commit_on_expiry"] = true;
  return json;
}

// In the order of their making: the list has the newest first.
ordered_json HoldsJson(const ledger::Account& account) {
  std::vector<const ledger::Hold*> holds;
  for (const auto* hold = account.first_hold; hold != nullptr; hold = hold->next_in_account) {
    holds.push_back(hold);
  }
  std::sort(holds.begin(), holds.end(), [](const auto* a, const auto* b) {
    return a->created_at != b->created_at ? a->created_at < b->created_at
                                          : a->id.packed() < b->id.packed();
  });
  ordered_json json = ordered_json::array();
  for (const ledger::Hold* hold : holds) json.push_back(HoldJson(*hold));
  return json;
}

// "  hold: id=r1 credits=5 ...", as an event's line without its kind.
std::string Line(const char* what, const ordered_json& fields) {
  ordered_json line = {{"event", what}};
  line.update(fields);
  return "  " + EventText(line) + "\n";
}

}  // namespace

ordered_json AccountJson(const ledger::Shard& shard, const ledger::Account& account) {
  ordered_json json = {{"org", account.org},
                       {"shard", shard.number()},
                       {"account", account.number},
                       {"plan", PlanJson(account.plan)},
                       {"days", ordered_json::array()},
                       {"pools", ordered_json::array()},
                       {"purchases", ordered_json::array()},
                       {"holds", HoldsJson(account)},
                       {"admin_requests", ordered_json::array()}};
  for (const ledger::Day& day : account.days) json["days"].push_back(DayJson(shard, day));
  for (const ledger::Pool& pool : account.pools) {
    json["pools"].push_back(
        {{"pool", pool.name.text()}, {"in_flight", pool.in_flight}, {"limit", pool.limit}});
  }
  for (const ledger::Purchase& purchase : account.purchases) {
    json["purchases"].push_back(PurchaseJson(account, purchase));
  }
  for (const ledger::RememberedRequest& request : *account.admin_requests) {
    json["admin_requests"].push_back(
        {{"request_id", request.request_id}, {"at", InstantText(request.at)}});
  }
  return json;
}

std::string AccountText(const ordered_json& account) {
  std::string text =
      fmt::format("{} (shard {}, account {})\n", account["org"].get<std::string>(),
                  account["shard"].get<uint32_t>(), account["account"].get<uint32_t>());
  text += Line("plan", account["plan"]);
  for (const auto& day : account["days"]) text += Line("day", day);
  for (const auto& pool : account["pools"]) text += Line("pool", pool);
  for (const auto& purchase : account["purchases"]) text += Line("purchase", purchase);
  for (const auto& hold : account["holds"]) text += Line("hold", hold);
  for (const auto& request : account["admin_requests"]) text += Line("request", request);
  return text;
}

}  // namespace quota::inspect
