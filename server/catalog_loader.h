// From the catalog's text to the catalog in force: parses it, and finds zones in the machine's
// tzdata.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "ledger/catalog.h"

namespace quota::server {

// Finds a zone by its IANA name in the machine's tzdata. Names that tzdata does not list, such as
// "localtime" or a path, are no zones. Thread-safe; reads files at a zone's first use, so it blocks
// for that long.
std::optional<absl::TimeZone> LoadZone(std::string_view name);

// Compiles `text`, protobuf text of a quota.v1.Catalog. INVALID_ARGUMENT beginning with `source`,
// and naming the line or the field of the first mistake.
[[nodiscard]] absl::StatusOr<std::shared_ptr<const ledger::Catalog>> ParseCatalog(
    std::string_view source, const std::string& text);

// The same from a file of at most 16 MiB. NOT_FOUND where it can't be read.
[[nodiscard]] absl::StatusOr<std::shared_ptr<const ledger::Catalog>> LoadCatalogFile(
    const std::string& path);

// The one that is built in.
[[nodiscard]] absl::StatusOr<std::shared_ptr<const ledger::Catalog>> LoadDefaultCatalog();

}  // namespace quota::server
