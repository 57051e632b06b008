// The HTTP port: /metrics for Prometheus, /healthz and /readyz for whoever supervises the process.
//
//   HttpServer http(pages);
//   http.Start({"127.0.0.1", 7481});
//   http.port();
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "server/listen_address.h"

namespace httplib {
class Server;
}

namespace quota::server {

// What the pages show. Called on the HTTP server's threads, several at a time.
struct HttpPages {
  // The body of /metrics, in the Prometheus text format.
  std::function<std::string()> metrics;
  // Answers /healthz and /readyz: OK is 200, and anything else 503 with the message.
  std::function<absl::Status()> healthy;
  std::function<absl::Status()> ready;
  // What an operator should know of though all is well: a line below "ok". Empty: nothing.
  std::function<std::string()> notice = [] { return std::string(); };
};

// Makes `server` answer with the pages, within the bounds that are set here: on the size of a
// request, the time of a client, and the requests of a connection.
void AddPages(httplib::Server& server, HttpPages pages);

// Owns its threads: 2 that answer and 1 that listens. Start and Stop are called by one thread.
class HttpServer {
 public:
  explicit HttpServer(HttpPages pages);
  // Stops.
  ~HttpServer();

  // Binds and begins to answer. UNAVAILABLE where the address can't be had.
  [[nodiscard]] absl::Status Start(const ListenAddress& address);

  // The bound port.
  int port() const { return port_; }

  // Answers what has been read, for 5 s at most, and closes the port.
  void Stop();

 private:
  std::unique_ptr<httplib::Server> server_;
  std::thread listener_;
  // The listener has returned.
  std::atomic<bool> ended_{false};
  int port_ = 0;
};

}  // namespace quota::server
