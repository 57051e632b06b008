#include "tests/client/fake_quota_server.h"

#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include <algorithm>

#include "google/rpc/error_details.pb.h"

namespace quota::client {
namespace {

// 2026-01-02T00:00:00Z.
constexpr int64_t kResetsAt = 1767312000;

grpc::Status WithDetail(grpc::StatusCode code, const google::protobuf::Message& detail) {
  google::rpc::Status status;
  status.set_code(code);
  status.add_details()->PackFrom(detail);
  return grpc::Status(code, "made to fail", status.SerializeAsString());
}

grpc::Status NotFound() { return grpc::Status(grpc::StatusCode::NOT_FOUND, "not found"); }

}  // namespace

grpc::Status StatusWithReason(grpc::StatusCode code, const std::string& reason) {
  google::rpc::ErrorInfo info;
  info.set_reason(reason);
  info.set_domain("quotad");
  return WithDetail(code, info);
}

grpc::Status StatusWithRetryDelay(grpc::StatusCode code, int64_t millis) {
  google::rpc::RetryInfo info;
  info.mutable_retry_delay()->set_seconds(millis / 1000);
  info.mutable_retry_delay()->set_nanos(static_cast<int32_t>(millis % 1000 * 1'000'000));
  return WithDetail(code, info);
}

template <class Handler>
grpc::Status FakeQuotaServer::Serve(const std::string& method,
                                    const google::protobuf::Message& request, Handler handler) {
  MutexLock lock(mutex_);
  calls_[method].push_back(request.ShortDebugString());
  std::deque<Failure>& failures = failures_[method];
  if (failures.empty()) return handler();
  const Failure failure = failures.front();
  failures.pop_front();
  if (failure.hang) {
    while (!stopping_) stopping_changed_.Wait(mutex_);
    return grpc::Status::CANCELLED;
  }
  if (failure.happened) (void)handler();
  return failure.status;
}

class FakeQuotaServer::Quota final : public v1::QuotaService::Service {
 public:
  explicit Quota(FakeQuotaServer& fake) : fake_(fake) {}

  grpc::Status Reserve(grpc::ServerContext*, const v1::ReserveRequest* request,
                       v1::ReserveResponse* response) override {
    return fake_.Serve("Reserve", *request, [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
      return fake_.DoReserve(*request, response);
    });
  }

  grpc::Status Commit(grpc::ServerContext*, const v1::CommitRequest* request,
                      v1::CommitResponse* response) override {
    return fake_.Serve("Commit", *request, [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
      int64_t credits = request->credits();
      const grpc::Status status =
          fake_.End(request->org_id(), request->reservation_id(), v1::HOLD_STATE_COMMITTED,
                    request->has_credits() ? nullptr : &credits, response->mutable_usage());
      if (!status.ok()) return status;
      Org& org = fake_.orgs_[request->org_id()];
      org.used += credits;
      response->set_charged(credits);
      fake_.Fill(org, response->mutable_usage());
      return status;
    });
  }

  grpc::Status Release(grpc::ServerContext*, const v1::ReleaseRequest* request,
                       v1::ReleaseResponse* response) override {
    return fake_.Serve("Release", *request, [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
      fake_.releases_.push_back(*request);
      response->set_state(v1::HOLD_STATE_RELEASED);
      return fake_.End(request->org_id(), request->reservation_id(), v1::HOLD_STATE_RELEASED,
                       nullptr, response->mutable_usage());
    });
  }

  grpc::Status Extend(grpc::ServerContext*, const v1::ExtendRequest* request,
                      v1::ExtendResponse* response) override {
    return fake_.Serve("Extend", *request, [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
      if (!fake_.holds_.contains(request->reservation_id())) return NotFound();
      response->mutable_expires_at()->set_seconds(kResetsAt + request->ttl().seconds());
      fake_.Fill(fake_.orgs_[request->org_id()], response->mutable_usage());
      return grpc::Status::OK;
    });
  }

  grpc::Status Charge(grpc::ServerContext*, const v1::ChargeRequest* request,
                      v1::ChargeResponse* response) override {
    return fake_.Serve("Charge", *request, [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
      Org& org = fake_.orgs_[request->org_id()];
      const bool fits = org.used + org.held + request->credits() <= org.allotment;
      response->set_decision(fits ? v1::DECISION_GRANTED : v1::DECISION_CREDITS_EXHAUSTED);
      if (fits) org.used += request->credits();
      response->set_charged(fits ? request->credits() : 0);
      fake_.Fill(org, response->mutable_usage());
      return grpc::Status::OK;
    });
  }

  grpc::Status GetUsage(grpc::ServerContext*, const v1::GetUsageRequest* request,
                        v1::GetUsageResponse* response) override {
    return fake_.Serve("GetUsage", *request, [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
      const auto found = fake_.orgs_.find(request->org_id());
      if (found == fake_.orgs_.end()) return NotFound();
      response->set_org_id(request->org_id());
      response->set_edition("enterprise");
      response->set_model(v1::MODEL_API_CREDITS);
      response->set_model_reason("signed up under credits");
      response->mutable_allotment_by_source()->set_base(found->second.allotment);
      response->mutable_used_by_source()->set_base(found->second.used);
      response->set_used_percent(12.5);
      response->mutable_day_starts_at()->set_seconds(kResetsAt - 86400);
      response->set_time_zone("Etc/UTC");
      fake_.Fill(found->second, response->mutable_usage());
      return grpc::Status::OK;
    });
  }

 private:
  FakeQuotaServer& fake_;
};

class FakeQuotaServer::Admin final : public v1::QuotaAdmin::Service {
 public:
  explicit Admin(FakeQuotaServer& fake) : fake_(fake) {}

  grpc::Status CreateOrg(grpc::ServerContext*, const v1::CreateOrgRequest* request,
                         v1::Org* response) override {
    return fake_.Serve("CreateOrg", *request, [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
      fake_.last_create_ = *request;
      Org& org = fake_.orgs_[request->org_id()];
      org.allotment = 100'000;
      org.limit = 25;
      org.org.set_org_id(request->org_id());
      org.org.set_edition(request->edition());
      org.org.set_agents(request->agents());
      org.org.set_revision(1);
      org.org.set_time_zone("Etc/UTC");
      org.org.mutable_allotment_by_source()->set_base(100'000);
      org.org.mutable_allotment_by_source()->set_variable(12'000);
      v1::PoolLimit* pool = org.org.add_pools();
      pool->set_name("main");
      pool->set_limit(25);
      *response = org.org;
      return grpc::Status::OK;
    });
  }

  grpc::Status GetOrg(grpc::ServerContext*, const v1::GetOrgRequest* request,
                      v1::Org* response) override {
    return Change("GetOrg", *request, response, [](v1::Org&) {});
  }

  grpc::Status ListOrgs(grpc::ServerContext*, const v1::ListOrgsRequest* request,
                        v1::ListOrgsResponse* response) override {
    return fake_.Serve("ListOrgs", *request, [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
      const int size = request->page_size() == 0 ? 100 : request->page_size();
      for (auto org = fake_.orgs_.upper_bound(request->page_token()); org != fake_.orgs_.end();
           ++org) {
        if (response->orgs_size() == size) {
          response->set_next_page_token(response->orgs(size - 1).org_id());
          break;
        }
        *response->add_orgs() = org->second.org;
      }
      return grpc::Status::OK;
    });
  }

  grpc::Status SetEdition(grpc::ServerContext*, const v1::SetEditionRequest* request,
                          v1::Org* response) override {
    return Change("SetEdition", *request, response,
                  [&](v1::Org& org) { org.set_edition(request->edition()); });
  }

  grpc::Status SetAgents(grpc::ServerContext*, const v1::SetAgentsRequest* request,
                         v1::Org* response) override {
    return Change("SetAgents", *request, response, [&](v1::Org& org) {
      org.set_agents(request->agents());
      if (request->has_light_agents()) org.set_light_agents(request->light_agents());
    });
  }

  grpc::Status PurchaseCredits(grpc::ServerContext*, const v1::PurchaseCreditsRequest* request,
                               v1::PurchaseCreditsResponse* response) override {
    {
      MutexLock lock(fake_.mutex_);
      fake_.last_purchase_ = *request;
    }
    return Change("PurchaseCredits", *request, response->mutable_org(), [&](v1::Org& org) {
      v1::Purchase* purchase = org.add_purchases();
      purchase->set_purchase_id(request->purchase_id());
      purchase->mutable_pack()->set_credits(request->pack_credits());
      *purchase->mutable_last_day() = request->last_day();
      *response->mutable_purchase() = *purchase;
    });
  }

  grpc::Status SetConcurrencyLimit(grpc::ServerContext*,
                                   const v1::SetConcurrencyLimitRequest* request,
                                   v1::Org* response) override {
    {
      MutexLock lock(fake_.mutex_);
      fake_.last_limit_ = *request;
    }
    return Change("SetConcurrencyLimit", *request, response, [](v1::Org&) {});
  }

  // A position, the events behind the request's, and then the next failure or UNAVAILABLE.
  grpc::Status WatchEvents(grpc::ServerContext*, const v1::WatchEventsRequest* request,
                           grpc::ServerWriter<v1::WatchEventsResponse>* writer) override {
    std::vector<v1::Event> events;
    {
      MutexLock lock(fake_.mutex_);
      events = fake_.events_;
    }
    v1::WatchEventsResponse response;
    size_t next = request->position().empty() ? 0 : std::stoul(request->position());
    response.set_position(std::to_string(next));
    writer->Write(response);
    for (; next < events.size(); ++next) {
      *response.mutable_event() = events[next];
      response.set_position(std::to_string(next + 1));
      writer->Write(response);
    }
    return fake_.Serve("WatchEvents", *request, [] {
      return grpc::Status(grpc::StatusCode::UNAVAILABLE, "the stream ends");
    });
  }

 private:
  template <class Request, class Changer>
  grpc::Status Change(const std::string& method, const Request& request, v1::Org* response,
                      Changer change) {
    return fake_.Serve(method, request, [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
      const auto found = fake_.orgs_.find(request.org_id());
      if (found == fake_.orgs_.end()) return NotFound();
      change(found->second.org);
      *response = found->second.org;
      return grpc::Status::OK;
    });
  }

  FakeQuotaServer& fake_;
};

FakeQuotaServer::FakeQuotaServer()
    : quota_(std::make_unique<Quota>(*this)), admin_(std::make_unique<Admin>(*this)) {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(quota_.get());
  builder.RegisterService(admin_.get());
  server_ = builder.BuildAndStart();
  target_ = "127.0.0.1:" + std::to_string(port);
}

FakeQuotaServer::~FakeQuotaServer() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    stopping_changed_.NotifyAll();
  }
  server_->Shutdown();
}

std::shared_ptr<grpc::Channel> FakeQuotaServer::InProcessChannel() {
  return server_->InProcessChannel(grpc::ChannelArguments());
}

void FakeQuotaServer::SetServing(bool serving) {
  server_->GetHealthCheckService()->SetServingStatus(serving);
}

void FakeQuotaServer::AddOrg(const std::string& org_id, int64_t allotment, int64_t limit) {
  MutexLock lock(mutex_);
  Org& org = orgs_[org_id];
  org.org.set_org_id(org_id);
  org.org.set_edition("enterprise");
  org.org.set_revision(1);
  org.org.mutable_allotment_by_source()->set_base(allotment);
  org.allotment = allotment;
  org.limit = limit;
}

void FakeQuotaServer::AddEvent(v1::Event event) {
  MutexLock lock(mutex_);
  events_.push_back(std::move(event));
}

void FakeQuotaServer::FailNext(const std::string& method, grpc::Status status, bool happened) {
  MutexLock lock(mutex_);
  failures_[method].push_back({std::move(status), happened, false});
}

void FakeQuotaServer::HangNext(const std::string& method) {
  MutexLock lock(mutex_);
  failures_[method].push_back({grpc::Status::CANCELLED, false, true});
}

void FakeQuotaServer::Fill(const Org& org, v1::Snapshot* usage) const {
  usage->set_allotment(org.allotment);
  usage->set_used(org.used);
  usage->set_held(org.held);
  usage->set_remaining(std::max<int64_t>(org.allotment - org.used - org.held, 0));
  usage->mutable_resets_at()->set_seconds(kResetsAt);
  usage->clear_pools();
  v1::PoolUsage* pool = usage->add_pools();
  pool->set_name("main");
  pool->set_limit(org.limit);
  pool->set_in_flight(org.in_flight);
}

grpc::Status FakeQuotaServer::DoReserve(const v1::ReserveRequest& request,
                                        v1::ReserveResponse* response) {
  reserves_.push_back(request);
  const auto found = orgs_.find(request.org_id());
  if (found == orgs_.end()) {
    response->set_decision(v1::DECISION_ORG_UNKNOWN);
    return grpc::Status::OK;
  }
  Org& org = found->second;
  const auto hold = holds_.find(request.reservation_id());
  const bool check = request.mode() == v1::RESERVE_MODE_CHECK_ONLY;
  if (!check && hold != holds_.end()) {
    response->set_decision(v1::DECISION_GRANTED);
    response->set_credits(hold->second.credits);
    response->set_state(hold->second.state);
    response->set_repeated(true);
  } else if (org.used + org.held + request.credits() > org.allotment) {
    response->set_decision(v1::DECISION_CREDITS_EXHAUSTED);
  } else if (org.in_flight >= org.limit) {
    response->set_decision(v1::DECISION_CONCURRENCY_EXHAUSTED);
    response->set_exhausted_pool("main");
  } else {
    response->set_decision(v1::DECISION_GRANTED);
    response->set_credits(request.credits());
    if (!check) {
      response->set_state(v1::HOLD_STATE_OPEN);
      response->mutable_expires_at()->set_seconds(kResetsAt - 60);
      org.held += request.credits();
      ++org.in_flight;
      org.most_in_flight = std::max(org.most_in_flight, org.in_flight);
      holds_[request.reservation_id()] = {request.org_id(), request.credits()};
    }
  }
  Fill(org, response->mutable_usage());
  return grpc::Status::OK;
}

grpc::Status FakeQuotaServer::End(const std::string& org_id, const std::string& id,
                                  v1::HoldState state, int64_t* credits, v1::Snapshot* usage) {
  const auto hold = holds_.find(id);
  if (hold == holds_.end() || hold->second.org_id != org_id) return NotFound();
  if (hold->second.state != v1::HOLD_STATE_OPEN) {
    return grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, "the reservation has ended");
  }
  Org& org = orgs_[org_id];
  org.held -= hold->second.credits;
  --org.in_flight;
  hold->second.state = state;
  if (credits != nullptr) *credits = hold->second.credits;
  Fill(org, usage);
  return grpc::Status::OK;
}

int64_t FakeQuotaServer::used(const std::string& org_id) const {
  MutexLock lock(mutex_);
  return orgs_.at(org_id).used;
}

int64_t FakeQuotaServer::held(const std::string& org_id) const {
  MutexLock lock(mutex_);
  return orgs_.at(org_id).held;
}

int64_t FakeQuotaServer::most_in_flight(const std::string& org_id) const {
  MutexLock lock(mutex_);
  return orgs_.at(org_id).most_in_flight;
}

std::vector<std::string> FakeQuotaServer::Calls(const std::string& method) const {
  MutexLock lock(mutex_);
  const auto found = calls_.find(method);
  return found == calls_.end() ? std::vector<std::string>() : found->second;
}

std::vector<v1::ReserveRequest> FakeQuotaServer::reserves() const {
  MutexLock lock(mutex_);
  return reserves_;
}

std::vector<v1::ReleaseRequest> FakeQuotaServer::releases() const {
  MutexLock lock(mutex_);
  return releases_;
}

v1::CreateOrgRequest FakeQuotaServer::last_create() const {
  MutexLock lock(mutex_);
  return last_create_;
}

v1::PurchaseCreditsRequest FakeQuotaServer::last_purchase() const {
  MutexLock lock(mutex_);
  return last_purchase_;
}

v1::SetConcurrencyLimitRequest FakeQuotaServer::last_limit() const {
  MutexLock lock(mutex_);
  return last_limit_;
}

}  // namespace quota::client
