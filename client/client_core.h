// What a Client shares with its reservations. Internal to client/.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "client/connection.h"
#include "client/release_queue.h"
#include "common/credits.h"
#include "quota/v1/quota.grpc.pb.h"

namespace quota::client {

// Thread-safe. The settling calls block for the retry budget at most.
class ClientCore {
 public:
  ClientCore(Connection connection, const ClientOptions& options);

  const Connection& connection() const { return connection_; }
  v1::QuotaService::StubInterface& stub() const { return *stub_; }
  ReleaseQueue& releases() { return releases_; }
  const ReleaseQueue& releases() const { return releases_; }

  absl::StatusOr<v1::CommitResponse> Commit(std::string_view org_id, std::string_view id,
                                            std::optional<Credits> credits) const;
  absl::StatusOr<v1::ReleaseResponse> Release(std::string_view org_id, std::string_view id) const;
  absl::StatusOr<v1::ExtendResponse> Extend(std::string_view org_id, std::string_view id,
                                            Duration ttl) const;

 private:
  const Connection connection_;
  const std::unique_ptr<v1::QuotaService::StubInterface> stub_;
  // Last: its thread uses the stub.
  ReleaseQueue releases_;
};

// The border between the times of the API and ours.
Instant FromProto(const google::protobuf::Timestamp& timestamp);
google::protobuf::Duration ToProto(Duration duration);

}  // namespace quota::client
