// The folder of an embedded store, before RocksDB sees it.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace quota::storage {

enum class FolderState { kNew, kHoldsStore };

// Looks at `path`, and creates the folder, durably, if it is missing and `create_if_missing`.
// RocksDB itself would take a folder that lost its CURRENT file for a new one and delete what is in
// it: that is found here. Errors name the folder:
//   NOT_FOUND            no store there, and `create_if_missing` is false; or the parent is missing
//   FAILED_PRECONDITION  the path is no folder; or a store is to be made, and there are other files
//   PERMISSION_DENIED    the folder can't be created, listed or written
//   DATA_LOSS            there are files of a store, but no CURRENT
//   UNAVAILABLE          any other I/O error
[[nodiscard]] absl::StatusOr<FolderState> PrepareFolder(const std::string& path,
                                                        bool create_if_missing);

// The same look, at a folder that is only to be read. OK where it holds a store; the errors above.
[[nodiscard]] absl::Status FindStore(const std::string& path);

}  // namespace quota::storage
