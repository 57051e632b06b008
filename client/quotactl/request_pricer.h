// What the requests of a log cost by one revision of a catalog, and under which method they are
// counted.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "client/price_map.h"
#include "common/credits.h"
#include "ledger/catalog.h"

namespace quota::client {

struct PricedRequest {
  // As RequestPricer::methods() lists them.
  size_t method = 0;
  Credits credits{};
  // The pool that the call takes a slot of besides main's, as CatalogRevision::pools() lists them,
  // from 1; 0: none.
  size_t second_pool = 0;
};

// Thread safety: one thread at a time.
class RequestPricer {
 public:
  // Both must outlive the pricer.
  RequestPricer(const PriceMap& prices, const ledger::CatalogRevision& revision);

  // INVALID_ARGUMENT where the server would refuse to price the call: no price, or an attribute
  // that is missing.
  absl::StatusOr<PricedRequest> Price(std::string_view method, std::string_view path);

  // The catalog's method where the price map names one, else the rule's own text; the first stands
  // for requests without a rule. At most PriceMap::kMostRules + 1; grows with each that occurs.
  const std::vector<std::string>& methods() const { return methods_; }

 private:
  size_t MethodOf(const RequestPrice& price);

  const PriceMap& prices_;
  const ledger::CatalogRevision& revision_;
  std::vector<std::string> methods_;
  std::map<std::string, size_t> by_name_;
  // By rule.
  std::vector<std::optional<size_t>> method_of_rule_;
};

}  // namespace quota::client
