#include "server/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status.h"
#include "prometheus/text_serializer.h"
#include "server/clock_calls.h"
#include "server/engine_metrics.h"
#include "server/file_limit.h"
#include "server/free_memory.h"
#include "server/grpc_bounds.h"
#include "server/metric_family.h"

namespace quota::server {
namespace {

// Between looks at the engine's state. A load balancer asks health about once a second.
constexpr Duration kHealthInterval = std::chrono::milliseconds(100);
// Between looks at memory that is free, and the memory in flight beyond which there is no look.
constexpr std::chrono::seconds kMemoryInterval{1};
constexpr int64_t kQuietBytes = int64_t{16} * 1024 * 1024;
// For the last answers, which gRPC has been given, to reach their clients.
constexpr Duration kFlushTime = std::chrono::seconds(1);

}  // namespace

Server::Server(ServerOptions options, std::shared_ptr<const ledger::Catalog> catalog,
               const Clock& clock, StoreOpener open_store)
    : options_(std::move(options)),
      engine_(options_.engine, std::move(catalog), clock, std::move(open_store)),
      quota_service_(ServiceContext{engine_, engine_.sessions(), engine_.watches(), clock, metrics_,
                                    engine_.ledger_clock(), in_flight_}),
      admin_service_(ServiceContext{engine_, engine_.sessions(), engine_.watches(), clock, metrics_,
                                    engine_.ledger_clock(), in_flight_}),
      listener_(ConnectionListener::DescriptorBound(FileLimit())) {}

Server::~Server() { Drain(Duration::zero()); }

absl::Status Server::Start() {
  absl::Status status = StartHttp();
  if (status.ok()) status = StartGrpc();
  if (status.ok()) status = engine_.Start();
  if (!status.ok()) {
    Drain(Duration::zero());
    return status;
  }
  // Whoever learns from here that it serves finds it so in health.
  UpdateHealth();
  return absl::OkStatus();
}

absl::Status Server::StartHttp() {
  if (!options_.http) return absl::OkStatus();
  http_ = std::make_unique<HttpServer>(HttpPages{
      .metrics = [this] { return MetricsPage(); },
      .healthy = [this] { return Healthy(); },
      .ready = [this] { return Ready(); },
      .notice = [this] { return ClockNotice(engine_.status().clock); },
  });
  return http_->Start(*options_.http);
}

absl::Status Server::StartGrpc() {
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  QUOTA_RETURN_IF_ERROR(listener_.Bind(options_.grpc));
  grpc::ServerBuilder builder;
  SetGrpcBounds(builder);
  acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      grpc::InsecureServerCredentials());
  builder.RegisterService(&quota_service_);
  builder.RegisterService(&admin_service_);
  builder.RegisterService(&health_service_);
  loops_ = AddLoops(builder);
  grpc_ = builder.BuildAndStart();
  if (grpc_ == nullptr) return absl::UnavailableError("gRPC can't start; its log tells why");
  for (const auto& loop : loops_) {
    quota_service_.Listen(*loop);
    admin_service_.Listen(*loop);
    health_service_.Listen(*loop);
    loop->Start(&engine_);
  }
  listener_.Start([this](int connection) {
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
    parameters.fd = connection;
    acceptor_->HandleNewConnection(&parameters);
  });
  UpdateHealth();
  watcher_ = std::thread([this] { Watch(); });
  return absl::OkStatus();
}

void Server::UpdateHealth() {
  MutexLock lock(health_mutex_);
  const bool serving = engine_.serving() && !draining_;
  if (serving == health_told_) return;
  health_told_ = serving;
  health_service_.Set({"", "quota.v1.QuotaService", "quota.v1.QuotaAdmin"}, serving);
}

void Server::Watch() {
  FreeMemory free_memory;
  auto memory_due = std::chrono::steady_clock::now() + kMemoryInterval;
  for (;;) {
    UpdateHealth();
    in_flight_.EndUnread();
    if (const auto now = std::chrono::steady_clock::now(); now >= memory_due) {
      memory_due = now + kMemoryInterval;
      // While there is much to do, it would soon be asked for again.
      if (in_flight_.bytes() < kQuietBytes) free_memory.Return();
    }
    MutexLock lock(health_mutex_);
    if (!health_stopped_) health_changed_.WaitFor(health_mutex_, kHealthInterval);
    if (health_stopped_) return;
  }
}

void Server::StopWatching() {
  if (!watcher_.joinable()) return;
  {
    MutexLock lock(health_mutex_);
    health_stopped_ = true;
  }
  health_changed_.NotifyAll();
  watcher_.join();
  UpdateHealth();
}

bool Server::Drain(Duration timeout) {
  if (drained_) return true;
  drained_ = true;
  draining_ = true;
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  StopWatching();
  engine_.sessions().StopGraces();
  engine_.watches().EndAll();
  health_service_.EndWatches();
  quota_service_.EndStreams();
  // gRPC's own shutdown comes last: from then on it cancels new calls without a word, while the
  // engine tells them that the server is shutting down.
  const bool in_time = engine_.Drain(timeout);
  const auto left = deadline - std::chrono::steady_clock::now();
  quota_service_.WaitForStreams(std::max(Duration::zero(), std::chrono::floor<Duration>(left)));
  // It would wait for connections, too, until their clients have answered a ping: up to its
  // deadline for one that is silent, though every call has its answer.
  const auto flush = timeout > Duration::zero() ? kFlushTime : Duration::zero();
  listener_.Stop();
  if (grpc_ != nullptr) grpc_->Shutdown(std::chrono::system_clock::now() + flush);
  for (const auto& loop : loops_) loop->Stop();
  if (http_ != nullptr) http_->Stop();
  return in_time;
}

std::string Server::MetricsPage() {
  std::vector<prometheus::MetricFamily> families = metrics_.Collect();
  for (prometheus::MetricFamily& family : EngineFamilies(engine_.status())) {
    families.push_back(std::move(family));
  }
  families.push_back(GaugeFamily("quotad_in_flight_bytes",
                                 "Memory taken by calls and batches in flight, as counted.",
                                 static_cast<double>(in_flight_.bytes())));
  families.push_back(CounterFamily("quotad_unread_calls_total",
                                   "Calls and streams cancelled while memory was short, since "
                                   "their clients did not read the answers.",
                                   static_cast<double>(in_flight_.unread())));
  families.push_back(CounterFamily("quotad_refused_connections_total",
                                   "gRPC connections closed at once: there were too many.",
                                   static_cast<double>(listener_.refused())));
  prometheus::MetricFamily build = GaugeFamily("quotad_build_info", "1, labelled by version.", 1);
  build.metric.front().label = {{"version", QUOTA_VERSION}};
  families.push_back(std::move(build));
  return prometheus::TextSerializer().Serialize(families);
}

absl::Status Server::Healthy() const {
  const EngineStatus status = engine_.status();
  if (status.state != EngineState::kStopped) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("the store is stopped: ", status.detail));
}

absl::Status Server::Ready() const {
  if (draining_) return absl::UnavailableError("shutting down");
  if (engine_.serving()) return absl::OkStatus();
  const EngineStatus status = engine_.status();
  return absl::UnavailableError(absl::StrCat(std::string(NameOf(status.state)),
                                             status.detail.empty() ? "" : ": ", status.detail));
}

}  // namespace quota::server
