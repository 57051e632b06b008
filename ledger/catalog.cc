#include "ledger/catalog.h"

#include <fmt/format.h>

#include <algorithm>

#include "ledger/price.h"

namespace quota::ledger {
namespace {

// A hold's whole life; see design.md, "Days".
constexpr Duration kLongestTtl = std::chrono::hours(24);
constexpr Duration kShortestTtl = std::chrono::seconds(1);
constexpr int64_t kMaxConcurrency = 1'000'000;
constexpr size_t kMaxNameBytes = 64;
// Each account keeps its pools, and a hold names its second pool in one byte.
constexpr int kMaxPools = 16;

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

absl::StatusOr<Duration> Ttl(std::string_view field, bool present,
                             const google::protobuf::Duration& ttl) {
  // Far out of range the sum would overflow.
  const bool near = ttl.seconds() >= 0 && ttl.seconds() <= kLongestTtl / std::chrono::seconds(1);
  const Duration value =
      near ? std::chrono::seconds(ttl.seconds()) + Duration(ttl.nanos() / 1000) : Duration(0);
  if (!present || value < kShortestTtl || value > kLongestTtl) {
    return Invalid("{}: it is required, from 1 s to 24 h", field);
  }
  return value;
}

// As protobuf defines a timestamp: the years 1 to 9999.
bool IsTimestamp(const google::protobuf::Timestamp& timestamp) {
  return timestamp.seconds() >= -62'135'596'800 && timestamp.seconds() <= 253'402'300'799 &&
         timestamp.nanos() >= 0 && timestamp.nanos() <= 999'999'999;
}

Instant ToInstant(const google::protobuf::Timestamp& timestamp) {
  return Instant(std::chrono::seconds(timestamp.seconds()) + Duration(timestamp.nanos() / 1000));
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Catalog>> Catalog::Build(const quota::v1::Catalog& source,
                                                              ZoneLoader zones) {
  std::shared_ptr<Catalog> catalog(new Catalog);
  catalog->source_ = source;
  catalog->zones_ = std::move(zones);
  if (source.revision() < 1 || source.revision() > 1'000'000'000) {
    return Invalid("revision: {}; it must be 1 to 1,000,000,000", source.revision());
  }
  const auto max_ttl = Ttl("max_ttl", source.has_max_ttl(), source.max_ttl());
  if (!max_ttl.ok()) return max_ttl.status();
  const auto default_ttl = Ttl("default_ttl", source.has_default_ttl(), source.default_ttl());
  if (!default_ttl.ok()) return default_ttl.status();
  if (*default_ttl > *max_ttl) return Invalid("default_ttl: it must not be above max_ttl");
  catalog->max_ttl_ = *max_ttl;
  catalog->default_ttl_ = *default_ttl;
  for (auto add : {&Catalog::AddEditions, &Catalog::AddDataCenters, &Catalog::AddPools,
                   &Catalog::AddPriceLists}) {
    if (absl::Status status = (catalog.get()->*add)(); !status.ok()) return status;
  }
  return std::shared_ptr<const Catalog>(std::move(catalog));
}

absl::Status Catalog::AddEditions() {
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

absl::Status Catalog::AddDataCenters() {
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
    data_centers_.push_back({Name(center.name()), Name(center.time_zone())});
  }
  return absl::OkStatus();
}

absl::Status Catalog::AddPools() {
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

absl::Status Catalog::AddPriceLists() {
  for (const auto& source : source_.price_lists()) {
    PriceList list;
    if (source.has_effective_from()) {
      if (!IsTimestamp(source.effective_from())) {
        return Invalid("price list: effective_from: it must be within the years 1 to 9999");
      }
      list.effective_from = ToInstant(source.effective_from());
    }
    if (source.has_unpriced_credits()) {
      if (source.unpriced_credits() < 0 || source.unpriced_credits() > kMaxCredits.value()) {
        return Invalid("price list: unpriced_credits: {}; it must be 0 to {}",
                       source.unpriced_credits(), kMaxCredits.value());
      }
      list.unpriced = Credits(source.unpriced_credits());
    }
    for (const auto& price : source.prices()) {
      if (absl::Status status = AddPrice(price, list); !status.ok()) return status;
    }
    std::sort(list.wildcards.begin(), list.wildcards.end(),
              [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
    price_lists_.push_back(std::move(list));
  }
  std::sort(price_lists_.begin(), price_lists_.end(), [](const PriceList& a, const PriceList& b) {
    return a.effective_from < b.effective_from;
  });
  const auto twins = std::adjacent_find(
      price_lists_.begin(), price_lists_.end(),
      [](const PriceList& a, const PriceList& b) { return a.effective_from == b.effective_from; });
  if (twins != price_lists_.end()) {
    return Invalid("effective_from: two price lists begin at the same instant");
  }
  return absl::OkStatus();
}

absl::Status Catalog::AddPrice(const quota::v1::Price& price, PriceList& list) const {
  if (price.method().empty()) return Invalid("price: method is empty");
  if (absl::Status status = CheckPrice(price); !status.ok()) return status;
  if (!price.pool().empty() &&
      std::none_of(pools_.begin(), pools_.end(), [&price](const CatalogPool& pool) {
        return pool.name.text() == price.pool();
      })) {
    return Invalid("price of {}: no pool \"{}\"", price.method(), price.pool());
  }
  const size_t star = price.method().find('*');
  if (star != std::string::npos && star + 1 != price.method().size()) {
    return Invalid("price of {}: '*' may only be the last", price.method());
  }
  const MethodPrice compiled{&price, Name(price.pool())};
  if (star != std::string::npos) {
    const std::string prefix = price.method().substr(0, star);
    const bool twice =
        std::any_of(list.wildcards.begin(), list.wildcards.end(),
                    [&prefix](const auto& wildcard) { return wildcard.first == prefix; });
    if (twice) return Invalid("price of {}: given twice", price.method());
    list.wildcards.emplace_back(prefix, compiled);
  } else if (!list.exact.emplace(price.method(), compiled).second) {
    return Invalid("price of {}: given twice", price.method());
  }
  return absl::OkStatus();
}

const Edition* Catalog::FindEdition(std::string_view name) const {
  const auto found = edition_by_name_.find(name);
  return found == edition_by_name_.end() ? nullptr : &editions_[found->second];
}

const DataCenter* Catalog::FindDataCenter(std::string_view name) const {
  if (name.empty()) return &data_centers_.front();
  for (const DataCenter& center : data_centers_) {
    if (center.name.text() == name) return &center;
  }
  return nullptr;
}

const Catalog::MethodPrice* Catalog::FindPrice(const PriceList& list, std::string_view method) {
  if (const auto exact = list.exact.find(method); exact != list.exact.end()) return &exact->second;
  for (const auto& [prefix, price] : list.wildcards) {
    if (method.starts_with(prefix)) return &price;
  }
  return nullptr;
}

absl::StatusOr<PricedCall> Catalog::Price(const MethodCall& call, Instant now) const {
  const PriceList* in_force = nullptr;
  for (const PriceList& list : price_lists_) {
    if (list.effective_from <= now) in_force = &list;
  }
  if (in_force == nullptr) return Invalid("method: the catalog has no price list in force");
  const MethodPrice* price = FindPrice(*in_force, call.name);
  if (price == nullptr) {
    if (in_force->unpriced) return PricedCall{*in_force->unpriced, Name()};
    return Invalid("method: the catalog has no price for \"{}\"", call.name);
  }
  const absl::StatusOr<Credits> credits = Evaluate(*price->price, call);
  if (!credits.ok()) return credits.status();
  return PricedCall{*credits, price->second_pool};
}

std::string Catalog::EditionNames() const {
  std::string names;
  for (const auto& [name, index] : edition_by_name_) {
    names += (names.empty() ? "" : ", ") + name;
  }
  return names;
}

std::string Catalog::DataCenterNames() const {
  std::string names;
  for (const DataCenter& center : data_centers_) {
    names += (names.empty() ? "" : ", ") + center.name.text();
  }
  return names;
}

}  // namespace quota::ledger
