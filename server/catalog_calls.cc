#include "server/catalog_calls.h"

#include <utility>

#include "server/caller.h"
#include "server/field_rules.h"
#include "server/finish_call.h"

namespace quota::server {
namespace {

// A wrong file is no fault of the request.
absl::Status AsPrecondition(const absl::Status& status) {
  if (status.code() != absl::StatusCode::kInvalidArgument &&
      status.code() != absl::StatusCode::kNotFound) {
    return status;
  }
  return absl::FailedPreconditionError(status.message());
}

}  // namespace

void GetCatalog(UnaryRpc& rpc, const ServiceContext& context, v1::GetCatalogResponse& response) {
  const auto catalog = context.engine.catalog();
  *response.mutable_catalog() = catalog->source();
  response.set_revision_in_force(catalog->At(context.clock.Now()).number());
  FinishCall(rpc, context, Method::kGetCatalog, absl::OkStatus());
}

void ReloadCatalog(UnaryRpc& rpc, const ServiceContext& context,
                   const v1::ReloadCatalogRequest& request, v1::ReloadCatalogResponse& response) {
  Caller caller;
  absl::Status status = CheckId("request_id", request.request_id());
  if (status.ok()) status = ReadCaller(rpc.context(), caller);
  if (!status.ok()) return FinishCall(rpc, context, Method::kReloadCatalog, status);
  context.engine.ReadStore(
      [&rpc, &context, &request, &response, caller = std::move(caller)](storage::Store* /*store*/) {
        const absl::StatusOr<bool> changed =
            context.engine.ReloadCatalog({.request_id = request.request_id(),
                                          .action = "ReloadCatalog",
                                          .actor = caller.actor,
                                          .peer = caller.peer});
        if (changed.ok()) {
          response.set_changed(*changed);
          response.set_revision(context.engine.catalog()->At(context.clock.Now()).number());
        }
        FinishCall(rpc, context, Method::kReloadCatalog, AsPrecondition(changed.status()));
      });
}

}  // namespace quota::server
