// GetCatalog and ReloadCatalog.
#pragma once

#include "quota/v1/admin.pb.h"
#include "server/service_context.h"
#include "server/unary_rpc.h"

namespace quota::server {

void GetCatalog(UnaryRpc& rpc, const ServiceContext& context, v1::GetCatalogResponse& response);

// Reads the file on the reader's thread.
void ReloadCatalog(UnaryRpc& rpc, const ServiceContext& context,
                   const v1::ReloadCatalogRequest& request, v1::ReloadCatalogResponse& response);

}  // namespace quota::server
