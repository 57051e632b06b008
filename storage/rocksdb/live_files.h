// The files that make up a RocksDB database at one instant: copied while it runs, and checked. Not
// for use outside this folder.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rocksdb/db.h"
#include "storage/store.h"

namespace quota::storage {

// Store::CopyTo. Flushes the memtable first, so that little is left to the logs; files that are
// part of the copy are not deleted before it ends.
[[nodiscard]] absl::StatusOr<std::vector<CopiedFile>> CopyLiveFiles(rocksdb::DB& db,
                                                                    const std::string& folder,
                                                                    const StopCopying& stop);

// Opens the database in `folder` for reading alone: writes nothing, not even its own log. Errors as
// FromRocksDb, naming the folder; DATA_LOSS where a log's header is damaged.
[[nodiscard]] absl::StatusOr<std::unique_ptr<rocksdb::DB>> OpenForReading(
    const std::string& folder);

// Compares the checksums of every block of every table. An error for each damaged one, naming it;
// the tables that were not looked at because `stop` said so are taken for good.
[[nodiscard]] std::vector<absl::Status> DamagedTables(rocksdb::DB& db, const StopCopying& stop);

}  // namespace quota::storage
