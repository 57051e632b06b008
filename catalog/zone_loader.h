// Time zones from the machine's tzdata.
#pragma once

#include <optional>
#include <string_view>

#include "absl/time/time.h"

namespace quota::catalog {

// Finds a zone by its IANA name in the machine's tzdata. Names that tzdata does not list, such as
// "localtime" or a path, are no zones. Thread-safe; reads files at a zone's first use, so it blocks
// for that long.
std::optional<absl::TimeZone> LoadZone(std::string_view name);

}  // namespace quota::catalog
