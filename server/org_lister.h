// ListOrgs: walks the shards, one after the other, until a page is full.
//
// A page's token (server/page_tokens.h) says where the next begins: at that account number of that
// shard. Shards and account numbers never change, so each organisation is listed once, and in the
// same order.
#pragma once

#include <chrono>
#include <cstdint>

#include "absl/status/status.h"
#include "grpcpp/support/server_callback.h"
#include "server/page_tokens.h"
#include "server/service_context.h"

namespace quota::server {

// Owns itself, as UnaryCall does. Submits one command at a time, the next from the answer of the
// one before; a shard's failure is the whole call's.
class OrgLister final : public grpc::ServerUnaryReactor, public Call {
 public:
  static grpc::ServerUnaryReactor* Start(const ServiceContext& context,
                                         const v1::ListOrgsRequest* request,
                                         v1::ListOrgsResponse* response);

  void OnAnswered() override;
  void OnDone() override { delete this; }

 private:
  OrgLister(const ServiceContext& context, v1::ListOrgsResponse* response);
  ~OrgLister() override = default;

  absl::Status Begin(const v1::ListOrgsRequest& request);
  void AskShard();
  // Takes the organisations of an answer over, and moves the position on.
  void TakeAnswer();
  void Complete();

  const ServiceContext context_;
  v1::ListOrgsResponse* const response_;
  const std::chrono::steady_clock::time_point started_;
  uint32_t page_size_ = 0;
  uint32_t shards_ = 0;
  OrgPosition position_;
};

}  // namespace quota::server
