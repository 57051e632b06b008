#include "inspect/event_json.h"

#include <fmt/format.h>

#include <type_traits>
#include <variant>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "ledger/account_record.h"
#include "ledger/calendar.h"

namespace quota::inspect {
namespace {

using ledger::FromMicros;
using nlohmann::ordered_json;

ordered_json PacksJson(const ledger::PackChanges& packs) {
  ordered_json changes = ordered_json::object();
  for (const ledger::PackDraw& change : packs) {
    changes[fmt::format("{}", change.purchase)] = change.credits.value();
  }
  return changes;
}

ordered_json DrawsJson(const google::protobuf::RepeatedPtrField<records::PackDraw>& draws) {
  ordered_json credits = ordered_json::object();
  for (const records::PackDraw& draw : draws) {
    credits[fmt::format("{}", draw.pack())] = draw.credits();
  }
  return credits;
}

ordered_json CreditsJson(const records::DailyCredits& credits) {
  return {{"base", credits.base()},
          {"variable", credits.variable()},
          {"grandfathered", credits.grandfathered()},
          {"additional", credits.additional()}};
}

ordered_json PlanJson(const records::Plan& plan) {
  ordered_json json = {{"edition", plan.edition()},
                       {"agents", plan.agents()},
                       {"light_agents", plan.light_agents()},
                       {"data_center", plan.data_center()},
                       {"paid", plan.paid()},
                       {"revision", plan.revision()}};
  if (!plan.own_zone().empty()) json["own_zone"] = plan.own_zone();
  if (plan.suspended()) json["suspended"] = plan.suspended_reason();
  if (plan.has_legacy_limit()) json["legacy_limit"] = plan.legacy_limit();
  if (plan.has_grandfathered_until()) {
    json["grandfathered_until"] = DateText(plan.grandfathered_until());
  }
  return json;
}

ordered_json ChangesJson(const google::protobuf::RepeatedPtrField<records::DayChange>& changes) {
  ordered_json days = ordered_json::array();
  for (const records::DayChange& change : changes) {
    days.push_back({{"start", InstantText(FromMicros(change.start()))},
                    {"allotment", CreditsJson(change.allotment())},
                    {"daily", change.daily()},
                    {"draws", DrawsJson(change.draws())}});
  }
  return days;
}

void AddPools(const google::protobuf::RepeatedPtrField<records::Pool>& pools, ordered_json& json) {
  for (const records::Pool& pool : pools) json["limits"][pool.name()] = pool.limit();
}

void AddRequest(const records::AdminRequest& request, ordered_json& json) {
  if (request.request_id().empty()) return;
  json["action"] = request.action();
  json["request_id"] = request.request_id();
  if (!request.actor().empty()) json["actor"] = request.actor();
}

// What each event says beyond its account.
struct Body {
  ordered_json& json;

  void operator()(const ledger::Reserved& event) const {
    json["id"] = event.id.Text();
    json["credits"] = event.credits.value();
    json["day"] = InstantText(event.day_start);
    json["deadline"] = InstantText(event.deadline);
    json["slots"] = event.slots;
    if (event.second_pool != 0) json["second_pool"] = event.second_pool;
    if (event.commit_on_expiry) json["commit_on_expiry"] = true;
    if (!event.session.empty()) json["session"] = event.session;
    if (!event.packs.empty()) json["packs"] = PacksJson(event.packs);
  }
  void operator()(const ledger::Extended& event) const {
    json["id"] = event.id.Text();
    json["deadline"] = InstantText(event.deadline);
  }
  void operator()(const ledger::Settled& event) const {
    json["id"] = event.id.Text();
    json["how"] = event.origin == ledger::Origin::kCharge ? "charged at once"
                  : event.origin == ledger::Origin::kLate ? "committed late"
                                                          : StateText(event.state);
    json["held"] = event.held.value();
    json["asked"] = event.asked.value();
    json["charged"] = event.charged.value();
    json["overage"] = event.overage.value();
    json["day"] = InstantText(event.day_start);
    if (!event.packs.empty()) json["packs"] = PacksJson(event.packs);
  }
  void operator()(const ledger::IdsSealed& /*event*/) const {}
  void operator()(const ledger::IdsForgotten& event) const {
    json["through_sequence"] = event.through_sequence;
  }
  void operator()(const records::OrgCreated& event) const {
    json["plan"] = PlanJson(event.plan());
    AddPools(event.pools(), json);
    AddRequest(event.request(), json);
  }
  void operator()(const records::PlanChanged& event) const {
    json["plan"] = PlanJson(event.plan());
    AddPools(event.pools(), json);
    json["days"] = ChangesJson(event.days());
    AddRequest(event.request(), json);
  }
  void operator()(const records::CreditsPurchased& event) const {
    const records::Purchase& purchase = event.purchase();
    json["purchase"] = purchase.purchase_id();
    json["number"] = purchase.number();
    json[purchase.is_pack() ? "pack" : "credits_per_day"] = purchase.credits();
    json["first_day"] = DateText(purchase.first_day());
    if (purchase.has_last_day()) json["last_day"] = DateText(purchase.last_day());
    json["days"] = ChangesJson(event.days());
    AddRequest(event.request(), json);
  }
  void operator()(const records::CreditsRevoked& event) const {
    json["number"] = event.purchase();
    json["revoked_on"] = DateText(event.revoked_on());
    json["days"] = ChangesJson(event.days());
    AddRequest(event.request(), json);
  }
  void operator()(const records::DayOpened& event) const {
    const records::Day& day = event.day();
    json["date"] = DateText(day.date());
    json["start"] = InstantText(FromMicros(day.start()));
    json["end"] = InstantText(FromMicros(day.end()));
    json["zone"] = day.zone();
    json["model"] = ModelText(static_cast<ledger::Model>(day.model()));
    json["allotment"] = CreditsJson(day.allotment());
    AddPools(event.pools(), json);
  }
  void operator()(const records::DayClosed& event) const {
    json["start"] = InstantText(FromMicros(event.start()));
    if (!event.settled().empty()) json["settled"] = DrawsJson(event.settled());
    for (const uint32_t dropped : event.purchases_dropped()) {
      json["purchases_dropped"].push_back(dropped);
    }
  }
  void operator()(const records::ThresholdReached& event) const {
    json["day"] = InstantText(FromMicros(event.day_start()));
    json["percent"] = event.percent();
    json["used"] = event.used();
    json["allotment"] = event.allotment();
  }
  void operator()(const records::CatalogReloaded& event) const {
    json["revision"] = event.revision();
    AddRequest(event.request(), json);
  }
  void operator()(const records::BackupTaken& event) const {
    json["backup"] = event.name();
    json["bytes"] = event.bytes();
    AddRequest(event.request(), json);
  }
};

struct Kind {
  const char* operator()(const ledger::Reserved&) const { return "reserved"; }
  const char* operator()(const ledger::Extended&) const { return "extended"; }
  const char* operator()(const ledger::Settled&) const { return "settled"; }
  const char* operator()(const ledger::IdsSealed&) const { return "ids_sealed"; }
  const char* operator()(const ledger::IdsForgotten&) const { return "ids_forgotten"; }
  const char* operator()(const records::OrgCreated&) const { return "org_created"; }
  const char* operator()(const records::PlanChanged&) const { return "plan_changed"; }
  const char* operator()(const records::CreditsPurchased&) const { return "credits_purchased"; }
  const char* operator()(const records::CreditsRevoked&) const { return "credits_revoked"; }
  const char* operator()(const records::DayOpened&) const { return "day_opened"; }
  const char* operator()(const records::DayClosed&) const { return "day_closed"; }
  const char* operator()(const records::ThresholdReached&) const { return "threshold_reached"; }
  const char* operator()(const records::CatalogReloaded&) const { return "catalog_reloaded"; }
  const char* operator()(const records::BackupTaken&) const { return "backup_taken"; }
};

// Where an event has its account: a field of the flat ones, a method of the messages.
template <typename T>
concept HasFlatAccount = std::is_same_v<T, ledger::Reserved> ||
    std::is_same_v<T, ledger::Extended> || std::is_same_v<T, ledger::Settled>;
template <typename T>
concept HasMessageAccount = requires(const T& event) {
  event.account();
};

void AppendText(const std::string& name, const ordered_json& value, std::string& text) {
  if (value.is_object()) {
    for (const auto& [inner, part] : value.items())
      AppendText(fmt::format("{}.{}", name, inner), part, text);
  } else if (value.is_array()) {
    for (size_t i = 0; i < value.size(); ++i) {
      AppendText(fmt::format("{}[{}]", name, i), value[i], text);
    }
  } else {
    // Text with blanks stands in quotes.
    const bool plain = value.is_string() && value.get_ref<const std::string&>().find_first_of(
                                                " \"\\=") == std::string::npos;
    text += " " + name + "=";
    text += plain ? value.get<std::string>()
                  : value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  }
}

}  // namespace

std::string InstantText(Instant instant) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ",
                          absl::FromUnixMicros(instant.time_since_epoch().count()),
                          absl::UTCTimeZone());
}

std::string DateText(int32_t date) { return absl::FormatCivilTime(ledger::DateOf(date)); }

std::string StateText(ledger::HoldState state) {
  switch (state) {
    case ledger::HoldState::kNone:
      return "none";
    case ledger::HoldState::kOpen:
      return "open";
    case ledger::HoldState::kCommitted:
      return "committed";
    case ledger::HoldState::kReleased:
      return "released";
    case ledger::HoldState::kExpired:
      return "expired";
    case ledger::HoldState::kSessionLost:
      return "session lost";
  }
  return "unknown";
}

std::string ModelText(ledger::Model model) {
  return model == ledger::Model::kApiLimits ? "API limits" : "API credits";
}

ledger::AccountNumber AccountOf(const ledger::Event& event) {
  return std::visit(
      [](const auto& body) -> ledger::AccountNumber {
        using T = std::decay_t<decltype(body)>;
        if constexpr (HasFlatAccount<T>) {
          return body.account;
        } else if constexpr (HasMessageAccount<T>) {
          return body.account();
        } else {
          return 0;
        }
      },
      event);
}

ordered_json EventJson(const ledger::Event& event, const OrgNames& names) {
  ordered_json json;
  json["event"] = std::visit(Kind(), event);
  if (const ledger::AccountNumber account = AccountOf(event); account != 0) {
    json["org"] = names(account);
    json["account"] = account;
  }
  std::visit(Body{json}, event);
  return json;
}

std::string EventText(const ordered_json& event) {
  std::string text = event["event"].get<std::string>();
  if (event.contains("account")) {
    const std::string org = event["org"].get<std::string>();
    text += " ";
    text += org.empty() ? fmt::format("account {}", event["account"].get<uint32_t>()) : org;
  }
  for (const auto& [name, value] : event.items()) {
    if (name != "event" && name != "org" && name != "account") AppendText(name, value, text);
  }
  return text;
}

}  // namespace quota::inspect
