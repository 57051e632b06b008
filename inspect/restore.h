// Restore: a backup becomes a data folder.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "inspect/report.h"

namespace quota::inspect {

// Copies the backup to the data folder `to`, which must not exist or be empty, and verifies the
// copy; it appears under its name whole, durable and without a finding, or not at all. Until then
// it is ".NAME.restoring" beside it. `progress` may be null. What the copy has wrong is in the
// report; then, and after an error, nothing is left:
//   NOT_FOUND            `backup` holds no backup; or the parent of `to` is missing
//   ALREADY_EXISTS       there is something in `to`, or a restore is under way or was cut short;
//                        says what to do
//   DATA_LOSS            a file of the backup is damaged; names it
//   FAILED_PRECONDITION  the backup is of another version
//   PERMISSION_DENIED, RESOURCE_EXHAUSTED, UNAVAILABLE  it can't be read or written
[[nodiscard]] absl::StatusOr<Report> RestoreBackup(const std::string& backup, const std::string& to,
                                                   const Progress& progress);

}  // namespace quota::inspect
