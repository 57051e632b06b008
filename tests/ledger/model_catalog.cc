#include "tests/ledger/model_catalog.h"

#include <string>

#include "common/check.h"
#include "tests/fakes/test_catalog.h"

namespace quota::ledger {
namespace {

quota::v1::Edition& EditionOf(quota::v1::CatalogRevision& revision, const std::string& name) {
  for (auto& edition : *revision.mutable_editions()) {
    if (edition.name() == name) return edition;
  }
  QUOTA_CHECK(false);
}

void AddDataCenter(quota::v1::CatalogRevision& revision, const char* name, const char* zone,
                   const char* live_on) {
  auto* center = revision.add_data_centers();
  center->set_name(name);
  center->set_time_zone(zone);
  center->set_credits_live_on(live_on);
}

quota::v1::CatalogRevision First() {
  quota::v1::CatalogRevision revision = test::TestCatalogSource();
  AddDataCenter(revision, "soon", "Etc/GMT+8", "2025-11-20");
  AddDataCenter(revision, "later", "UTC", "2026-01-15");
  revision.set_sign_ups_on_credits_from("2025-12-10");
  return revision;
}

quota::v1::CatalogRevision Second() {
  quota::v1::CatalogRevision revision = First();
  revision.set_number(2);
  revision.set_effective_from("2025-11-13T15:00:00Z");
  EditionOf(revision, "tiny").set_base_credits(120);
  EditionOf(revision, "tiny").set_additional_credits_ceiling(70);
  EditionOf(revision, "small").set_concurrency_limit(3);
  for (auto& price : *revision.mutable_prices()) {
    if (price.methods(0) == "reports.*") price.set_flat(40);
  }
  return revision;
}

quota::v1::CatalogRevision Third() {
  quota::v1::CatalogRevision revision = Second();
  revision.set_number(3);
  revision.set_effective_from("2025-12-24T03:00:00Z");
  EditionOf(revision, "tiny").set_base_credits(80);
  EditionOf(revision, "small").set_credits_per_agent(9);
  revision.mutable_pools(0)->set_concurrency_limit(3);
  return revision;
}

}  // namespace

std::shared_ptr<const Catalog> ModelCatalog() {
  quota::v1::Catalog source;
  *source.add_revisions() = First();
  *source.add_revisions() = Second();
  *source.add_revisions() = Third();
  auto catalog = Catalog::Build(source, test::LoadZone);
  QUOTA_CHECK(catalog.ok());
  return *std::move(catalog);
}

}  // namespace quota::ledger
