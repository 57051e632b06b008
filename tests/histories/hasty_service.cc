#include "tests/histories/hasty_service.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <optional>

namespace quota::test {

HastyService::HastyService(const std::string& behind, int64_t allotment, Lock lock)
    : behind_(behind), allotment_(allotment), lock_(lock) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
  EXPECT_NE(server_, nullptr);
}

HastyService::~HastyService() {
  if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now());
}

grpc::Status HastyService::Charge(grpc::ServerContext*, const v1::ChargeRequest* request,
                                  v1::ChargeResponse* response) {
  if (lock_ == Lock::kNone) return CheckAndAct(*request, *response);
  MutexLock lock(calls_mutex_);
  return CheckAndAct(*request, *response);
}

grpc::Status HastyService::GetUsage(grpc::ServerContext*, const v1::GetUsageRequest* request,
                                    v1::GetUsageResponse* response) {
  const auto usage = behind_.GetUsage(request->org_id());
  *response = usage.response;
  Shrink(*response->mutable_usage());
  return usage.status;
}

grpc::Status HastyService::CheckAndAct(const v1::ChargeRequest& request,
                                       v1::ChargeResponse& response) {
  auto usage = behind_.GetUsage(request.org_id());
  if (!usage.ok()) return usage.status;
  Shrink(*usage.response.mutable_usage());
  v1::ChargeRequest granted = request;
  granted.set_mode(v1::RESERVE_MODE_NORMAL);
  if (request.credits() > usage->usage().remaining()) {
    response.set_decision(v1::DECISION_CREDITS_EXHAUSTED);
    *response.mutable_usage() = usage->usage();
    return grpc::Status::OK;
  }
  if (lock_ == Lock::kNone) WaitForAnother();
  const auto charge = behind_.Charge(granted);
  response = charge.response;
  Shrink(*response.mutable_usage());
  return charge.status;
}

void HastyService::WaitForAnother() {
  // Longer than the other needs to come, mostly; all that depends on it is how soon a history shows
  // the bug.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(50);
  MutexLock lock(mutex_);
  const uint64_t before = checked_++;
  changed_.NotifyAll();
  while (checked_ <= before + 1) {
    const auto left = deadline - std::chrono::steady_clock::now();
    if (left <= left.zero()) return;
    changed_.WaitFor(mutex_, std::chrono::duration_cast<std::chrono::microseconds>(left));
  }
}

void HastyService::Shrink(v1::Snapshot& usage) const {
  usage.set_allotment(allotment_);
  usage.set_remaining(std::max<int64_t>(0, allotment_ - usage.used() - usage.held()));
}

}  // namespace quota::test
