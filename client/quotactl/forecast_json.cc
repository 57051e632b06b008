// quotactl plan --output json: an organisation at a time, so that memory holds only one.
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "client/quotactl/forecast_report.h"
#include "ledger/allotment.h"

namespace quota::client {
namespace {

using nlohmann::ordered_json;

constexpr std::array<const char*, kScenarios> kScenarioNames = {"limits", "credits",
                                                                "grandfathered"};

std::string Dump(const ordered_json& json) {
  // Ids come from logs and may hold any bytes.
  return json.dump(1, ' ', false, ordered_json::error_handler_t::replace);
}

ordered_json PurchaseJson(const std::optional<PurchaseAdvice>& purchase) {
  if (!purchase.has_value()) return nullptr;
  ordered_json json = {{"edition", purchase->edition.text()}};
  json["credits_per_day"] =
      purchase->per_day.has_value() ? ordered_json(purchase->per_day->value()) : nullptr;
  json["pack"] = purchase->pack.value();
  return json;
}

ordered_json EditionName(const std::optional<ledger::Name>& edition) {
  return edition.has_value() ? ordered_json(edition->text()) : nullptr;
}

ordered_json RefusedJson(const Refusals& refused) {
  return {{"credits", refused.credits}, {"concurrency", refused.concurrency}};
}

class JsonWriter {
 public:
  JsonWriter(const ledger::CatalogRevision& revision, const ForecastReport& report)
      : revision_(revision), report_(report) {}

  ordered_json OrgJson(const OrgForecast& org) const {
    const ledger::Plan& plan = org.facts->plan;
    const auto editions = EditionAllowances(*org.facts, revision_, org.planned_day);
    const Demand demand = DemandOf(org, report_.result.durations_known);
    const Advice advice = AdviseOrg(org, demand, editions);
    ordered_json json = {{"org_id", org.org_id}};
    json["edition"] = plan.edition.empty() ? ordered_json() : ordered_json(plan.edition.text());
    json["agents"] = plan.agents;
    json["data_center"] = revision_.FindDataCenter(plan.data_center.text())->name.text();
    json["time_zone"] = ledger::ZoneOf(plan, revision_).text();
    json["planned_day"] = FormatDay(org.planned_day);
    for (size_t i = 0; i < kScenarios; ++i) {
      json["allowances"][kScenarioNames[i]] = AllowanceJson(org.allowances[i]);
    }
    json["smallest_edition"] = EditionName(advice.edition);
    json["purchase"] = PurchaseJson(advice.purchase);
    json["advice"] = advice.text;
    json["editions"] = EditionsJson(demand, editions, /*with_figures=*/true);
    json["methods"] = MethodsJson(MethodsOf(org));
    json["days"] = ordered_json::array();
    for (const auto& [date, day] : org.days) {
      json["days"].push_back(DayJson(org, date, day, editions));
    }
    return json;
  }

  ordered_json TotalJson() const {
    const ForecastTotal total = TotalOf(report_.result);
    ordered_json json = {{"orgs", report_.result.orgs.size()},
                         {"org_days", total.org_days},
                         {"calls", total.calls},
                         {"credits", total.credits.value()}};
    for (size_t i = 0; i < kScenarios; ++i) {
      ordered_json& scenario = json["refused"][kScenarioNames[i]] = RefusedJson(total.refused[i]);
      scenario["orgs_judged"] = total.judged[i];
      scenario["orgs_refused"] = total.orgs_refused[i];
    }
    return json;
  }

 private:
  // By pool, main first.
  ordered_json SlotsJson(const SlotCounts& slots) const {
    if (slots.empty()) return nullptr;
    ordered_json json = {{"main", slots[0]}};
    for (size_t i = 1; i < slots.size(); ++i) {
      json[revision_.pools()[i - 1].name.text()] = slots[i];
    }
    return json;
  }

  ordered_json AllowanceJson(const std::optional<Allowance>& allowance) const {
    if (!allowance.has_value()) return nullptr;
    return {{"per_day", allowance->credits.value()},
            {"concurrency", SlotsJson(allowance->slots)},
            {"reason", allowance->reason}};
  }

  ordered_json EditionsJson(const Demand& demand, const std::vector<EditionAllowance>& editions,
                            bool with_figures) const {
    ordered_json json = ordered_json::array();
    for (const EditionAllowance& edition : editions) {
      ordered_json& entry = json.emplace_back();
      entry["edition"] = edition.edition.text();
      if (with_figures) {
        entry["credits"] = edition.credits.value();
        entry["concurrency"] = SlotsJson(edition.slots);
      }
      entry["used_percent"] = edition.credits == kZeroCredits
                                  ? ordered_json(nullptr)
                                  : ordered_json(UsedPercent(demand.Most(), edition.credits));
      entry["fits_credits"] = demand.Most() <= edition.credits;
      entry["fits_concurrency"] = demand.peaks.empty()
                                      ? ordered_json(nullptr)
                                      : ordered_json(FitsSlots(demand, edition.slots));
      entry["fits"] = Fits(demand, edition);
    }
    return json;
  }

  ordered_json MethodsJson(std::vector<MethodUse> uses) const {
    SortByCredits(report_.methods, uses);
    ordered_json json = ordered_json::array();
    for (const MethodUse& use : uses) {
      json.push_back({{"method", report_.methods[use.method]},
                      {"calls", use.calls},
                      {"credits", use.credits.value()}});
    }
    return json;
  }

  ordered_json DayJson(const OrgForecast& org, int32_t date, const DayForecast& day,
                       const std::vector<EditionAllowance>& editions) const {
    const Demand demand = DemandOf(day, report_.result.durations_known);
    const Advice advice = AdviseOrg(org, demand, editions);
    ordered_json json = {{"day", FormatDay(date)},
                         {"calls", day.calls},
                         {"credits", day.credits.value()},
                         {"peak_concurrency", SlotsJson(demand.peaks)},
                         {"methods", MethodsJson(day.methods)}};
    for (size_t i = 0; i < kScenarios; ++i) {
      json["refused"][kScenarioNames[i]] =
          org.allowances[i].has_value() ? RefusedJson(day.refused[i]) : ordered_json(nullptr);
    }
    json["editions"] = EditionsJson(demand, editions, /*with_figures=*/false);
    json["smallest_edition"] = EditionName(advice.edition);
    json["purchase"] = PurchaseJson(advice.purchase);
    json["advice"] = advice.text;
    return json;
  }

  const ledger::CatalogRevision& revision_;
  const ForecastReport& report_;
};

}  // namespace

void PrintForecastJson(const Command& command, const ledger::CatalogRevision& revision,
                       const ForecastReport& report) {
  const JsonWriter writer(revision, report);
  ordered_json lines = ToJson(report.lines);
  lines["unpriced"] = report.unpriced;
  lines["late"] = report.result.late;
  std::ostream& out = command.out();
  out << "{\n\"lines\": " << Dump(lines) << ",\n\"catalog_revision\": " << revision.number()
      << ",\n\"durations_known\": " << (report.result.durations_known ? "true" : "false")
      << ",\n\"idle_orgs\": " << report.idle_orgs << ",\n\"orgs\": [";
  const char* separator = "\n";
  for (const OrgForecast& org : report.result.orgs) {
    out << separator << Dump(writer.OrgJson(org));
    separator = ",\n";
  }
  out << "\n],\n\"total\": " << Dump(writer.TotalJson()) << "\n}\n";
}

}  // namespace quota::client
