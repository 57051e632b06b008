#include "server/health_service.h"

#include <memory>
#include <optional>
#include <utility>

#include "server/stream_rpc.h"
#include "server/unary_rpc.h"

namespace quota::server {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

// A stream of Watch: writes the latest state where it differs from the last one written. The RPC's
// events and news meet here on their own threads, and each calls Advance.
class HealthService::Watch final : public StreamReactor,
                                   public std::enable_shared_from_this<Watch> {
 public:
  using Rpc = WriterRpc<HealthCheckRequest, HealthCheckResponse>;

  static StreamReactor* Start(Rpc& rpc, HealthService& health, const std::string& service) {
    const auto watch = std::make_shared<Watch>(rpc, health, service);
    grpc::Status refusal;
    {
      MutexLock lock(health.mutex_);
      if (health.ended_) {
        refusal = {grpc::StatusCode::UNAVAILABLE, "quotad is shutting down"};
      } else if (health.watches_.size() >= kMaxWatches) {
        refusal = {grpc::StatusCode::RESOURCE_EXHAUSTED, "too many streams of Watch are open"};
      } else {
        health.watches_.Add(watch);
      }
      MutexLock own(watch->mutex_);
      watch->self_ = watch;
      watch->latest_ = health.StateOf(service);
    }
    if (!refusal.ok()) watch->End(refusal);
    watch->Advance();
    return watch.get();
  }

  Watch(Rpc& rpc, HealthService& health, std::string service)
      : rpc_(rpc), health_(health), service_(std::move(service)) {}

  const std::string& service() const { return service_; }

  void Tell(const HealthCheckResponse& state) {
    {
      MutexLock lock(mutex_);
      latest_ = state;
    }
    Advance();
  }

  void End(const grpc::Status& status) {
    {
      MutexLock lock(mutex_);
      if (!end_) end_ = status;
    }
    Advance();
  }

  void OnWriteDone(bool ok) override {
    {
      MutexLock lock(mutex_);
      writing_ = false;
    }
    if (!ok) return OnCancel();
    Advance();
  }
  void OnCancel() override { End(grpc::Status(grpc::StatusCode::CANCELLED, "cancelled")); }
  void OnDone() override {
    health_.Remove(this);
    std::shared_ptr<Watch> last;
    MutexLock lock(mutex_);
    last.swap(self_);
  }

 private:
  void Advance() {
    std::optional<grpc::Status> finish;
    {
      MutexLock lock(mutex_);
      if (writing_ || finished_) return;
      if (end_) {
        finished_ = true;
        finish = end_;
      } else if (written_.status() == latest_.status()) {
        return;
      } else {
        writing_ = true;
        written_ = latest_;
      }
    }
    if (finish) {
      rpc_.Finish(*finish);
    } else {
      rpc_.StartWrite(written_);
    }
  }

  Rpc& rpc_;
  HealthService& health_;
  const std::string service_;

  Mutex mutex_;
  // gRPC's share.
  std::shared_ptr<Watch> self_ ABSL_GUARDED_BY(mutex_);
  HealthCheckResponse latest_ ABSL_GUARDED_BY(mutex_);
  std::optional<grpc::Status> end_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  // What gRPC writes, or has written; UNKNOWN, which is never told, before the first.
  HealthCheckResponse written_;
};

void HealthService::Listen(RpcLoop& loop) {
  ListenUnary(
      loop, *this, &HealthService::RequestCheck,
      [this](UnaryRpc& rpc, const HealthCheckRequest& request, HealthCheckResponse& response) {
        {
          MutexLock lock(mutex_);
          response = StateOf(request.service());
        }
        if (response.status() != HealthCheckResponse::SERVICE_UNKNOWN) {
          rpc.Finish(grpc::Status::OK);
        } else {
          rpc.Finish({grpc::StatusCode::NOT_FOUND, "service: the server has none such"});
        }
      });
  ListenWriter(loop, *this, &HealthService::RequestWatch,
               [this](Watch::Rpc& rpc, const HealthCheckRequest& request) {
                 return Watch::Start(rpc, *this, request.service());
               });
}

HealthCheckResponse HealthService::StateOf(const std::string& service) const {
  const auto found = serving_.find(service);
  HealthCheckResponse state;
  state.set_status(found == serving_.end() ? HealthCheckResponse::SERVICE_UNKNOWN
                   : found->second         ? HealthCheckResponse::SERVING
                                           : HealthCheckResponse::NOT_SERVING);
  return state;
}

void HealthService::Set(const std::vector<std::string>& services, bool serving) {
  std::vector<std::pair<std::shared_ptr<Watch>, HealthCheckResponse>> news;
  {
    MutexLock lock(mutex_);
    for (const std::string& service : services) serving_[service] = serving;
    for (const auto& watch : watches_.All()) news.emplace_back(watch, StateOf(watch->service()));
  }
  for (const auto& [watch, state] : news) watch->Tell(state);
}

void HealthService::EndWatches() {
  std::vector<std::shared_ptr<Watch>> watches;
  {
    MutexLock lock(mutex_);
    ended_ = true;
    watches = watches_.All();
  }
  for (const auto& watch : watches) {
    watch->End({grpc::StatusCode::UNAVAILABLE, "quotad is shutting down"});
  }
}

void HealthService::Remove(const Watch* watch) {
  MutexLock lock(mutex_);
  watches_.Remove(watch);
}

}  // namespace quota::server
