#include "tests/fakes/test_catalog.h"

#include <google/protobuf/text_format.h>

#include <cstdio>
#include <string>

#include "common/absl_view.h"
#include "common/check.h"

namespace quota::test {
namespace {

constexpr char kSource[] = R"pb(
  number: 1
  default_ttl { seconds: 60 }
  max_ttl { seconds: 3600 }
  editions { name: "free" base_credits: 5000 concurrency_limit: 5 }
  editions { name: "express" base_credits: 25000 credits_per_agent: 100 concurrency_limit: 10 }
  editions { name: "standard" base_credits: 50000 credits_per_agent: 250 concurrency_limit: 10 }
  editions { name: "professional" base_credits: 75000 credits_per_agent: 500 concurrency_limit: 15 }
  editions {
    name: "enterprise"
    aliases: [ "zoho-one", "crmplus" ]
    base_credits: 100000
    credits_per_agent: 1000
    concurrency_limit: 25
  }
  editions {
    name: "tiny"
    base_credits: 100
    credits_per_agent: 10
    concurrency_limit: 3
    additional_credits_ceiling: 50
  }
  editions { name: "small" base_credits: 50 credits_per_agent: 5 concurrency_limit: 2 }
  editions { name: "none" concurrency_limit: 1 }
  data_centers { name: "utc" time_zone: "UTC" }
  data_centers { name: "us" time_zone: "America/New_York" }
  data_centers { name: "eu" time_zone: "Europe/Amsterdam" }
  data_centers { name: "in" time_zone: "Asia/Kolkata" }
  data_centers { name: "br" time_zone: "America/Sao_Paulo" }
  pools { name: "heavy" concurrency_limit: 2 }
  prices { methods: "tickets.get" flat: 1 }
  prices {
    methods: "tickets.list"
    steps {
      attribute: "from"
      default_value: 0
      steps { up_to: 2000 credits: 3 }
      steps { up_to: 10000 credits: 5 }
      steps { up_to: 50000 credits: 10 }
      steps { up_to: 100000 credits: 50 }
      steps { credits: 100 }
    }
  }
  prices {
    methods: "tickets.write"
    per_unit { attribute: "records" credits: 1 units: 2 }
  }
  prices {
    methods: "tickets.delete"
    per_unit { attribute: "records" credits: 6 }
    pool: "heavy"
  }
  prices { methods: "tickets.count" flat: 50 }
  prices { methods: "reports.*" flat: 25 pool: "heavy" }
)pb";

}  // namespace

quota::v1::CatalogRevision TestCatalogSource() {
  quota::v1::CatalogRevision source;
  QUOTA_CHECK(google::protobuf::TextFormat::ParseFromString(kSource, &source));
  return source;
}

std::shared_ptr<const ledger::Catalog> BuildCatalog(const quota::v1::CatalogRevision& source) {
  quota::v1::Catalog whole;
  *whole.add_revisions() = source;
  auto catalog = ledger::Catalog::Build(whole, LoadZone);
  if (!catalog.ok()) std::fprintf(stderr, "%s\n", catalog.status().ToString().c_str());
  QUOTA_CHECK(catalog.ok());
  return *std::move(catalog);
}

std::shared_ptr<const ledger::Catalog> TestCatalog() { return BuildCatalog(TestCatalogSource()); }

std::optional<absl::TimeZone> LoadZone(std::string_view name) {
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(AbslView(name), &zone)) return std::nullopt;
  return zone;
}

}  // namespace quota::test
