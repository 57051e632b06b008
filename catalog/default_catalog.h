// The built-in catalog, deploy/catalog/default.textproto, which the build puts into the program.
#pragma once

#include <string_view>

namespace quota::catalog {

// Protobuf text of a quota.v1.Catalog.
std::string_view DefaultCatalogText();

}  // namespace quota::catalog
