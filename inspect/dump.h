// Dump: prints the journal and the accounts of a store.
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "storage/store.h"

namespace quota::inspect {

struct DumpOptions {
  bool accounts = true;
  bool journal = true;
  // Only of this organisation; empty: of all, and what concerns none.
  std::string org = {};
  // Only of this shard.
  std::optional<uint32_t> shard = std::nullopt;
  // An object a line instead of text.
  bool json = false;
};

// Prints shard by shard: accounts as they are after the journal, in the order of their creation;
// then the journal from its low-water mark, entry by entry. The memory of one shard. Where a shard
// can't be recovered, its journal is printed as far as it can be read, with the numbers of accounts
// for their names. Stops without an error once `out` has failed. Errors, after the rest is printed:
//   INVALID_ARGUMENT  there is no such shard
//   NOT_FOUND         there is no such organisation
//   DATA_LOSS         a shard could not be recovered, or a journal not be read
//   the store's
[[nodiscard]] absl::Status DumpStore(storage::Store& store, const DumpOptions& options,
                                     std::ostream& out);

}  // namespace quota::inspect
