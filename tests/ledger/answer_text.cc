#include "tests/ledger/answer_text.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "absl/time/civil_time.h"

namespace quota::ledger {
namespace {

int64_t Micros(Instant instant) { return instant.time_since_epoch().count(); }

std::string ToText(HoldState state) {
  static constexpr const char* kNames[] = {"none",     "open",    "committed",
                                           "released", "expired", "lost"};
  return kNames[static_cast<size_t>(state)];
}

std::string ToText(const Snapshot& s) {
  EXPECT_EQ(s.remaining, s.allotment - s.used - s.held);
  EXPECT_EQ(s.pools.size(), 2u);
  return fmt::format(
      " | allotment {} used {} held {} remaining {} resets {} main {}/{} heavy {}/{} catalog {}",
      s.allotment.value(), s.used.value(), s.held.value(), s.remaining.value(), Micros(s.resets_at),
      s.pools[0].in_flight, s.pools[0].limit, s.pools[1].in_flight, s.pools[1].limit,
      s.catalog_revision);
}

int DayNumber(const quota::v1::Date& date) {
  return static_cast<int>(absl::CivilDay(date.year(), date.month(), date.day()) -
                          absl::CivilDay(1970, 1, 1));
}

std::string ToText(const quota::v1::Purchase& p) {
  const std::string from =
      fmt::format("from {}{}", DayNumber(p.first_day()), p.has_revoked_on() ? " revoked" : "");
  if (!p.has_pack()) {
    return fmt::format(" [{} daily {} {}]", p.purchase_id(), p.credits_per_day(), from);
  }
  return fmt::format(" [{} pack {} used {} held {} {}]", p.purchase_id(), p.pack().credits(),
                     p.pack().used(), p.pack().held(), from);
}

std::string ToText(const quota::v1::Org& org) {
  const auto& allots = org.allotment_by_source();
  std::string text = fmt::format(
      "org {} agents {} revision {} {} zone {} {}{}{}main {}{} heavy {}{} allots {} {} {} {} {}",
      org.edition(), org.agents(), org.revision(),
      org.model() == quota::v1::MODEL_API_LIMITS ? "limits" : "credits", org.time_zone(),
      org.paid() ? "paid " : "", org.suspended() ? "suspended " : "",
      org.has_legacy_limit() ? fmt::format("legacy {} ", org.legacy_limit()) : "",
      org.pools(0).limit(), org.pools(0).overridden() ? "!" : "", org.pools(1).limit(),
      org.pools(1).overridden() ? "!" : "", allots.base(), allots.variable(),
      allots.grandfathered(), allots.additional(), allots.packs());
  for (const auto& purchase : org.purchases()) text += ToText(purchase);
  return text;
}

std::string RefusalText(Decision decision, std::string_view pool, const Snapshot& usage) {
  switch (decision) {
    case Decision::kOrgUnknown:
      return "unknown";
    case Decision::kOrgSuspended:
      return "suspended" + ToText(usage);
    case Decision::kCreditsExhausted:
      return "exhausted" + ToText(usage);
    case Decision::kConcurrencyExhausted:
      return fmt::format("full {}{}", pool, ToText(usage));
    default:
      return fmt::format("decision {}", static_cast<int>(decision));
  }
}

const char* Repeated(bool repeated) { return repeated ? " repeated" : ""; }

struct AnswerText {
  std::string operator()(std::monostate) const { return "nothing"; }
  std::string operator()(const OpenDaysAnswer& a) const {
    return fmt::format("{} open days", a.days.size());
  }
  std::string operator()(const ReserveAnswer& a) const {
    if (a.decision != Decision::kGranted) return RefusalText(a.decision, a.exhausted_pool, a.usage);
    return fmt::format("granted {} until {} state {}{}{}", a.credits.value(), Micros(a.expires_at),
                       ToText(a.state), Repeated(a.repeated), ToText(a.usage));
  }
  std::string operator()(const CommitAnswer& a) const {
    return fmt::format("committed {} overage {}{}{}{}", a.charged.value(), a.overage.value(),
                       a.late ? " late" : "", Repeated(a.repeated), ToText(a.usage));
  }
  std::string operator()(const ReleaseAnswer& a) const {
    return fmt::format("ended {}{}{}", ToText(a.state), Repeated(a.repeated), ToText(a.usage));
  }
  std::string operator()(const ExtendAnswer& a) const {
    return fmt::format("extended {}{}", Micros(a.expires_at), ToText(a.usage));
  }
  std::string operator()(const ChargeAnswer& a) const {
    if (a.decision != Decision::kGranted) return RefusalText(a.decision, "", a.usage);
    return fmt::format("charged {}{}{}", a.charged.value(), Repeated(a.repeated), ToText(a.usage));
  }
  std::string operator()(const UsageAnswer& a) const {
    const BySource& allots = a.allotment_by_source;
    const BySource& uses = a.used_by_source;
    EXPECT_EQ(
        allots.base + allots.variable + allots.grandfathered + allots.additional + allots.packs,
        a.usage.allotment);
    EXPECT_EQ(uses.base + uses.variable + uses.grandfathered + uses.additional + uses.packs,
              a.usage.used);
    return fmt::format(
        "usage {} {} zone {} {}{}allots {} {} {} {} {} uses {} {} {} {} {} overage {} from {} open "
        "{}{}",
        a.edition, a.model == Model::kApiLimits ? "limits" : "credits", a.time_zone,
        a.suspended ? "suspended " : "",
        allots.grandfathered > kZeroCredits ? "grandfathered " : "", allots.base.value(),
        allots.variable.value(), allots.grandfathered.value(), allots.additional.value(),
        allots.packs.value(), uses.base.value(), uses.variable.value(), uses.grandfathered.value(),
        uses.additional.value(), uses.packs.value(), a.overage.value(), Micros(a.day_starts_at),
        a.open_reservations, ToText(a.usage));
  }
  std::string operator()(const OrgAnswer& a) const { return ToText(a.org); }
  std::string operator()(const PurchaseAnswer& a) const {
    return "bought" + ToText(a.response.purchase()) + " " + ToText(a.response.org());
  }
  std::string operator()(const ListOrgsAnswer&) const { return "list"; }
  std::string operator()(const LoseSessionAnswer& a) const {
    return fmt::format("lost {}", a.ended);
  }
  std::string operator()(const HistoryMark&) const { return "mark"; }
  std::string operator()(const DoneAnswer&) const { return "done"; }
};

}  // namespace

std::string ToText(const absl::Status& status, const Answer& answer) {
  if (status.ok()) return std::visit(AnswerText(), answer);
  return "error " + absl::StatusCodeToString(status.code());
}

}  // namespace quota::ledger
