// The catalog, compiled: revisions of editions, data centers, pools and prices, checked and
// indexed.
//
// Built from quota.v1.Catalog. Immutable and thread-safe once built.
//
//   auto catalog = Catalog::Build(source, zones);
//   const CatalogRevision& in_force = (*catalog)->At(now);
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
#include "ledger/catalog_mistakes.h"
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
  // Days since 1970-01-01; absent: credits from the beginning.
  std::optional<int32_t> credits_live_on;
};

struct CatalogPool {
  Name name;
  int64_t concurrency_limit = 0;
};

// What becomes of organisations that do not exist.
struct UnknownOrganizations {
  Name edition;
  Name data_center;
  int64_t per_minute = 0;
  int64_t total = 0;
};

// What a call costs.
struct PricedCall {
  Credits credits;
  // The pool whose slot it takes besides main's; empty: none.
  Name second_pool;
};

// One revision, complete in itself.
class CatalogRevision {
 public:
  int64_t number() const { return source_.number(); }
  // From when it is in force; the epoch for the first.
  Instant effective_from() const { return effective_from_; }
  Duration default_ttl() const { return default_ttl_; }
  Duration max_ttl() const { return max_ttl_; }

  // By name or alias; null where there is none.
  const Edition* FindEdition(std::string_view name) const;
  const std::vector<Edition>& editions() const { return editions_; }
  // By name; the first where `name` is empty; null where there is none.
  const DataCenter* FindDataCenter(std::string_view name) const;
  const std::vector<DataCenter>& data_centers() const { return data_centers_; }
  // Pools besides main.
  const std::vector<CatalogPool>& pools() const { return pools_; }
  // Days since 1970-01-01; absent: the data center alone decides.
  std::optional<int32_t> sign_ups_on_credits_from() const { return sign_ups_on_credits_from_; }
  // Percentages, rising.
  const std::vector<int32_t>& alert_thresholds() const { return alert_thresholds_; }
  // Absent: they are refused.
  const std::optional<UnknownOrganizations>& unknown_organizations() const {
    return unknown_organizations_;
  }

  std::optional<absl::TimeZone> Zone(std::string_view name) const { return zones_(name); }

  // What the call costs. INVALID_ARGUMENT where a method has no price, lacks an attribute that its
  // price needs, or comes to more than kMaxCredits.
  absl::StatusOr<PricedCall> Price(const MethodCall& call) const;

  // For people: the names of all editions, or data centers.
  std::string EditionNames() const;
  std::string DataCenterNames() const;

  const quota::v1::CatalogRevision& source() const { return source_; }

 private:
  friend class RevisionCompiler;
  struct MethodPrice {
    // Points into source_.
    const quota::v1::Price* price;
    Name second_pool;
  };

  CatalogRevision(const quota::v1::CatalogRevision& source, ZoneLoader zones)
      : source_(source), zones_(std::move(zones)) {}
  const MethodPrice* FindPrice(std::string_view method) const;

  const quota::v1::CatalogRevision source_;
  const ZoneLoader zones_;
  Instant effective_from_;
  Duration default_ttl_{};
  Duration max_ttl_{};
  std::vector<Edition> editions_;
  std::map<std::string, size_t, std::less<>> edition_by_name_;
  std::vector<DataCenter> data_centers_;
  std::vector<CatalogPool> pools_;
  std::map<std::string, MethodPrice, std::less<>> exact_prices_;
  // Prefixes, the longest first.
  std::vector<std::pair<std::string, MethodPrice>> wildcard_prices_;
  std::optional<Credits> unpriced_;
  std::optional<int32_t> sign_ups_on_credits_from_;
  std::vector<int32_t> alert_thresholds_;
  std::optional<UnknownOrganizations> unknown_organizations_;
};

class Catalog {
 public:
  // INVALID_ARGUMENT naming all mistakes, each on a line of its own: the path of its field, and
  // what is wrong. See catalog_mistakes.h.
  static absl::StatusOr<std::shared_ptr<const Catalog>> Build(const quota::v1::Catalog& source,
                                                              const ZoneLoader& zones);
  // The same with the mistakes as a list: null where there is one, and then they are added to
  // `mistakes`.
  static std::shared_ptr<const Catalog> Build(const quota::v1::Catalog& source,
                                              const ZoneLoader& zones, CatalogMistakes& mistakes);

  // The revision in force at `now`.
  const CatalogRevision& At(Instant now) const;
  // In the order of effective_from; at least one.
  const std::vector<std::unique_ptr<const CatalogRevision>>& revisions() const {
    return revisions_;
  }
  const quota::v1::Catalog& source() const { return source_; }

 private:
  explicit Catalog(const quota::v1::Catalog& source) : source_(source) {}

  const quota::v1::Catalog source_;
  std::vector<std::unique_ptr<const CatalogRevision>> revisions_;
};

}  // namespace quota::ledger
