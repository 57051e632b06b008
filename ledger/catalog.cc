#include "ledger/catalog.h"

#include <fmt/format.h>

#include <algorithm>

#include "absl/time/civil_time.h"
#include "ledger/calendar.h"
#include "ledger/price.h"

namespace quota::ledger {
namespace {

// A hold's whole life; see design.md, "Days".
constexpr Duration kLongestTtl = std::chrono::hours(24);
constexpr Duration kShortestTtl = std::chrono::seconds(1);
constexpr Duration kDefaultTtl = std::chrono::seconds(60);
constexpr int64_t kMaxConcurrency = 1'000'000;
constexpr size_t kMaxNameBytes = 64;
// Each account keeps its pools, and a hold names its second pool in one byte.
constexpr int kMaxPools = 16;
// Each is looked at when a day comes near it.
constexpr int kMaxThresholds = 8;

template <typename... Args>
absl::Status Invalid(fmt::format_string<Args...> format, Args&&... args) {
  return absl::InvalidArgumentError(fmt::format(format, std::forward<Args>(args)...));
}

bool IsName(const std::string& name) {
  return !name.empty() && name.size() <= kMaxNameBytes &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

// `field` as given, or `otherwise`.
absl::StatusOr<Duration> Ttl(std::string_view field, bool present,
                             const google::protobuf::Duration& ttl, Duration otherwise) {
  if (!present) return otherwise;
  // Far out of range the sum would overflow.
  const bool near = ttl.seconds() >= 0 && ttl.seconds() <= kLongestTtl / std::chrono::seconds(1);
  const Duration value =
      near ? std::chrono::seconds(ttl.seconds()) + Duration(ttl.nanos() / 1000) : Duration(0);
  if (value < kShortestTtl || value > kLongestTtl) return Invalid("{}: from 1 s to 24 h", field);
  return value;
}

absl::StatusOr<int32_t> Date(std::string_view field, const std::string& text) {
  absl::CivilDay day;
  if (text.size() != 10 || !absl::ParseCivilTime(text, &day)) {
    return Invalid("{}: \"{}\" is no date; write it as \"2025-10-06\"", field, text);
  }
  return DaysSinceEpoch(day);
}

absl::StatusOr<Instant> ParseInstant(std::string_view field, const std::string& text) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, text, &time, &error)) {
    return Invalid("{}: \"{}\" is no instant; write it as \"2025-10-06T00:00:00Z\"", field, text);
  }
  return Instant(Duration(absl::ToUnixMicros(time)));
}

}  // namespace

namespace {

// A name of the revision before that the next one lacks: an organisation may have it.
absl::Status Lacks(const CatalogRevision& next, const CatalogRevision& before) {
  const auto lacks = [&next](std::string_view what, Name name) {
    return Invalid("revision {}: it lacks the {} {} of the revision before", next.number(), what,
                   name.text());
  };
  for (const Edition& edition : before.editions()) {
    if (next.FindEdition(edition.name.text()) == nullptr) return lacks("edition", edition.name);
  }
  for (const DataCenter& center : before.data_centers()) {
    if (next.FindDataCenter(center.name.text()) == nullptr) {
      return lacks("data center", center.name);
    }
  }
  for (const CatalogPool& pool : before.pools()) {
    const bool kept =
        std::any_of(next.pools().begin(), next.pools().end(),
                    [&pool](const CatalogPool& other) { return other.name == pool.name; });
    if (!kept) return lacks("pool", pool.name);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Catalog>> Catalog::Build(const quota::v1::Catalog& source,
                                                              const ZoneLoader& zones) {
  if (source.revisions().empty()) return Invalid("revisions: at least one is required");
  std::shared_ptr<Catalog> catalog(new Catalog(source));
  for (const auto& revision : catalog->source_.revisions()) {
    std::unique_ptr<CatalogRevision> compiled(new CatalogRevision(revision, zones));
    if (absl::Status status = compiled->Compile(); !status.ok()) return status;
    if (!catalog->revisions_.empty()) {
      const CatalogRevision& before = *catalog->revisions_.back();
      if (revision.effective_from().empty() ||
          compiled->effective_from() <= before.effective_from()) {
        return Invalid("revision {}: effective_from: it must be after that of the revision before",
                       revision.number());
      }
      if (compiled->number() <= before.number()) {
        return Invalid("revision {}: number: it must be above {}, that of the revision before",
                       revision.number(), before.number());
      }
    }
    if (!catalog->revisions_.empty()) {
      if (absl::Status status = Lacks(*compiled, *catalog->revisions_.back()); !status.ok()) {
        return status;
      }
    }
    catalog->revisions_.push_back(std::move(compiled));
  }
  return std::shared_ptr<const Catalog>(std::move(catalog));
}

const CatalogRevision& Catalog::At(Instant now) const {
  for (auto revision = revisions_.rbegin(); revision != revisions_.rend(); ++revision) {
    if ((*revision)->effective_from() <= now) return **revision;
  }
  return *revisions_.front();
}

absl::Status CatalogRevision::Compile() {
  if (source_.number() < 1 || source_.number() > 1'000'000'000) {
    return Invalid("number: {}; it must be 1 to 1,000,000,000", source_.number());
  }
  for (auto add :
       {&CatalogRevision::AddTimes, &CatalogRevision::AddEditions, &CatalogRevision::AddDataCenters,
        &CatalogRevision::AddPools, &CatalogRevision::AddPrices,
        &CatalogRevision::AddAlertThresholds, &CatalogRevision::AddUnknownOrganizations}) {
    if (absl::Status status = (this->*add)(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status CatalogRevision::AddTimes() {
  if (!source_.effective_from().empty()) {
    const auto instant = ParseInstant("effective_from", source_.effective_from());
    if (!instant.ok()) return instant.status();
    effective_from_ = *instant;
  }
  const auto max_ttl = Ttl("max_ttl", source_.has_max_ttl(), source_.max_ttl(), kLongestTtl);
  if (!max_ttl.ok()) return max_ttl.status();
  const auto default_ttl = Ttl("default_ttl", source_.has_default_ttl(), source_.default_ttl(),
                               std::min(kDefaultTtl, *max_ttl));
  if (!default_ttl.ok()) return default_ttl.status();
  if (*default_ttl > *max_ttl) return Invalid("default_ttl: it must not be above max_ttl");
  max_ttl_ = *max_ttl;
  default_ttl_ = *default_ttl;
  if (!source_.sign_ups_on_credits_from().empty()) {
    const auto day = Date("sign_ups_on_credits_from", source_.sign_ups_on_credits_from());
    if (!day.ok()) return day.status();
    sign_ups_on_credits_from_ = *day;
  }
  return absl::OkStatus();
}

absl::Status CatalogRevision::AddEditions() {
  if (source_.editions().empty()) return Invalid("editions: at least one is required");
  for (const auto& edition : source_.editions()) {
    if (!IsName(edition.name())) {
      return Invalid("edition \"{}\": a name has 1 to {} lower case letters, digits and '-'",
                     edition.name(), kMaxNameBytes);
    }
    const auto in_range = [](int64_t credits) {
      return credits >= 0 && credits <= kMaxCredits.value();
    };
    if (!in_range(edition.base_credits()) || !in_range(edition.credits_per_agent()) ||
        !in_range(edition.additional_credits_ceiling())) {
      return Invalid("edition {}: credits must be 0 to {}", edition.name(), kMaxCredits.value());
    }
    if (edition.concurrency_limit() < 0 || edition.concurrency_limit() > kMaxConcurrency) {
      return Invalid("edition {}: concurrency_limit: {}; it must be 0 to {}", edition.name(),
                     edition.concurrency_limit(), kMaxConcurrency);
    }
    Edition compiled{Name(edition.name()), Credits(edition.base_credits()),
                     Credits(edition.credits_per_agent()), edition.concurrency_limit(),
                     std::nullopt};
    if (edition.has_additional_credits_ceiling()) {
      compiled.additional_ceiling = Credits(edition.additional_credits_ceiling());
    }
    std::vector<std::string> names(edition.aliases().begin(), edition.aliases().end());
    names.push_back(edition.name());
    for (const std::string& name : names) {
      if (!IsName(name)) return Invalid("edition {}: alias \"{}\"", edition.name(), name);
      if (!edition_by_name_.emplace(name, editions_.size()).second) {
        return Invalid("edition {}: the name {} is used twice", edition.name(), name);
      }
    }
    editions_.push_back(compiled);
  }
  return absl::OkStatus();
}

absl::Status CatalogRevision::AddDataCenters() {
  if (source_.data_centers().empty()) return Invalid("data_centers: at least one is required");
  for (const auto& center : source_.data_centers()) {
    if (!IsName(center.name())) return Invalid("data center \"{}\": not a name", center.name());
    if (FindDataCenter(center.name()) != nullptr) {
      return Invalid("data center {}: the name is used twice", center.name());
    }
    if (!Zone(center.time_zone())) {
      return Invalid("data center {}: time_zone: no IANA zone \"{}\"", center.name(),
                     center.time_zone());
    }
    DataCenter compiled{Name(center.name()), Name(center.time_zone()), std::nullopt};
    if (!center.credits_live_on().empty()) {
      const auto day = Date("credits_live_on", center.credits_live_on());
      if (!day.ok())
        return Invalid("data center {}: {}", center.name(), std::string(day.status().message()));
      compiled.credits_live_on = *day;
    }
    data_centers_.push_back(compiled);
  }
  return absl::OkStatus();
}

absl::Status CatalogRevision::AddPools() {
  if (source_.pools_size() > kMaxPools) return Invalid("pools: at most {}", kMaxPools);
  for (const auto& pool : source_.pools()) {
    const bool twice = std::any_of(pools_.begin(), pools_.end(), [&pool](const CatalogPool& other) {
      return other.name.text() == pool.name();
    });
    if (!IsName(pool.name()) || pool.name() == kMainPool || twice) {
      return Invalid("pool \"{}\": not a name, or used twice", pool.name());
    }
    if (pool.concurrency_limit() < 0 || pool.concurrency_limit() > kMaxConcurrency) {
      return Invalid("pool {}: concurrency_limit: {}; it must be 0 to {}", pool.name(),
                     pool.concurrency_limit(), kMaxConcurrency);
    }
    pools_.push_back({Name(pool.name()), pool.concurrency_limit()});
  }
  return absl::OkStatus();
}

absl::Status CatalogRevision::AddPrices() {
  if (source_.has_unpriced_credits()) {
    if (source_.unpriced_credits() < 0 || source_.unpriced_credits() > kMaxCredits.value()) {
      return Invalid("unpriced_credits: {}; it must be 0 to {}", source_.unpriced_credits(),
                     kMaxCredits.value());
    }
    unpriced_ = Credits(source_.unpriced_credits());
  }
  for (const auto& price : source_.prices()) {
    if (absl::Status status = AddPrice(price); !status.ok()) return status;
  }
  std::sort(wildcard_prices_.begin(), wildcard_prices_.end(),
            [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
  return absl::OkStatus();
}

absl::Status CatalogRevision::AddAlertThresholds() {
  if (!source_.has_alert_thresholds()) {
    alert_thresholds_ = {50, 80, 90, 100};
    return absl::OkStatus();
  }
  const auto& percents = source_.alert_thresholds().percent();
  if (percents.size() > kMaxThresholds) {
    return Invalid("alert_thresholds: {} percentages; at most {}", percents.size(), kMaxThresholds);
  }
  for (const int32_t percent : percents) {
    if (percent < 1 || percent > 100 ||
        (!alert_thresholds_.empty() && percent <= alert_thresholds_.back())) {
      return Invalid("alert_thresholds: {}; percentages must be 1 to 100 and rise", percent);
    }
    alert_thresholds_.push_back(percent);
  }
  return absl::OkStatus();
}

absl::Status CatalogRevision::AddUnknownOrganizations() {
  if (!source_.has_unknown_organizations()) return absl::OkStatus();
  const auto& unknown = source_.unknown_organizations();
  const Edition* edition = FindEdition(unknown.edition());
  if (edition == nullptr) {
    return Invalid("unknown_organizations: edition: there is no \"{}\"", unknown.edition());
  }
  const DataCenter* center = FindDataCenter(unknown.data_center());
  if (center == nullptr) {
    return Invalid("unknown_organizations: data_center: there is no \"{}\"", unknown.data_center());
  }
  if (unknown.per_minute() < 1 || unknown.per_minute() > 1'000'000) {
    return Invalid("unknown_organizations: per_minute: {}; it must be 1 to 1,000,000",
                   unknown.per_minute());
  }
  if (unknown.total() < 1 || unknown.total() > 1'000'000'000) {
    return Invalid("unknown_organizations: total: {}; it must be 1 to 1,000,000,000",
                   unknown.total());
  }
  unknown_organizations_ = {edition->name, center->name, unknown.per_minute(), unknown.total()};
  return absl::OkStatus();
}

absl::Status CatalogRevision::AddPrice(const quota::v1::Price& price) {
  if (price.methods().empty()) return Invalid("price: methods: at least one is required");
  if (absl::Status status = CheckPrice(price); !status.ok()) return status;
  if (!price.pool().empty() &&
      std::none_of(pools_.begin(), pools_.end(), [&price](const CatalogPool& pool) {
        return pool.name.text() == price.pool();
      })) {
    return Invalid("price of {}: no pool \"{}\"", price.methods(0), price.pool());
  }
  for (const std::string& method : price.methods()) {
    if (absl::Status status = AddMethod(method, {&price, Name(price.pool())}); !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

absl::Status CatalogRevision::AddMethod(const std::string& method, const MethodPrice& price) {
  if (method.empty()) return Invalid("price: a method is empty");
  const size_t star = method.find('*');
  if (star == std::string::npos) {
    if (!exact_prices_.emplace(method, price).second) {
      return Invalid("price of {}: given twice", method);
    }
    return absl::OkStatus();
  }
  if (star + 1 != method.size()) return Invalid("price of {}: '*' may only be the last", method);
  const std::string prefix = method.substr(0, star);
  const bool twice =
      std::any_of(wildcard_prices_.begin(), wildcard_prices_.end(),
                  [&prefix](const auto& wildcard) { return wildcard.first == prefix; });
  if (twice) return Invalid("price of {}: given twice", method);
  wildcard_prices_.emplace_back(prefix, price);
  return absl::OkStatus();
}

const Edition* CatalogRevision::FindEdition(std::string_view name) const {
  const auto found = edition_by_name_.find(name);
  return found == edition_by_name_.end() ? nullptr : &editions_[found->second];
}

const DataCenter* CatalogRevision::FindDataCenter(std::string_view name) const {
  if (name.empty()) return &data_centers_.front();
  for (const DataCenter& center : data_centers_) {
    if (center.name.text() == name) return &center;
  }
  return nullptr;
}

const CatalogRevision::MethodPrice* CatalogRevision::FindPrice(std::string_view method) const {
  if (const auto exact = exact_prices_.find(method); exact != exact_prices_.end()) {
    return &exact->second;
  }
  for (const auto& [prefix, price] : wildcard_prices_) {
    if (method.starts_with(prefix)) return &price;
  }
  return nullptr;
}

absl::StatusOr<PricedCall> CatalogRevision::Price(const MethodCall& call) const {
  const MethodPrice* price = FindPrice(call.name);
  if (price == nullptr) {
    if (unpriced_) return PricedCall{*unpriced_, Name()};
    return Invalid("method: the catalog has no price for \"{}\"", call.name);
  }
  const absl::StatusOr<Credits> credits = Evaluate(*price->price, call);
  if (!credits.ok()) return credits.status();
  return PricedCall{*credits, price->second_pool};
}

std::string CatalogRevision::EditionNames() const {
  std::string names;
  for (const auto& [name, index] : edition_by_name_) {
    names += (names.empty() ? "" : ", ") + name;
  }
  return names;
}

std::string CatalogRevision::DataCenterNames() const {
  std::string names;
  for (const DataCenter& center : data_centers_) {
    names += (names.empty() ? "" : ", ") + center.name.text();
  }
  return names;
}

}  // namespace quota::ledger
