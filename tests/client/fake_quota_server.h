// A quota service for the tests of its clients: a few rules over maps, and errors on demand.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/server.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "common/mutex.h"
#include "google/rpc/status.pb.h"
#include "quota/v1/admin.grpc.pb.h"
#include "quota/v1/quota.grpc.pb.h"

namespace quota::client {

// An error with google.rpc details, as quotad sends it.
grpc::Status StatusWithReason(grpc::StatusCode code, const std::string& reason);
grpc::Status StatusWithRetryDelay(grpc::StatusCode code, int64_t millis);

// Serves on a free port of 127.0.0.1 from its construction on. Thread-safe.
class FakeQuotaServer {
 public:
  FakeQuotaServer();
  ~FakeQuotaServer();

  // host:port.
  const std::string& target() const { return target_; }
  std::shared_ptr<grpc::Channel> InProcessChannel();
  void SetServing(bool serving);

  void AddOrg(const std::string& org_id, int64_t allotment, int64_t limit = 10);
  // What WatchEvents tells; its position is the number of events that were told.
  void AddEvent(v1::Event event);
  // The next call of this method ("Reserve", "GetOrg", ...) ends in `status`; several are used up
  // one a call. `happened`: after it was done all the same.
  void FailNext(const std::string& method, grpc::Status status, bool happened = false);
  // The next call of this method is not answered before the server stops.
  void HangNext(const std::string& method);

  int64_t used(const std::string& org_id) const;
  int64_t held(const std::string& org_id) const;
  // The most calls that were in flight at a time.
  int64_t most_in_flight(const std::string& org_id) const;
  // All requests of a method, those that were made to fail included, as text.
  std::vector<std::string> Calls(const std::string& method) const;
  std::vector<v1::ReserveRequest> reserves() const;
  std::vector<v1::ReleaseRequest> releases() const;
  v1::CreateOrgRequest last_create() const;
  v1::PurchaseCreditsRequest last_purchase() const;
  v1::SetConcurrencyLimitRequest last_limit() const;

 private:
  class Quota;
  class Admin;
  struct Org {
    v1::Org org;
    int64_t allotment = 0;
    int64_t used = 0;
    int64_t held = 0;
    int64_t limit = 0;
    int64_t in_flight = 0;
    int64_t most_in_flight = 0;
  };
  struct Hold {
    std::string org_id;
    int64_t credits = 0;
    v1::HoldState state = v1::HOLD_STATE_OPEN;
  };
  struct Failure {
    grpc::Status status;
    bool happened = false;
    bool hang = false;
  };

  // Records the call and runs `handler` under the lock, unless the call is to fail.
  template <class Handler>
  grpc::Status Serve(const std::string& method, const google::protobuf::Message& request,
                     Handler handler) ABSL_LOCKS_EXCLUDED(mutex_);
  void Fill(const Org& org, v1::Snapshot* usage) const;
  grpc::Status DoReserve(const v1::ReserveRequest& request, v1::ReserveResponse* response)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Ends a hold; NOT_FOUND or FAILED_PRECONDITION where it can't be.
  grpc::Status End(const std::string& org_id, const std::string& id, v1::HoldState state,
                   int64_t* credits, v1::Snapshot* usage) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable Mutex mutex_;
  CondVar stopping_changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<std::string, Org> orgs_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Hold> holds_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::deque<Failure>> failures_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::vector<std::string>> calls_ ABSL_GUARDED_BY(mutex_);
  std::vector<v1::ReserveRequest> reserves_ ABSL_GUARDED_BY(mutex_);
  std::vector<v1::ReleaseRequest> releases_ ABSL_GUARDED_BY(mutex_);
  std::vector<v1::Event> events_ ABSL_GUARDED_BY(mutex_);
  v1::CreateOrgRequest last_create_ ABSL_GUARDED_BY(mutex_);
  v1::PurchaseCreditsRequest last_purchase_ ABSL_GUARDED_BY(mutex_);
  v1::SetConcurrencyLimitRequest last_limit_ ABSL_GUARDED_BY(mutex_);

  std::unique_ptr<Quota> quota_;
  std::unique_ptr<Admin> admin_;
  std::unique_ptr<grpc::Server> server_;
  std::string target_;
};

}  // namespace quota::client
