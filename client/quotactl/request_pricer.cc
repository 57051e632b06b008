#include "client/quotactl/request_pricer.h"

#include "common/status.h"
#include "ledger/commands.h"

namespace quota::client {
namespace {

size_t PlaceOf(ledger::Name pool, const ledger::CatalogRevision& revision) {
  if (pool.empty()) return 0;
  size_t place = 1;
  for (const ledger::CatalogPool& known : revision.pools()) {
    if (known.name == pool) return place;
    ++place;
  }
  return 0;
}

}  // namespace

RequestPricer::RequestPricer(const PriceMap& prices, const ledger::CatalogRevision& revision)
    : prices_(prices),
      revision_(revision),
      methods_({"(no rule)"}),
      method_of_rule_(prices.size()) {}

size_t RequestPricer::MethodOf(const RequestPrice& price) {
  if (!price.rule.has_value()) return 0;
  std::optional<size_t>& method = method_of_rule_[*price.rule];
  if (!method.has_value()) {
    const std::string& name = price.method.empty() ? prices_.RuleText(*price.rule) : price.method;
    const auto [known, is_new] = by_name_.emplace(name, methods_.size());
    if (is_new) methods_.push_back(name);
    method = known->second;
  }
  return *method;
}

absl::StatusOr<PricedRequest> RequestPricer::Price(std::string_view method, std::string_view path) {
  const RequestPrice price = prices_.PriceOf(method, path);
  PricedRequest priced{.method = MethodOf(price), .credits = price.credits};
  if (price.method.empty()) return priced;
  const ledger::MethodCall call{price.method, {price.attributes.begin(), price.attributes.end()}};
  QUOTA_ASSIGN_OR_RETURN(const ledger::PricedCall by_catalog, revision_.Price(call));
  priced.credits = by_catalog.credits;
  priced.second_pool = PlaceOf(by_catalog.second_pool, revision_);
  return priced;
}

}  // namespace quota::client
