// Verify: checks every record of a store, replays its journal, and recomputes every sum.
//
//   auto report = VerifyFolder("/var/lib/quotad", progress);
//   if (!report.ok()) ...              // it could not be looked at
//   if (!report->ok()) ...             // it is damaged: report->findings()
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "inspect/report.h"
#include "storage/store.h"

namespace quota::inspect {

// A data folder or a backup; of a backup, its files are compared with its manifest first. Writes
// nothing. `progress` may be null. Damage is in the report; an error says that it could not be
// looked at:
//   NOT_FOUND            there is no store or backup
//   FAILED_PRECONDITION  a quotad has it open; it is of another version, or no store of quotad
//   PERMISSION_DENIED, UNAVAILABLE  it can't be read
[[nodiscard]] absl::StatusOr<Report> VerifyFolder(const std::string& path,
                                                  const Progress& progress);

// The same of an open store that nobody writes.
[[nodiscard]] absl::StatusOr<Report> VerifyStore(storage::Store& store, const Progress& progress);

}  // namespace quota::inspect
