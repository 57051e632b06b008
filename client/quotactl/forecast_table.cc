// quotactl plan as tables for people.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/quotactl/forecast_report.h"
#include "client/quotactl/text_format.h"

namespace quota::client {
namespace {

// More of an organisation's methods are one line; JSON has all.
constexpr size_t kMethodsShown = 5;

constexpr std::array<const char*, kScenarios> kHeadings = {"REFUSED BY LIMITS", "BY CREDITS",
                                                           "GRANDFATHERED"};
constexpr std::array<const char*, kScenarios> kNames = {"under limits", "under credits",
                                                        "grandfathered"};
constexpr std::array<const char*, kScenarios> kNeeds = {
    "a legacy limit in a data center that had API limits", "an edition",
    "an edition and a legacy limit"};

std::string FormatRefused(const Refusals& refused) {
  return FormatAmount(refused.credits + refused.concurrency);
}

class TableWriter {
 public:
  TableWriter(const Command& command, const ledger::CatalogRevision& revision,
              const ForecastReport& report)
      : out_(command.out()), revision_(revision), report_(report), total_(TotalOf(report.result)) {
    for (const OrgForecast& org : report.result.orgs) {
      editions_.push_back(EditionAllowances(*org.facts, revision, org.planned_day));
    }
  }

  // What happened on each day, and what would have.
  void PrintDays() const {
    std::vector<Table::Column> columns = {{"ORG"},
                                          {"DAY"},
                                          {"CALLS", Table::Align::kRight},
                                          {"CREDITS", Table::Align::kRight},
                                          {"PEAK", Table::Align::kRight}};
    for (const ledger::CatalogPool& pool : revision_.pools()) {
      columns.push_back({absl::AsciiStrToUpper(pool.name.text()), Table::Align::kRight});
    }
    for (const char* heading : kHeadings) columns.push_back({heading, Table::Align::kRight});
    columns.push_back({"SMALLEST EDITION"});
    columns.push_back({"OR BUY A DAY", Table::Align::kRight});
    Table table(std::move(columns));
    for (size_t i = 0; i < editions_.size(); ++i) {
      const OrgForecast& org = report_.result.orgs[i];
      for (const auto& [date, day] : org.days) table.AddRow(DayCells(org, date, day, editions_[i]));
    }
    std::vector<std::string> cells = {"total", "", FormatAmount(total_.calls),
                                      FormatAmount(total_.credits.value()), ""};
    cells.resize(cells.size() + revision_.pools().size());
    for (size_t i = 0; i < kScenarios; ++i) {
      cells.push_back(total_.judged[i] == 0 ? "-" : FormatRefused(total_.refused[i]));
    }
    table.AddRow(std::move(cells));
    table.Print(out_);
  }

  // How much of each edition's credits each day takes.
  void PrintEditions() const {
    std::vector<Table::Column> columns = {{"USED OF"}, {"DAY"}};
    for (const ledger::Edition& edition : revision_.editions()) {
      columns.push_back({absl::AsciiStrToUpper(edition.name.text()), Table::Align::kRight});
    }
    Table table(std::move(columns));
    for (size_t i = 0; i < editions_.size(); ++i) {
      const OrgForecast& org = report_.result.orgs[i];
      for (const auto& [date, day] : org.days) {
        const Demand demand = DemandOf(day, report_.result.durations_known);
        std::vector<std::string> cells = {org.org_id, FormatDay(date)};
        for (const EditionAllowance& edition : editions_[i])
          cells.push_back(UseCell(demand, edition));
        table.AddRow(std::move(cells));
      }
    }
    table.Print(out_);
  }

  // The methods that cost the most.
  void PrintMethods() const {
    Table table({{"ORG"},
                 {"METHOD"},
                 {"CALLS", Table::Align::kRight},
                 {"CREDITS", Table::Align::kRight},
                 {"SHARE", Table::Align::kRight}});
    for (const OrgForecast& org : report_.result.orgs) {
      std::vector<MethodUse> uses = MethodsOf(org);
      SortByCredits(report_.methods, uses);
      Credits sum;
      for (const MethodUse& use : uses) sum = CappedSum(sum, use.credits);
      MethodUse others;
      for (size_t i = 0; i < uses.size(); ++i) {
        if (i < kMethodsShown) {
          AddMethod(org, report_.methods[uses[i].method], uses[i], sum, table);
        } else {
          others.calls += uses[i].calls;
          others.credits = CappedSum(others.credits, uses[i].credits);
        }
      }
      if (others.calls != 0) {
        AddMethod(org, absl::StrCat(uses.size() - kMethodsShown, " others"), others, sum, table);
      }
    }
    table.Print(out_);
  }

  void PrintAdvice() const {
    Table table({{"ORG"}, {"EDITION"}, {"ADVICE"}});
    for (size_t i = 0; i < editions_.size(); ++i) {
      const OrgForecast& org = report_.result.orgs[i];
      const Demand demand = DemandOf(org, report_.result.durations_known);
      const std::string& edition = org.facts->plan.edition.text();
      table.AddRow(
          {org.org_id, edition.empty() ? "-" : edition, AdviseOrg(org, demand, editions_[i]).text});
    }
    table.Print(out_);
  }

  void PrintSummary() const {
    out_ << FormatLineCounts(report_.lines) << '\n'
         << FormatAmount(total_.calls) << " calls, " << FormatAmount(total_.credits.value())
         << " credits, " << FormatAmount(static_cast<int64_t>(report_.result.orgs.size()))
         << " organisations, " << FormatAmount(total_.org_days)
         << " days; priced by catalog revision " << revision_.number() << '\n';
    for (size_t i = 0; i < kScenarios; ++i) PrintRefused(i);
    if (!report_.result.durations_known) {
      out_ << "No line has a duration: calls at once are not known, and count as fitting.\n";
    }
    if (report_.result.late != 0) {
      out_ << FormatAmount(report_.result.late) << " calls stood more than "
           << FormatAmount(TimeOrder::kWindow)
           << " lines behind later ones: peaks and refusals may differ by as many.\n";
    }
    if (report_.unpriced != 0) {
      out_ << FormatAmount(report_.unpriced)
           << " requests have no price and are left out; the first: " << report_.first_unpriced
           << '\n';
    }
    if (report_.idle_orgs != 0) {
      out_ << FormatAmount(report_.idle_orgs) << " organisations of --orgs made no call.\n";
    }
  }

 private:
  std::vector<std::string> DayCells(const OrgForecast& org, int32_t date, const DayForecast& day,
                                    const std::vector<EditionAllowance>& editions) const {
    const Demand demand = DemandOf(day, report_.result.durations_known);
    const Advice advice = AdviseOrg(org, demand, editions);
    std::vector<std::string> cells = {org.org_id, FormatDay(date), FormatAmount(day.calls),
                                      FormatAmount(day.credits.value())};
    for (const int64_t peak : day.peaks) {
      cells.push_back(report_.result.durations_known ? FormatAmount(peak) : "-");
    }
    for (size_t i = 0; i < kScenarios; ++i) {
      cells.push_back(org.allowances[i].has_value() ? FormatRefused(day.refused[i]) : "-");
    }
    cells.push_back(advice.edition.has_value() ? advice.edition->text() : "none");
    cells.push_back(advice.purchase.has_value() && advice.purchase->per_day.has_value()
                        ? FormatAmount(advice.purchase->per_day->value())
                        : "-");
    return cells;
  }

  static std::string UseCell(const Demand& demand, const EditionAllowance& edition) {
    std::string cell = edition.credits == kZeroCredits
                           ? "-"
                           : FormatPercent(UsedPercent(demand.Most(), edition.credits));
    if (demand.Most() > edition.credits) cell = absl::StrCat("! ", cell);
    if (!FitsSlots(demand, edition.slots)) cell = absl::StrCat("slots! ", cell);
    return cell;
  }

  static void AddMethod(const OrgForecast& org, const std::string& name, const MethodUse& use,
                        Credits sum, Table& table) {
    table.AddRow({org.org_id, name, FormatAmount(use.calls), FormatAmount(use.credits.value()),
                  sum == kZeroCredits ? "-" : FormatPercent(UsedPercent(use.credits, sum))});
  }

  void PrintRefused(size_t scenario) const {
    if (total_.judged[scenario] == 0) {
      out_ << "Refused " << kNames[scenario] << ": not known, no organisation has "
           << kNeeds[scenario] << '\n';
      return;
    }
    const Refusals& refused = total_.refused[scenario];
    out_ << "Refused " << kNames[scenario] << ": " << FormatRefused(refused) << " calls of "
         << FormatAmount(total_.orgs_refused[scenario]) << " of "
         << FormatAmount(total_.judged[scenario]) << " organisations ("
         << FormatAmount(refused.credits) << " for credits, " << FormatAmount(refused.concurrency)
         << " for concurrency)\n";
  }

  std::ostream& out_;
  const ledger::CatalogRevision& revision_;
  const ForecastReport& report_;
  const ForecastTotal total_;
  // What each edition gives, by organisation as the report lists them.
  std::vector<std::vector<EditionAllowance>> editions_;
};

}  // namespace

void PrintForecastTables(const Command& command, const ledger::CatalogRevision& revision,
                         const ForecastReport& report) {
  const TableWriter writer(command, revision, report);
  if (!report.result.orgs.empty()) {
    writer.PrintDays();
    command.out() << '\n';
    writer.PrintEditions();
    command.out() << '\n';
    writer.PrintMethods();
    command.out() << '\n';
    writer.PrintAdvice();
    command.out() << '\n';
  }
  writer.PrintSummary();
}

}  // namespace quota::client
