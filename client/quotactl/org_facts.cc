#include "client/quotactl/org_facts.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "common/status.h"
#include "ledger/calendar.h"

namespace quota::client {
namespace {

using ledger::CatalogRevision;
using ledger::Name;

// As the server takes them.
constexpr int64_t kMostAgents = 10'000'000;

absl::Status Invalid(std::string_view text, const std::string& expected) {
  return absl::InvalidArgumentError(
      absl::StrCat("'", std::string(text), "'; it must be ", expected));
}

absl::StatusOr<int64_t> ParseNumber(std::string_view text, int64_t most) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0 || value > most) {
    return Invalid(text, absl::StrCat("0 to ", most));
  }
  return value;
}

// Days since 1970-01-01.
absl::StatusOr<int32_t> ParseDay(std::string_view text) {
  const std::string day(text);
  absl::CivilDay date;
  // absl would read years of any length, too.
  if (day.size() != 10 || day[4] != '-' || day[7] != '-' || !absl::ParseCivilTime(day, &date)) {
    return Invalid(text, "a day, such as 2025-01-31");
  }
  return ledger::DaysSinceEpoch(date);
}

absl::Status SetEdition(std::string_view text, const CatalogRevision& revision, OrgFacts& facts) {
  const ledger::Edition* edition = revision.FindEdition(text);
  if (edition == nullptr) return Invalid(text, "one of " + revision.EditionNames());
  facts.plan.edition = edition->name;
  return absl::OkStatus();
}

absl::Status SetAgents(std::string_view text, const CatalogRevision&, OrgFacts& facts) {
  QUOTA_ASSIGN_OR_RETURN(const int64_t agents, ParseNumber(text, kMostAgents));
  facts.plan.agents = static_cast<int32_t>(agents);
  return absl::OkStatus();
}

absl::Status SetLightAgents(std::string_view text, const CatalogRevision&, OrgFacts& facts) {
  QUOTA_ASSIGN_OR_RETURN(const int64_t agents, ParseNumber(text, kMostAgents));
  facts.plan.light_agents = static_cast<int32_t>(agents);
  return absl::OkStatus();
}

absl::Status SetLegacyLimit(std::string_view text, const CatalogRevision&, OrgFacts& facts) {
  QUOTA_ASSIGN_OR_RETURN(facts.plan.extras.Edit().legacy_limit,
                         ParseNumber(text, kMaxCredits.value()));
  return absl::OkStatus();
}

absl::Status SetPaid(std::string_view text, const CatalogRevision&, OrgFacts& facts) {
  if (text != "yes" && text != "no") return Invalid(text, "yes or no");
  facts.plan.paid = text == "yes";
  return absl::OkStatus();
}

absl::Status SetDataCenter(std::string_view text, const CatalogRevision& revision,
                           OrgFacts& facts) {
  const ledger::DataCenter* center = revision.FindDataCenter(text);
  if (center == nullptr) return Invalid(text, "one of " + revision.DataCenterNames());
  facts.plan.data_center = center->name;
  return absl::OkStatus();
}

absl::Status SetTimeZone(std::string_view text, const CatalogRevision& revision, OrgFacts& facts) {
  if (!revision.Zone(text).has_value()) return Invalid(text, "an IANA zone, such as Europe/Berlin");
  facts.plan.own_zone = Name(text);
  return absl::OkStatus();
}

absl::Status SetSignupDay(std::string_view text, const CatalogRevision&, OrgFacts& facts) {
  QUOTA_ASSIGN_OR_RETURN(facts.plan.signup_day, ParseDay(text));
  return absl::OkStatus();
}

absl::Status SetGrandfatheredUntil(std::string_view text, const CatalogRevision&, OrgFacts& facts) {
  QUOTA_ASSIGN_OR_RETURN(facts.plan.extras.Edit().grandfathered_until, ParseDay(text));
  return absl::OkStatus();
}

absl::Status SetAdditional(std::string_view text, const CatalogRevision&, OrgFacts& facts) {
  QUOTA_ASSIGN_OR_RETURN(const int64_t credits, ParseNumber(text, kMaxCredits.value()));
  facts.additional = Credits(credits);
  return absl::OkStatus();
}

constexpr std::array kFields = {
    FactField{"edition", "Their present edition; default: not known", SetEdition},
    FactField{"agents", "Agents; default 0", SetAgents},
    FactField{"light_agents", "Light agents, which add no credits; default 0", SetLightAgents},
    FactField{"legacy_limit", "Calls a day under API limits; default: none", SetLegacyLimit},
    FactField{"paid", "yes: they pay, and keep a higher legacy limit; default no", SetPaid},
    FactField{"data_center", "Default: the catalog's first", SetDataCenter},
    FactField{"time_zone", "IANA zone of their days; default: the data center's", SetTimeZone},
    FactField{"signup_day", "Default: before there were credits", SetSignupDay},
    FactField{"grandfathered_until", "Last day of a kept limit; default: no end",
              SetGrandfatheredUntil},
    FactField{"additional", "Bought credits a day; default 0", SetAdditional},
};

}  // namespace

std::span<const FactField> FactFields() { return kFields; }

const OrgFacts& OrgTable::Of(std::string_view org_id) const {
  const auto found = facts_.find(org_id);
  return found == facts_.end() ? defaults_ : found->second;
}

}  // namespace quota::client
