#include "server/backup_call.h"

#include <variant>

#include "common/status.h"
#include "grpcpp/server_context.h"
#include "server/caller.h"
#include "server/field_rules.h"
#include "server/grpc_status.h"
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

absl::Status Read(const grpc::CallbackServerContext& rpc, const v1::BackupRequest& request,
                  BackupRequest& out) {
  QUOTA_RETURN_IF_ERROR(CheckId("request_id", request.request_id()));
  if (!storage::IsBackupName(request.name())) {
    return InvalidField("name",
                        "it must be 1 to 64 letters, digits, '-', '_' and '.', and begin with none "
                        "of '-' and '.'");
  }
  Caller caller;
  QUOTA_RETURN_IF_ERROR(ReadCaller(rpc, caller));
  out = {request.name(), request.request_id(), caller.actor, caller.peer};
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* Backup(const ServiceContext& context, grpc::CallbackServerContext& rpc,
                                 const v1::BackupRequest& request, v1::BackupResponse& response) {
  grpc::ServerUnaryReactor* reactor = rpc.DefaultReactor();
  const auto end = [&context, reactor](const absl::Status& status) {
    context.metrics.Count(Method::kBackup, Transport::kUnary,
                          Outcome::Of(status, std::monostate()));
    reactor->Finish(ToGrpcStatus(status));
  };
  BackupRequest wanted;
  if (absl::Status status = Read(rpc, request, wanted); !status.ok()) {
    end(status);
    return reactor;
  }
  context.engine.Backup(wanted, [&response, end](const auto& manifest) {
    if (manifest.ok()) Write(*manifest, response);
    end(manifest.status());
  });
  return reactor;
}

}  // namespace quota::server
