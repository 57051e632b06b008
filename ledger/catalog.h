// The catalog, compiled: editions, data centers, pools and prices, checked and indexed.
//
// Built from quota.v1.Catalog. Immutable and thread-safe once built.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "common/credits.h"
#include "ledger/commands.h"
#include "ledger/name.h"
#include "quota/v1/catalog.pb.h"

namespace quota::ledger {

// The pool that every organisation has.
inline constexpr std::string_view kMainPool = "main";

// Finds an IANA zone; nothing where there is none of that name. Thread-safe.
using ZoneLoader = std::function<std::optional<absl::TimeZone>(std::string_view)>;

struct Edition {
  Name name;
  Credits base;
  Credits per_agent;
  int64_t concurrency_limit = 0;
  std::optional<Credits> additional_ceiling;
};

struct DataCenter {
  Name name;
  Name zone;
};

struct CatalogPool {
  Name name;
  int64_t concurrency_limit = 0;
};

// What a call costs.
struct PricedCall {
  Credits credits;
  // The pool whose slot it takes besides main's; empty: none.
  Name second_pool;
};

class Catalog {
 public:
  // INVALID_ARGUMENT naming the first mistake.
  static absl::StatusOr<std::shared_ptr<const Catalog>> Build(const quota::v1::Catalog& source,
                                                              ZoneLoader zones);

  int64_t revision() const { return source_.revision(); }
  Duration default_ttl() const { return default_ttl_; }
  Duration max_ttl() const { return max_ttl_; }

  // By name or alias; null where there is none.
  const Edition* FindEdition(std::string_view name) const;
  // By name; the first where `name` is empty; null where there is none.
  const DataCenter* FindDataCenter(std::string_view name) const;
  // Pools besides main.
  const std::vector<CatalogPool>& pools() const { return pools_; }

  std::optional<absl::TimeZone> Zone(std::string_view name) const { return zones_(name); }

  // What the call costs by the price list in force at `now`. INVALID_ARGUMENT where a method has no
  // price, lacks an attribute that its price needs, or comes to more than kMaxCredits.
  absl::StatusOr<PricedCall> Price(const MethodCall& call, Instant now) const;

  // For people: the names of all editions, or data centers.
  std::string EditionNames() const;
  std::string DataCenterNames() const;

 private:
  struct MethodPrice {
    // Points into source_.
    const quota::v1::Price* price;
    Name second_pool;
  };
  struct PriceList {
    Instant effective_from;
    std::map<std::string, MethodPrice, std::less<>> exact;
    // Prefixes, the longest first.
    std::vector<std::pair<std::string, MethodPrice>> wildcards;
    std::optional<Credits> unpriced;
  };

  Catalog() = default;
  absl::Status AddEditions();
  absl::Status AddDataCenters();
  absl::Status AddPools();
  absl::Status AddPriceLists();
  absl::Status AddPrice(const quota::v1::Price& price, PriceList& list) const;
  static const MethodPrice* FindPrice(const PriceList& list, std::string_view method);

  quota::v1::Catalog source_;
  ZoneLoader zones_;
  Duration default_ttl_{};
  Duration max_ttl_{};
  std::vector<Edition> editions_;
  std::map<std::string, size_t, std::less<>> edition_by_name_;
  std::vector<DataCenter> data_centers_;
  std::vector<CatalogPool> pools_;
  // By effective_from.
  std::vector<PriceList> price_lists_;
};

}  // namespace quota::ledger
