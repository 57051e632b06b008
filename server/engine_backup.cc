// Engine::Backup: the backup, and its note in the audit log.

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "common/status.h"
#include "server/engine.h"

namespace quota::server {

void Engine::Backup(const BackupRequest& request, const BackupDone& done) {
  const auto record = [this, request](const storage::BackupManifest& manifest) {
    spdlog::info("backup {}: {} bytes in {} files", manifest.name, manifest.bytes(),
                 manifest.files.size());
    const absl::Status noted =
        Record(ledger::RecordBackup{.request = {.request_id = request.request_id,
                                                .action = "Backup",
                                                .actor = request.actor,
                                                .peer = request.peer},
                                    .name = manifest.name,
                                    .bytes = manifest.bytes()});
    return noted.ok() ? noted
                      : Annotate(noted, fmt::format("backup {} is there, but the audit log does "
                                                    "not have it",
                                                    manifest.name));
  };
  backups_.Take(request.name, request.request_id, record, done);
}

}  // namespace quota::server
