// A quota service that checks and then acts: a bug to be caught. It stands before a real server,
// and gives each organisation a smaller allotment than that: whether a Charge fits into it is
// decided from GetUsage, and then it is charged regardless of what came between.
//
//   HastyService hasty(server.target(), /*allotment=*/20, HastyService::Lock::kNone);
//   hasty.target()
#pragma once

#include <grpcpp/server.h>

#include <cstdint>
#include <memory>
#include <string>

#include "common/mutex.h"
#include "tests/integration/quota_calls.h"

namespace quota::test {

// Knows Charge and GetUsage.
class HastyService final : public v1::QuotaService::Service {
 public:
  enum class Lock {
    kNone,
    // One call at a time: then there is no bug.
    kEachCall,
  };

  HastyService(const std::string& behind, int64_t allotment, Lock lock);
  ~HastyService() override;

  std::string target() const { return "127.0.0.1:" + std::to_string(port_); }

  grpc::Status Charge(grpc::ServerContext* context, const v1::ChargeRequest* request,
                      v1::ChargeResponse* response) override;
  grpc::Status GetUsage(grpc::ServerContext* context, const v1::GetUsageRequest* request,
                        v1::GetUsageResponse* response) override;

 private:
  grpc::Status CheckAndAct(const v1::ChargeRequest& request, v1::ChargeResponse& response);
  // Blocks until another call is between its check and its act, too, or a moment has passed: what
  // would happen seldom happens in every history.
  void WaitForAnother();
  void Shrink(v1::Snapshot& usage) const;

  QuotaCalls behind_;
  const int64_t allotment_;
  const Lock lock_;
  Mutex calls_mutex_;
  Mutex mutex_;
  CondVar changed_;
  uint64_t checked_ ABSL_GUARDED_BY(mutex_) = 0;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

}  // namespace quota::test
