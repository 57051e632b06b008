#include "server/catalog_calls.h"

#include <utility>
#include <variant>

#include "grpcpp/server_context.h"
#include "server/caller.h"
#include "server/field_rules.h"
#include "server/grpc_status.h"

namespace quota::server {
namespace {

void End(const ServiceContext& context, Method method, const absl::Status& status,
         grpc::ServerUnaryReactor* reactor) {
  context.metrics.Count(method, Transport::kUnary, Outcome::Of(status, std::monostate()));
  reactor->Finish(ToGrpcStatus(status));
}

// A wrong file is no fault of the request.
absl::Status AsPrecondition(const absl::Status& status) {
  if (status.code() != absl::StatusCode::kInvalidArgument &&
      status.code() != absl::StatusCode::kNotFound) {
    return status;
  }
  return absl::FailedPreconditionError(status.message());
}

}  // namespace

grpc::ServerUnaryReactor* GetCatalog(const ServiceContext& context,
                                     grpc::CallbackServerContext& rpc,
                                     v1::GetCatalogResponse& response) {
  const auto catalog = context.engine.catalog();
  *response.mutable_catalog() = catalog->source();
  response.set_revision_in_force(catalog->At(context.clock.Now()).number());
  grpc::ServerUnaryReactor* reactor = rpc.DefaultReactor();
  End(context, Method::kGetCatalog, absl::OkStatus(), reactor);
  return reactor;
}

grpc::ServerUnaryReactor* ReloadCatalog(const ServiceContext& context,
                                        grpc::CallbackServerContext& rpc,
                                        const v1::ReloadCatalogRequest& request,
                                        v1::ReloadCatalogResponse& response) {
  grpc::ServerUnaryReactor* reactor = rpc.DefaultReactor();
  if (absl::Status status = CheckId("request_id", request.request_id()); !status.ok()) {
    End(context, Method::kReloadCatalog, status, reactor);
    return reactor;
  }
  Caller caller;
  if (absl::Status status = ReadCaller(rpc, caller); !status.ok()) {
    End(context, Method::kReloadCatalog, status, reactor);
    return reactor;
  }
  context.engine.ReadStore([&context, &request, &response, reactor,
                            caller = std::move(caller)](storage::Store* /*store*/) {
    const absl::StatusOr<bool> changed =
        context.engine.ReloadCatalog({.request_id = request.request_id(),
                                      .action = "ReloadCatalog",
                                      .actor = caller.actor,
                                      .peer = caller.peer});
    if (changed.ok()) {
      response.set_changed(*changed);
      response.set_revision(context.engine.catalog()->At(context.clock.Now()).number());
    }
    End(context, Method::kReloadCatalog, AsPrecondition(changed.status()), reactor);
  });
  return reactor;
}

}  // namespace quota::server
