// What is known of the organisations of a log: the options of quotactl plan, and the columns of its
// --orgs file.
#pragma once

#include <cstddef>
#include <istream>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/credits.h"
#include "ledger/account.h"
#include "ledger/catalog.h"

namespace quota::client {

struct OrgFacts {
  // The edition is empty where it is not known; the data center never is. An organisation of which
  // nothing else is said signed up before there were credits.
  ledger::Plan plan = {};
  // Bought credits of each day.
  Credits additional = {};
};

// One thing that may be said of an organisation.
struct FactField {
  // As the column is called; the option has '-' for '_'.
  const char* name;
  // For people.
  const char* description;
  // Reads `text`, which is not empty. INVALID_ARGUMENT naming the value and the bound.
  absl::Status (*set)(std::string_view text, const ledger::CatalogRevision& revision,
                      OrgFacts& facts);
};

// All but the organisation's id.
std::span<const FactField> FactFields();

// The organisations of a file, and what counts for all others.
//
// The file is CSV with a header: a column "org" and any of FactFields(), in any order. An empty
// cell is the default's. A value with a comma stands in quotes, a quote in it doubled. Empty lines
// are skipped.
class OrgTable {
 public:
  static constexpr size_t kMostOrgs = 1'000'000;

  explicit OrgTable(OrgFacts defaults) : defaults_(std::move(defaults)) {}

  // INVALID_ARGUMENT with a line "NAME:LINE: what is wrong" for each mistake, the first hundred.
  static absl::StatusOr<OrgTable> Read(std::istream& in, std::string_view name,
                                       const ledger::CatalogRevision& revision, OrgFacts defaults);

  // Valid as long as the table.
  const OrgFacts& Of(std::string_view org_id) const;
  bool Has(std::string_view org_id) const { return facts_.contains(org_id); }
  size_t size() const { return facts_.size(); }

 private:
  friend class OrgTableReader;

  OrgFacts defaults_;
  std::map<std::string, OrgFacts, std::less<>> facts_;
};

}  // namespace quota::client
