#include "server/http_server.h"

#include <sys/socket.h>

#include <deque>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/mutex.h"
#include "httplib.h"

namespace quota::server {
namespace {

// A scraper and a supervisor at the same time.
constexpr int kThreads = 2;
// Connections accepted and waiting for a thread; the kernel keeps the next ones.
constexpr size_t kMaxWaiting = 64;
// Nothing that is served here has a request body.
constexpr size_t kMaxPayloadBytes = 1024;
// A client that does not read or write for so long loses its thread.
constexpr time_t kTimeoutSeconds = 5;
// Then the connection is closed, so that two scrapers can't keep both threads for ever.
constexpr size_t kRequestsPerConnection = 16;
constexpr time_t kIdleSeconds = 1;

// The library's own pool has no bound.
class BoundedTaskQueue final : public httplib::TaskQueue {
 public:
  BoundedTaskQueue() {
    for (int i = 0; i < kThreads; ++i) threads_.emplace_back([this] { Work(); });
  }

  // Called by the listening thread alone, which waits here while the queue is full.
  void enqueue(std::function<void()> task) override {
    {
      MutexLock lock(mutex_);
      while (tasks_.size() >= kMaxWaiting) has_room_.Wait(mutex_);
      tasks_.push_back(std::move(task));
    }
    has_task_.NotifyOne();
  }

  void shutdown() override {
    {
      MutexLock lock(mutex_);
      stopped_ = true;
    }
    has_task_.NotifyAll();
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  void Work() {
    for (;;) {
      std::function<void()> task;
      {
        MutexLock lock(mutex_);
        while (tasks_.empty() && !stopped_) has_task_.Wait(mutex_);
        if (tasks_.empty()) return;
        task = std::move(tasks_.front());
        tasks_.pop_front();
      }
      has_room_.NotifyOne();
      task();
    }
  }

  Mutex mutex_;
  CondVar has_task_;
  CondVar has_room_;
  std::deque<std::function<void()>> tasks_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

// The library's default shares the port with any other process that asks for it (SO_REUSEPORT): a
// second server would take half of the requests instead of failing to start.
void SetSocketOptions(socket_t socket) {
  const int yes = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
}

httplib::Server::Handler StatusPage(std::function<absl::Status()> check,
                                    std::function<std::string()> notice) {
  return [check = std::move(check), notice = std::move(notice)](const httplib::Request&,
                                                                httplib::Response& response) {
    const absl::Status status = check();
    response.status = status.ok() ? 200 : 503;
    std::string body = absl::StrCat(status.ok() ? "ok" : status.message(), "\n");
    if (const std::string line = notice(); !line.empty()) absl::StrAppend(&body, line, "\n");
    response.set_content(body, "text/plain; charset=utf-8");
  };
}

}  // namespace

void AddPages(httplib::Server& server, HttpPages pages) {
  server.set_payload_max_length(kMaxPayloadBytes);
  server.set_read_timeout(kTimeoutSeconds);
  server.set_write_timeout(kTimeoutSeconds);
  server.set_keep_alive_timeout(kIdleSeconds);
  server.set_keep_alive_max_count(kRequestsPerConnection);
  server.Get("/metrics", [metrics = std::move(pages.metrics)](const httplib::Request&,
                                                              httplib::Response& response) {
    response.set_content(metrics(), "text/plain; version=0.0.4; charset=utf-8");
  });
  server.Get("/healthz", StatusPage(std::move(pages.healthy), pages.notice));
  server.Get("/readyz", StatusPage(std::move(pages.ready), pages.notice));
}

HttpServer::HttpServer(HttpPages pages) : server_(std::make_unique<httplib::Server>()) {
  server_->new_task_queue = [] { return new BoundedTaskQueue(); };
  server_->set_socket_options(SetSocketOptions);
  AddPages(*server_, std::move(pages));
}

HttpServer::~HttpServer() { Stop(); }

absl::Status HttpServer::Start(const ListenAddress& address) {
  if (address.port == 0) {
    port_ = server_->bind_to_any_port(address.host);
  } else {
    port_ = server_->bind_to_port(address.host, address.port) ? address.port : -1;
  }
  if (port_ <= 0) {
    return absl::UnavailableError(absl::StrCat(
        "can't listen for HTTP on ", address.Text(),
        ": the port is in use, or the address is not this machine's; see --http-listen"));
  }
  listener_ = std::thread([this] {
    server_->listen_after_bind();
    ended_ = true;
  });
  // The library's stop does nothing before it runs, so that a Stop right now would wait for ever.
  while (!server_->is_running() && !ended_) std::this_thread::yield();
  return absl::OkStatus();
}

void HttpServer::Stop() {
  if (!listener_.joinable()) return;
  server_->stop();
  listener_.join();
}

}  // namespace quota::server
