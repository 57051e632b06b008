// ListOrgs: walks the shards, one after the other, until a page is full.
//
// A page's token (server/page_tokens.h) says where the next begins: at that account number of that
// shard. Shards and account numbers never change, so each organisation is listed once, and in the
// same order.
#pragma once

#include <chrono>
#include <cstdint>

#include "absl/status/status.h"
#include "server/page_tokens.h"
#include "server/service_context.h"
#include "server/unary_rpc.h"

namespace quota::server {

// Owns itself, as UnaryCall does. Submits one command at a time, the next from the answer of the
// one before; a shard's failure is the whole call's.
class OrgLister final : public UnaryReactor, public Call {
 public:
  static void Start(UnaryRpc& rpc, const ServiceContext& context,
                    const v1::ListOrgsRequest& request, v1::ListOrgsResponse& response);

  void OnAnswered() override;
  void OnDone() override { delete this; }

 private:
  OrgLister(UnaryRpc& rpc, const ServiceContext& context, v1::ListOrgsResponse& response);
  ~OrgLister() override = default;

  absl::Status Begin(const v1::ListOrgsRequest& request);
  void AskShard();
  // Takes the organisations of an answer over, and moves the position on.
  void TakeAnswer();
  void Complete();

  UnaryRpc& rpc_;
  const ServiceContext context_;
  CallInFlight in_flight_;
  v1::ListOrgsResponse& response_;
  const std::chrono::steady_clock::time_point started_;
  uint32_t page_size_ = 0;
  uint32_t shards_ = 0;
  OrgPosition position_;
};

}  // namespace quota::server
