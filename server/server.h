// The whole server in one object, which main and the integration tests both start: the engine, the
// gRPC services with health and reflection, and the HTTP port.
//
//   Server server(options, catalog, clock, open_store);
//   if (absl::Status status = server.Start(); !status.ok()) ...
//   server.grpc_port();
//   server.Drain(std::chrono::seconds(10));
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "common/clock.h"
#include "common/mutex.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "ledger/catalog.h"
#include "server/admin_service.h"
#include "server/connection_listener.h"
#include "server/engine.h"
#include "server/health_service.h"
#include "server/http_server.h"
#include "server/listen_address.h"
#include "server/metrics.h"
#include "server/quota_service.h"
#include "server/rpc_loop.h"

namespace quota::server {

struct ServerOptions {
  // Loopback, as there is no authentication.
  ListenAddress grpc{"127.0.0.1", 7480};
  // Absent: no HTTP port.
  std::optional<ListenAddress> http = ListenAddress{"127.0.0.1", 7481};
  EngineOptions engine;
};

// Start, Drain and the destructor belong to one thread; the rest is thread-safe.
class Server {
 public:
  // `clock` outlives the server.
  Server(ServerOptions options, std::shared_ptr<const ledger::Catalog> catalog, const Clock& clock,
         StoreOpener open_store);
  // Drains without waiting.
  ~Server();

  // Opens both ports, then the store, and returns when it serves. Until then calls are answered
  // with UNAVAILABLE, and health says so. After an error nothing runs any more:
  //   INVALID_ARGUMENT  an address that can't be listened on as it is written
  //   UNAVAILABLE       a port is in use, or an address is not this machine's
  //   others            the store's: in use by another process, damaged, no permission
  [[nodiscard]] absl::Status Start();

  // The bound ports; 0 where there is none.
  int grpc_port() const { return listener_.port(); }
  int http_port() const { return http_ == nullptr ? 0 : http_->port(); }

  Engine& engine() { return engine_; }

  // Health turns to NOT_SERVING, new calls are refused with UNAVAILABLE, what was accepted is
  // answered, the store and then the ports are closed. A call that comes at the very end may find
  // itself CANCELLED; it was not made. Blocks for `timeout`, what closing the store takes, and 1 s
  // more at most for answers on their way. False where accepted calls had to be answered with
  // UNAVAILABLE because the time was up. Later calls do nothing.
  bool Drain(Duration timeout);

 private:
  absl::Status StartHttp();
  absl::Status StartGrpc();
  void Watch();
  void StopWatching();
  // Tells the health service what the engine's state is now, where that is news.
  void UpdateHealth();
  std::string MetricsPage();
  absl::Status Healthy() const;
  absl::Status Ready() const;

  const ServerOptions options_;
  Metrics metrics_;
  InFlight in_flight_;
  Engine engine_;
  QuotaService quota_service_;
  AdminService admin_service_;
  HealthService health_service_;
  ConnectionListener listener_;
  // Where the listener's connections go.
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  // Outlived by the server.
  std::vector<std::unique_ptr<RpcLoop>> loops_;
  std::unique_ptr<grpc::Server> grpc_;
  std::unique_ptr<HttpServer> http_;
  bool drained_ = false;
  std::atomic<bool> draining_{false};

  // The thread that keeps the health service up to date and looks after memory.
  std::thread watcher_;
  Mutex health_mutex_;
  CondVar health_changed_;
  bool health_stopped_ ABSL_GUARDED_BY(health_mutex_) = false;
  // What the health service was told; nothing yet.
  std::optional<bool> health_told_ ABSL_GUARDED_BY(health_mutex_);
};

}  // namespace quota::server
