#include "ledger/catalog_compiler.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

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
// As many as a request may name a method with: a longer one could never be called.
constexpr size_t kMaxMethodBytes = 128;
// Names are kept as long as the process lives; see name.h.
constexpr int kMaxEditions = 1'000;
constexpr int kMaxAliases = 100;
constexpr int kMaxDataCenters = 1'000;
// Each account keeps its pools, and a hold names its second pool in one byte.
constexpr int kMaxPools = 16;
constexpr size_t kMaxMethods = 10'000;
// Each is looked at for a call whose method has no price of its own.
constexpr size_t kMaxWildcards = 1'000;
// Each is looked at when a day comes near it.
constexpr int kMaxThresholds = 8;
// What RFC 3339 can write, from the epoch on.
constexpr int64_t kFirstYear = 1970;
constexpr int64_t kLastYear = 9999;

bool IsName(const std::string& name) {
  return !name.empty() && name.size() <= kMaxNameBytes &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

bool InYears(int64_t year) { return year >= kFirstYear && year <= kLastYear; }

}  // namespace

RevisionCompiler::RevisionCompiler(const quota::v1::CatalogRevision& source,
                                   const ZoneLoader& zones, std::string path,
                                   CatalogMistakes& mistakes)
    : path_(std::move(path)),
      mistakes_(mistakes),
      revision_(new CatalogRevision(source, zones)),
      source_(revision_->source()) {}

std::unique_ptr<const CatalogRevision> RevisionCompiler::Compile() {
  CheckRange(source_.number(), 1, 1'000'000'000, PathOf("number"));
  AddTimes();
  AddEditions();
  AddDataCenters();
  AddPools();
  AddPrices();
  AddAlertThresholds();
  AddUnknownOrganizations();
  return std::move(revision_);
}

std::string RevisionCompiler::PathOf(std::string_view field) const {
  return fmt::format("{}.{}", path_, field);
}

std::string RevisionCompiler::PathOf(std::string_view field, int index) const {
  return fmt::format("{}.{}[{}]", path_, field, index);
}

bool RevisionCompiler::CheckName(const std::string& name, const std::string& path,
                                 PathByName& names) {
  if (!IsName(name)) {
    mistakes_.Add(path, fmt::format("{} is no name: it needs 1 to {} lower case letters, digits "
                                    "and '-'",
                                    Quoted(name), kMaxNameBytes));
    return false;
  }
  const auto [first, added] = names.emplace(name, path);
  if (!added) mistakes_.Add(path, fmt::format("{} is used twice", Quoted(name)), first->second);
  return added;
}

void RevisionCompiler::CheckRange(int64_t value, int64_t min, int64_t max,
                                  const std::string& path) {
  if (value >= min && value <= max) return;
  mistakes_.Add(path, fmt::format("{}; it must be {} to {}", value, min, max));
}

bool RevisionCompiler::CheckCount(int count, int most, bool required, const std::string& path) {
  if (required && count == 0) mistakes_.Add(path, "at least one is required");
  if (count > most) mistakes_.Add(path, fmt::format("{} entries; at most {}", count, most));
  return count <= most;
}

Duration RevisionCompiler::Ttl(bool present, const google::protobuf::Duration& ttl,
                               Duration otherwise, const std::string& path) {
  if (!present) return otherwise;
  // Far out of range the sum would overflow.
  const bool near = ttl.seconds() >= 0 && ttl.seconds() <= kLongestTtl / std::chrono::seconds(1) &&
                    ttl.nanos() >= 0 && ttl.nanos() < 1'000'000'000;
  const Duration value =
      near ? std::chrono::seconds(ttl.seconds()) + Duration(ttl.nanos() / 1000) : Duration(0);
  if (value >= kShortestTtl && value <= kLongestTtl) return value;
  mistakes_.Add(path, "it must be from 1 s to 24 h");
  return otherwise;
}

std::optional<int32_t> RevisionCompiler::Date(const std::string& text, const std::string& path) {
  if (text.empty()) return std::nullopt;
  absl::CivilDay day;
  if (text.size() == 10 && absl::ParseCivilTime(text, &day) && InYears(day.year())) {
    return DaysSinceEpoch(day);
  }
  mistakes_.Add(path, fmt::format("{} is no date; write it as \"2025-10-06\", from {} to {}",
                                  Quoted(text), kFirstYear, kLastYear));
  return std::nullopt;
}

void RevisionCompiler::AddTimes() {
  if (const std::string& text = source_.effective_from(); !text.empty()) {
    absl::Time time;
    std::string error;
    if (absl::ParseTime(absl::RFC3339_full, text, &time, &error) &&
        InYears(absl::ToCivilYear(time, absl::UTCTimeZone()).year())) {
      revision_->effective_from_ = Instant(Duration(absl::ToUnixMicros(time)));
    } else {
      mistakes_.Add(PathOf("effective_from"),
                    fmt::format("{} is no instant; write it as \"2025-10-06T00:00:00Z\", from {} "
                                "to {}",
                                Quoted(text), kFirstYear, kLastYear));
    }
  }
  const size_t found = mistakes_.found();
  revision_->max_ttl_ =
      Ttl(source_.has_max_ttl(), source_.max_ttl(), kLongestTtl, PathOf("max_ttl"));
  revision_->default_ttl_ = Ttl(source_.has_default_ttl(), source_.default_ttl(),
                                std::min(kDefaultTtl, revision_->max_ttl_), PathOf("default_ttl"));
  if (found == mistakes_.found() && revision_->default_ttl_ > revision_->max_ttl_) {
    mistakes_.Add(PathOf("default_ttl"), "it must not be above max_ttl", PathOf("max_ttl"));
  }
  revision_->sign_ups_on_credits_from_ =
      Date(source_.sign_ups_on_credits_from(), PathOf("sign_ups_on_credits_from"));
}

void RevisionCompiler::AddEditions() {
  if (!CheckCount(source_.editions_size(), kMaxEditions, true, PathOf("editions"))) return;
  for (int i = 0; i < source_.editions_size(); ++i) {
    AddEdition(source_.editions(i), PathOf("editions", i));
  }
}

void RevisionCompiler::AddEdition(const quota::v1::Edition& edition, const std::string& path) {
  const int64_t most = kMaxCredits.value();
  CheckRange(edition.base_credits(), 0, most, path + ".base_credits");
  CheckRange(edition.credits_per_agent(), 0, most, path + ".credits_per_agent");
  CheckRange(edition.concurrency_limit(), 0, kMaxConcurrency, path + ".concurrency_limit");
  CheckRange(edition.additional_credits_ceiling(), 0, most, path + ".additional_credits_ceiling");
  const bool named = CheckName(edition.name(), path + ".name", editions_);
  if (CheckCount(edition.aliases_size(), kMaxAliases, false, path + ".aliases")) {
    for (int i = 0; i < edition.aliases_size(); ++i) {
      if (CheckName(edition.aliases(i), fmt::format("{}.aliases[{}]", path, i), editions_)) {
        revision_->edition_by_name_.emplace(edition.aliases(i), revision_->editions_.size());
      }
    }
  }
  if (named) revision_->edition_by_name_.emplace(edition.name(), revision_->editions_.size());
  Edition compiled{named ? Name(edition.name()) : Name(), Credits(edition.base_credits()),
                   Credits(edition.credits_per_agent()), edition.concurrency_limit(), std::nullopt};
  if (edition.has_additional_credits_ceiling()) {
    compiled.additional_ceiling = Credits(edition.additional_credits_ceiling());
  }
  revision_->editions_.push_back(compiled);
}

void RevisionCompiler::AddDataCenters() {
  if (!CheckCount(source_.data_centers_size(), kMaxDataCenters, true, PathOf("data_centers"))) {
    return;
  }
  for (int i = 0; i < source_.data_centers_size(); ++i) {
    const auto& center = source_.data_centers(i);
    const std::string path = PathOf("data_centers", i);
    const bool named = CheckName(center.name(), path + ".name", data_centers_);
    const bool has_zone = revision_->Zone(center.time_zone()).has_value();
    if (!has_zone) {
      mistakes_.Add(path + ".time_zone",
                    fmt::format("there is no IANA zone {}", Quoted(center.time_zone())));
    }
    revision_->data_centers_.push_back({named ? Name(center.name()) : Name(),
                                        has_zone ? Name(center.time_zone()) : Name(),
                                        Date(center.credits_live_on(), path + ".credits_live_on")});
  }
}

void RevisionCompiler::AddPools() {
  if (!CheckCount(source_.pools_size(), kMaxPools, false, PathOf("pools"))) return;
  for (int i = 0; i < source_.pools_size(); ++i) {
    const auto& pool = source_.pools(i);
    const std::string path = PathOf("pools", i);
    CheckRange(pool.concurrency_limit(), 0, kMaxConcurrency, path + ".concurrency_limit");
    bool named = false;
    if (pool.name() == kMainPool) {
      mistakes_.Add(path + ".name",
                    "every organisation has the pool \"main\": its limit is the edition's "
                    "concurrency_limit");
    } else {
      named = CheckName(pool.name(), path + ".name", pools_);
    }
    revision_->pools_.push_back({named ? Name(pool.name()) : Name(), pool.concurrency_limit()});
  }
}

void RevisionCompiler::AddPrices() {
  if (source_.has_unpriced_credits()) {
    CheckRange(source_.unpriced_credits(), 0, kMaxCredits.value(), PathOf("unpriced_credits"));
    revision_->unpriced_ = Credits(source_.unpriced_credits());
  }
  size_t methods = 0;
  for (const auto& price : source_.prices()) methods += price.methods_size();
  if (methods > kMaxMethods) {
    mistakes_.Add(PathOf("prices"), fmt::format("{} methods; at most {}", methods, kMaxMethods));
    return;
  }
  for (int i = 0; i < source_.prices_size(); ++i) AddPrice(source_.prices(i), PathOf("prices", i));
  auto& wildcards = revision_->wildcard_prices_;
  if (wildcards.size() > kMaxWildcards) {
    mistakes_.Add(PathOf("prices"), fmt::format("{} methods end in '*'; at most {}",
                                                wildcards.size(), kMaxWildcards));
  }
  std::sort(wildcards.begin(), wildcards.end(),
            [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
}

void RevisionCompiler::AddPrice(const quota::v1::Price& price, const std::string& path) {
  CheckPrice(price, path, mistakes_);
  const bool has_pool = price.pool().empty() || pools_.contains(price.pool());
  if (!has_pool) {
    mistakes_.Add(path + ".pool", fmt::format("there is no pool {}", Quoted(price.pool())));
  }
  if (price.methods().empty()) mistakes_.Add(path + ".methods", "at least one is required");
  for (int i = 0; i < price.methods_size(); ++i) {
    AddMethod(price.methods(i), fmt::format("{}.methods[{}]", path, i),
              {&price, has_pool ? Name(price.pool()) : Name()});
  }
}

void RevisionCompiler::AddMethod(const std::string& method, const std::string& path,
                                 const CatalogRevision::MethodPrice& price) {
  if (method.empty()) return mistakes_.Add(path, "it is empty");
  if (method.size() > kMaxMethodBytes) {
    return mistakes_.Add(path, fmt::format("{} has {} bytes; at most {}", Quoted(method),
                                           method.size(), kMaxMethodBytes));
  }
  const size_t star = method.find('*');
  if (star != std::string::npos && star + 1 != method.size()) {
    return mistakes_.Add(path, fmt::format("{}: '*' may only be the last", Quoted(method)));
  }
  const auto [first, added] = methods_.emplace(method, path);
  if (!added) {
    return mistakes_.Add(path, fmt::format("{} has two prices", Quoted(method)), first->second);
  }
  if (star == std::string::npos) {
    revision_->exact_prices_.emplace(method, price);
  } else {
    revision_->wildcard_prices_.emplace_back(method.substr(0, star), price);
  }
}

void RevisionCompiler::AddAlertThresholds() {
  auto& thresholds = revision_->alert_thresholds_;
  if (!source_.has_alert_thresholds()) {
    thresholds = {50, 80, 90, 100};
    return;
  }
  const auto& percents = source_.alert_thresholds().percent();
  const std::string path = PathOf("alert_thresholds.percent");
  if (!CheckCount(percents.size(), kMaxThresholds, false, path)) return;
  for (int i = 0; i < percents.size(); ++i) {
    const std::string entry = fmt::format("{}[{}]", path, i);
    CheckRange(percents[i], 1, 100, entry);
    if (i > 0 && percents[i] <= percents[i - 1]) {
      mistakes_.Add(entry, fmt::format("{}; it must be above {}, the one before", percents[i],
                                       percents[i - 1]));
    }
    thresholds.push_back(percents[i]);
  }
}

void RevisionCompiler::AddUnknownOrganizations() {
  if (!source_.has_unknown_organizations()) return;
  const auto& unknown = source_.unknown_organizations();
  const std::string path = PathOf("unknown_organizations");
  if (unknown.edition().empty()) {
    mistakes_.Add(path + ".edition", "it is required");
  } else if (!editions_.contains(unknown.edition())) {
    mistakes_.Add(path + ".edition",
                  fmt::format("there is no edition {}", Quoted(unknown.edition())));
  }
  if (!unknown.data_center().empty() && !data_centers_.contains(unknown.data_center())) {
    mistakes_.Add(path + ".data_center",
                  fmt::format("there is no data center {}", Quoted(unknown.data_center())));
  }
  CheckRange(unknown.per_minute(), 1, 1'000'000, path + ".per_minute");
  CheckRange(unknown.total(), 1, 1'000'000'000, path + ".total");
  if (!mistakes_.empty()) return;
  revision_->unknown_organizations_ = {revision_->FindEdition(unknown.edition())->name,
                                       revision_->FindDataCenter(unknown.data_center())->name,
                                       unknown.per_minute(), unknown.total()};
}

}  // namespace quota::ledger
