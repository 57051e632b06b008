#include "tests/integration/quota_calls.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

namespace quota::test {
namespace {

std::shared_ptr<grpc::Channel> Connect(const std::string& target) {
  grpc::ChannelArguments arguments;
  // gRPC would repeat some calls by itself, and share connections between channels.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
  auto channel = grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
  // On a busy machine a connection may fail at first. Where there is no server any more, the first
  // call says so.
  constexpr std::chrono::seconds kPatience{5};
  (void)channel->WaitForConnected(std::chrono::system_clock::now() + kPatience);
  return channel;
}

using Quota = v1::QuotaService::Stub;
using Admin = v1::QuotaAdmin::Stub;

template <typename Request>
Request MakeSettle(const std::string& org, const std::string& id) {
  Request request;
  request.set_org_id(org);
  request.set_reservation_id(id);
  return request;
}

}  // namespace

QuotaCalls::QuotaCalls(const std::string& target)
    : channel_(Connect(target)),
      quota_(v1::QuotaService::NewStub(channel_)),
      admin_(v1::QuotaAdmin::NewStub(channel_)) {}

Reply<v1::ReserveResponse> QuotaCalls::Reserve(const v1::ReserveRequest& request) {
  return Once(*quota_, &Quota::Reserve, request);
}

Reply<v1::CommitResponse> QuotaCalls::Commit(const v1::CommitRequest& request) {
  return Once(*quota_, &Quota::Commit, request);
}

Reply<v1::ReleaseResponse> QuotaCalls::Release(const v1::ReleaseRequest& request) {
  return Once(*quota_, &Quota::Release, request);
}

Reply<v1::ExtendResponse> QuotaCalls::Extend(const v1::ExtendRequest& request) {
  return Once(*quota_, &Quota::Extend, request);
}

Reply<v1::ChargeResponse> QuotaCalls::Charge(const v1::ChargeRequest& request) {
  return Once(*quota_, &Quota::Charge, request);
}

Reply<v1::GetUsageResponse> QuotaCalls::GetUsage(const std::string& org) {
  v1::GetUsageRequest request;
  request.set_org_id(org);
  return Once(*quota_, &Quota::GetUsage, request);
}

Reply<v1::Org> QuotaCalls::CreateOrg(const v1::CreateOrgRequest& request) {
  return Once(*admin_, &Admin::CreateOrg, request);
}

Reply<v1::Org> QuotaCalls::CreateOrg(const std::string& org, const std::string& edition) {
  v1::CreateOrgRequest request;
  request.set_request_id("create-" + org);
  request.set_org_id(org);
  request.set_edition(edition);
  return CreateOrg(request);
}

v1::ReserveRequest MakeReserve(const std::string& org, const std::string& id, int64_t credits) {
  auto request = MakeSettle<v1::ReserveRequest>(org, id);
  request.set_credits(credits);
  return request;
}

v1::ChargeRequest MakeCharge(const std::string& org, const std::string& id, int64_t credits) {
  auto request = MakeSettle<v1::ChargeRequest>(org, id);
  request.set_credits(credits);
  return request;
}

v1::CommitRequest MakeCommit(const std::string& org, const std::string& id) {
  return MakeSettle<v1::CommitRequest>(org, id);
}

v1::CommitRequest MakeCommit(const std::string& org, const std::string& id, int64_t credits) {
  auto request = MakeCommit(org, id);
  request.set_credits(credits);
  return request;
}

v1::ReleaseRequest MakeRelease(const std::string& org, const std::string& id) {
  return MakeSettle<v1::ReleaseRequest>(org, id);
}

v1::ExtendRequest MakeExtend(const std::string& org, const std::string& id,
                             std::chrono::seconds ttl) {
  auto request = MakeSettle<v1::ExtendRequest>(org, id);
  request.mutable_ttl()->set_seconds(ttl.count());
  return request;
}

}  // namespace quota::test
