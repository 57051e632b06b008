// From the catalog's text to the catalog: what quotad starts with, and what `quotactl catalog
// check` looks at.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/catalog.h"

namespace quota::catalog {

struct TextMistake {
  // From 1.
  int line = 0;
  std::string message;
};

// What a text comes to.
struct CheckedCatalog {
  // Null where there is a mistake.
  std::shared_ptr<const ledger::Catalog> catalog;
  // By line; at most about 1,000.
  std::vector<TextMistake> mistakes;
  // How many there are in all.
  size_t found = 0;

  // INVALID_ARGUMENT with a line "SOURCE:LINE: MESSAGE" for each mistake, or OK.
  absl::Status ToStatus(std::string_view source) const;
};

// Compiles `text`, protobuf text of a quota.v1.Catalog, and finds all of its mistakes: unknown
// fields, values of a wrong type, and what ledger::Catalog refuses. Only behind a syntax error,
// such as a missing brace, nothing more is found. Reads zones; see LoadZone.
CheckedCatalog CheckCatalog(const std::string& text);

// The text of a catalog, at most 16 MiB: INVALID_ARGUMENT where it is longer, NOT_FOUND where the
// file can't be read. `source` names it in messages.
[[nodiscard]] absl::StatusOr<std::string> ReadCatalog(std::istream& in, std::string_view source);
[[nodiscard]] absl::StatusOr<std::string> ReadCatalogFile(const std::string& path);

// CheckCatalog(text), whose mistakes are the error.
[[nodiscard]] absl::StatusOr<std::shared_ptr<const ledger::Catalog>> ParseCatalog(
    std::string_view source, const std::string& text);
// The same from a file.
[[nodiscard]] absl::StatusOr<std::shared_ptr<const ledger::Catalog>> LoadCatalogFile(
    const std::string& path);
// The one that is built in.
[[nodiscard]] absl::StatusOr<std::shared_ptr<const ledger::Catalog>> LoadDefaultCatalog();

}  // namespace quota::catalog
