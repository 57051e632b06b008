// The catalog's text, and the names of zones.
#include "absl/time/civil_time.h"
#include "catalog/catalog_loader.h"
#include "catalog/field_positions.h"
#include "catalog/zone_loader.h"
#include "common/check.h"
#include "ledger/calendar.h"
#include "tests/fakes/simulated_clock.h"
#include "tests/fuzz/byte_source.h"
#include "tests/fuzz/fuzz_target.h"

namespace quota::catalog {

FUZZ_TARGET(catalog) {
  const CheckedCatalog checked = CheckCatalog(std::string(input));
  const absl::Status status = checked.ToStatus("fuzz");
  QUOTA_CHECK(status.ok() == (checked.catalog != nullptr));
  QUOTA_CHECK(status.ok() == checked.mistakes.empty());
  const auto lines = 1 + std::count(input.begin(), input.end(), '\n');
  for (const TextMistake& mistake : checked.mistakes) {
    QUOTA_CHECK(mistake.line >= 1 && mistake.line <= lines && !mistake.message.empty());
  }
  if (!status.ok()) return;
  const ledger::CatalogRevision& revision = checked.catalog->At(test::kNoon);
  static_cast<void>(revision.EditionNames());
  for (const std::string_view method : {"tickets.get", "tickets.list", "x"}) {
    for (const int64_t value : {int64_t{0}, int64_t{1}, kMaxCredits.value()}) {
      const auto price = revision.Price({method, {{"from", value}, {"records", value}}});
      QUOTA_CHECK(!price.ok() || price->credits >= kZeroCredits);
      QUOTA_CHECK(!price.ok() || price->credits <= kMaxCredits);
    }
  }
}

// Two bytes are a position, the rest is the text.
FUZZ_TARGET(field_position) {
  fuzz::ByteSource source(input);
  const TextPosition position = {source.Byte(), source.Byte()};
  const std::string text(source.rest());
  static_cast<void>(LinesOf(text, {"revisions[0].editions[1].name", "revisions", ""}));
  const auto statement = StatementAt(text, position);
  if (!statement) return;
  QUOTA_CHECK(statement->begin <= position && position < statement->end);
  QUOTA_CHECK(WithoutStatement(text, *statement).size() == text.size());
  static_cast<void>(Affects(*statement, "revisions[0].editions[1].name"));
}

FUZZ_TARGET(zone) { static_cast<void>(LoadZone(input)); }

}  // namespace quota::catalog
