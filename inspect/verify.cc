#include "inspect/verify.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "common/status.h"
#include "inspect/record_check.h"
#include "inspect/shard_check.h"
#include "inspect/stored_folder.h"
#include "storage/format.h"

namespace quota::inspect {
namespace {

// Damage is a finding, all else an error. False where there is nothing more to look at.
absl::StatusOr<bool> Note(const absl::Status& status, const std::string& where, Report& report) {
  if (status.ok()) return true;
  if (!absl::IsDataLoss(status)) return status;
  for (const auto line : absl::StrSplit(status.message(), '\n')) {
    report.Add(where, std::string(line));
  }
  return false;
}

absl::StatusOr<bool> CheckBackupFiles(const std::string& path,
                                      const storage::BackupManifest& manifest,
                                      const Progress& progress, Report& report) {
  uint64_t done = 0;
  QUOTA_ASSIGN_OR_RETURN(const auto problems,
                         storage::CheckFiles(path, manifest, [&](uint64_t bytes) {
                           done += bytes;
                           if (progress) progress("bytes of files", done);
                           return true;
                         }));
  for (const std::string& problem : problems) report.Add(path, problem);
  return problems.empty();
}

void CompareFormats(const storage::FormatInfo& found, const storage::FormatInfo& expected,
                    Report& report) {
  if (found.creation_id == expected.creation_id && found.shards == expected.shards) return;
  report.Add("F",
             fmt::format("the store is {} with {} shards; the backup was taken of {} with {}",
                         found.creation_id, found.shards, expected.creation_id, expected.shards));
}

}  // namespace

absl::StatusOr<Report> VerifyStore(storage::Store& store, const Progress& progress) {
  Report report;
  const auto format = storage::ReadFormat(store);
  QUOTA_ASSIGN_OR_RETURN(const bool readable, Note(format.status(), "F", report));
  if (!readable) return report;
  report.format = *format;
  RecordCheck records(store, report, format->shards);
  QUOTA_ASSIGN_OR_RETURN(const bool whole, Note(records.Run(progress), "the store", report));
  if (!whole) return report;
  for (uint32_t shard = 0; shard < format->shards; ++shard) {
    if (progress) progress("shards", shard);
    CheckShard(store, shard, records.facts()[shard], report);
  }
  return report;
}

absl::StatusOr<Report> VerifyFolder(const std::string& path, const Progress& progress) {
  Report report;
  const auto folder = FindFolder(path);
  QUOTA_ASSIGN_OR_RETURN(bool goes_on, Note(folder.status(), path, report));
  if (goes_on && folder->manifest) {
    QUOTA_ASSIGN_OR_RETURN(goes_on, CheckBackupFiles(path, *folder->manifest, progress, report));
  }
  if (!goes_on) return report;
  const auto store = OpenFolder(*folder);
  QUOTA_ASSIGN_OR_RETURN(goes_on, Note(store.status(), folder->data, report));
  if (!goes_on) return report;
  QUOTA_ASSIGN_OR_RETURN(report, VerifyStore(**store, progress));
  if (folder->manifest) CompareFormats(report.format, folder->manifest->format, report);
  return report;
}

}  // namespace quota::inspect
