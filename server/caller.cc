#include "server/caller.h"

#include <algorithm>
#include <string_view>
#include <variant>

#include "common/status.h"
#include "server/field_rules.h"

namespace quota::server {
namespace {

// A name, a mail address or a service account; it is part of each audit entry.
constexpr size_t kMaxActorBytes = 256;

}  // namespace

absl::Status ReadCaller(const grpc::ServerContextBase& context, Caller& caller) {
  caller.peer = context.peer();
  const auto actor = context.client_metadata().find(kActorMetadata);
  if (actor == context.client_metadata().end()) return absl::OkStatus();
  const std::string_view name(actor->second.data(), actor->second.size());
  QUOTA_RETURN_IF_ERROR(CheckBytes(kActorMetadata, name, 0, kMaxActorBytes));
  const bool printable =
      std::all_of(name.begin(), name.end(), [](unsigned char c) { return c >= 0x20 && c != 0x7f; });
  if (!printable) return InvalidField(kActorMetadata, "it has control characters");
  caller.actor = name;
  return absl::OkStatus();
}

void NameCaller(const Caller& caller, ledger::Operation& operation) {
  std::visit(
      [&caller](auto& change) {
        if constexpr (requires { change.request.actor; }) {
          change.request.actor = caller.actor;
          change.request.peer = caller.peer;
        }
      },
      operation);
}

}  // namespace quota::server
