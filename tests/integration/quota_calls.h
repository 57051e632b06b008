// Calls to a server, each made once: no retry hides what the server answered.
//
//   QuotaCalls calls(target);
//   Reply<v1::ReserveResponse> reply = calls.Reserve(MakeReserve("acme", "r1", 5));
//   if (reply.ok()) ... reply->decision()
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <chrono>
#include <memory>
#include <string>

#include "quota/v1/admin.grpc.pb.h"
#include "quota/v1/quota.grpc.pb.h"

namespace quota::test {

template <typename Response>
struct Reply {
  grpc::Status status;
  Response response;

  bool ok() const { return status.ok(); }
  grpc::StatusCode code() const { return status.error_code(); }
  std::string message() const { return status.error_message(); }
  const Response* operator->() const { return &response; }
};

// Owns one connection. Thread-safe.
class QuotaCalls {
 public:
  // Waits some seconds for the connection.
  explicit QuotaCalls(const std::string& target);

  Reply<v1::ReserveResponse> Reserve(const v1::ReserveRequest& request);
  Reply<v1::CommitResponse> Commit(const v1::CommitRequest& request);
  Reply<v1::ReleaseResponse> Release(const v1::ReleaseRequest& request);
  Reply<v1::ExtendResponse> Extend(const v1::ExtendRequest& request);
  Reply<v1::ChargeResponse> Charge(const v1::ChargeRequest& request);
  Reply<v1::GetUsageResponse> GetUsage(const std::string& org);

  Reply<v1::Org> CreateOrg(const v1::CreateOrgRequest& request);
  // An organisation of this edition, in the data center's zone.
  Reply<v1::Org> CreateOrg(const std::string& org, const std::string& edition);

  const std::shared_ptr<grpc::Channel>& channel() { return channel_; }
  v1::QuotaService::Stub& quota() { return *quota_; }
  v1::QuotaAdmin::Stub& admin() { return *admin_; }

 private:
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::QuotaService::Stub> quota_;
  std::unique_ptr<v1::QuotaAdmin::Stub> admin_;
};

// Makes one call: Once(calls.admin(), &v1::QuotaAdmin::Stub::GetOrg, request).
template <typename Stub, typename Request, typename Response>
Reply<Response> Once(Stub& stub,
                     grpc::Status (Stub::*rpc)(grpc::ClientContext*, const Request&, Response*),
                     const Request& request) {
  // A call that hangs is a failure of the test, not its end by ctest's timeout.
  constexpr std::chrono::seconds kDeadline{30};
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kDeadline);
  Reply<Response> reply;
  reply.status = (stub.*rpc)(&context, request, &reply.response);
  return reply;
}

v1::ReserveRequest MakeReserve(const std::string& org, const std::string& id, int64_t credits);
v1::ChargeRequest MakeCharge(const std::string& org, const std::string& id, int64_t credits);
// Without credits: what is held.
v1::CommitRequest MakeCommit(const std::string& org, const std::string& id);
v1::CommitRequest MakeCommit(const std::string& org, const std::string& id, int64_t credits);
v1::ReleaseRequest MakeRelease(const std::string& org, const std::string& id);
v1::ExtendRequest MakeExtend(const std::string& org, const std::string& id,
                             std::chrono::seconds ttl);

}  // namespace quota::test
