// The whole server on free ports, as main starts it, and a client of it; for tests.
#pragma once

#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "catalog/catalog_loader.h"
#include "httplib.h"
#include "quota/v1/admin.grpc.pb.h"
#include "quota/v1/quota.grpc.pb.h"
#include "server/server.h"
#include "storage/rocksdb/rocksdb_store.h"

namespace quota::server {

// Opens, or makes, a store there.
inline StoreOpener Folder(const std::string& path) {
  return [path] { return storage::RocksDbStore::Open({.path = path, .create_if_missing = true}); };
}

// A server on free ports, and a client of it.
class RunningServer {
 public:
  RunningServer(const Clock& clock, StoreOpener open_store)
      : server_(Options(), *catalog::LoadDefaultCatalog(), clock, std::move(open_store)) {
    const absl::Status started = server_.Start();
    EXPECT_TRUE(started.ok()) << started;
    channel = grpc::CreateChannel("127.0.0.1:" + std::to_string(server_.grpc_port()),
                                  grpc::InsecureChannelCredentials());
    quota = v1::QuotaService::NewStub(channel);
    admin = v1::QuotaAdmin::NewStub(channel);
  }

  static ServerOptions Options() {
    ServerOptions options;
    options.grpc = {"127.0.0.1", 0};
    options.http = ListenAddress{"127.0.0.1", 0};
    return options;
  }

  Server& server() { return server_; }

  void CreateOrg(const std::string& org) {
    grpc::ClientContext context;
    v1::CreateOrgRequest request;
    request.set_request_id("create-" + org);
    request.set_org_id(org);
    request.set_edition("free");
    v1::Org response;
    const grpc::Status status = admin->CreateOrg(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
  }

  grpc::Status Charge(const std::string& org, const std::string& id, int64_t credits) {
    grpc::ClientContext context;
    v1::ChargeRequest request;
    request.set_org_id(org);
    request.set_reservation_id(id);
    request.set_credits(credits);
    v1::ChargeResponse response;
    return quota->Charge(&context, request, &response);
  }

  v1::GetUsageResponse Usage(const std::string& org) {
    grpc::ClientContext context;
    v1::GetUsageRequest request;
    request.set_org_id(org);
    v1::GetUsageResponse response;
    const grpc::Status status = quota->GetUsage(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  // Of the HTTP port: the status and the body.
  std::pair<int, std::string> Get(const std::string& path) {
    const auto result = httplib::Client("127.0.0.1", server_.http_port()).Get(path);
    return result ? std::make_pair(result->status, result->body) : std::make_pair(0, "");
  }

  bool MetricsHave(const std::string& line) {
    return Get("/metrics").second.find("\n" + line) != std::string::npos;
  }

  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::QuotaService::Stub> quota;
  std::unique_ptr<v1::QuotaAdmin::Stub> admin;

 private:
  Server server_;
};

}  // namespace quota::server
