// GetCatalog and ReloadCatalog.
#pragma once

#include "grpcpp/support/server_callback.h"
#include "quota/v1/admin.pb.h"
#include "server/service_context.h"

namespace quota::server {

grpc::ServerUnaryReactor* GetCatalog(const ServiceContext& context,
                                     grpc::CallbackServerContext& rpc,
                                     v1::GetCatalogResponse& response);

// Reads the file on the reader's thread.
grpc::ServerUnaryReactor* ReloadCatalog(const ServiceContext& context,
                                        grpc::CallbackServerContext& rpc,
                                        const v1::ReloadCatalogRequest& request,
                                        v1::ReloadCatalogResponse& response);

}  // namespace quota::server
