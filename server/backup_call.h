// The RPC Backup.
#pragma once

#include "quota/v1/admin.pb.h"
#include "server/service_context.h"
#include "server/unary_rpc.h"

namespace quota::server {

// Answers from the thread that takes the backup.
void Backup(UnaryRpc& rpc, const ServiceContext& context, const v1::BackupRequest& request,
            v1::BackupResponse& response);

}  // namespace quota::server
