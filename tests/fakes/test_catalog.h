// A catalog for tests: the editions of docs/domain.md beside small ones whose figures fit a table.
//
//   const auto catalog = TestCatalog();
//   quota::v1::CatalogRevision source = TestCatalogSource();   // or change it first
//   source.set_number(2);
//   const auto changed = BuildCatalog(source);
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "absl/time/time.h"
#include "ledger/catalog.h"
#include "quota/v1/catalog.pb.h"

namespace quota::test {

// Revision 1, the only one.
// Editions: free, express, standard, professional, enterprise (aliases zoho-one, crmplus), with the
//   figures of docs/domain.md; tiny (base 100, 10 an agent, 3 slots, 50 additional a day at most),
//   small (50, 5, 2), none (0, 0, 1).
// Data centers: utc (UTC, the default), us (America/New_York), eu (Europe/Amsterdam), in
//   (Asia/Kolkata), br (America/Sao_Paulo).
// Pools besides main: heavy, 2 slots.
// Prices: tickets.get 1; tickets.list 3, 5, 10, 50, 100 by `from`; tickets.write 1 for every 2
//   `records`; tickets.delete 6 a record, heavy; tickets.count 50; reports.* 25, heavy.
// Time to live: 60 s by default, 1 h at most.
quota::v1::CatalogRevision TestCatalogSource();

// Aborts with the mistake where `source` has one.
std::shared_ptr<const ledger::Catalog> BuildCatalog(const quota::v1::CatalogRevision& source);

// BuildCatalog(TestCatalogSource()).
std::shared_ptr<const ledger::Catalog> TestCatalog();

// The machine's zone database.
std::optional<absl::TimeZone> LoadZone(std::string_view name);

}  // namespace quota::test
