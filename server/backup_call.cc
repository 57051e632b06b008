#include "server/backup_call.h"

#include "common/status.h"
#include "server/caller.h"
#include "server/field_rules.h"
#include "server/finish_call.h"
#include "server/proto_time.h"
#include "storage/backup/backup.h"

namespace quota::server {
namespace {

void Write(const storage::BackupManifest& manifest, v1::BackupResponse& response) {
  response.set_bytes(static_cast<int64_t>(manifest.bytes()));
  response.set_files(static_cast<int64_t>(manifest.files.size()));
  response.set_path(manifest.folder);
  WriteTimestamp(manifest.taken_at, *response.mutable_taken_at());
  WriteDuration(manifest.duration, *response.mutable_duration());
}

absl::Status Read(UnaryRpc& rpc, const v1::BackupRequest& request, BackupRequest& out) {
  QUOTA_RETURN_IF_ERROR(CheckId("request_id", request.request_id()));
  if (!storage::IsBackupName(request.name())) {
    return InvalidField("name",
                        "it must be 1 to 64 letters, digits, '-', '_' and '.', and begin with none "
                        "of '-' and '.'");
  }
  Caller caller;
  QUOTA_RETURN_IF_ERROR(ReadCaller(rpc.context(), caller));
  out = {request.name(), request.request_id(), caller.actor, caller.peer};
  return absl::OkStatus();
}

}  // namespace

void Backup(UnaryRpc& rpc, const ServiceContext& context, const v1::BackupRequest& request,
            v1::BackupResponse& response) {
  BackupRequest wanted;
  if (absl::Status status = Read(rpc, request, wanted); !status.ok()) {
    return FinishCall(rpc, context, Method::kBackup, status);
  }
  context.engine.Backup(wanted, [&rpc, &context, &response](const auto& manifest) {
    if (manifest.ok()) Write(*manifest, response);
    FinishCall(rpc, context, Method::kBackup, manifest.status());
  });
}

}  // namespace quota::server
