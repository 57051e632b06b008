// The RPC Backup.
#pragma once

#include "grpcpp/support/server_callback.h"
#include "quota/v1/admin.pb.h"
#include "server/service_context.h"

namespace quota::server {

// Answers from the thread that takes the backup.
grpc::ServerUnaryReactor* Backup(const ServiceContext& context, grpc::CallbackServerContext& rpc,
                                 const v1::BackupRequest& request, v1::BackupResponse& response);

}  // namespace quota::server
