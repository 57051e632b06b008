#include "server/http_server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <deque>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/mutex.h"
#include "httplib.h"
#include "server/http_stream.h"

namespace quota::server {
namespace {

// A scraper and a supervisor at the same time, beside clients that are slow.
constexpr int kThreads = 16;
// Connections accepted and waiting for a thread; the kernel keeps the next ones.
constexpr size_t kMaxWaiting = 64;
// Nothing that is served here has a request body.
constexpr size_t kMaxPayloadBytes = 1024;
// Then the connection is closed, so that a few scrapers can't keep all threads for ever.
constexpr size_t kRequestsPerConnection = 16;
constexpr std::chrono::seconds kIdleTime{1};

// The library's own pool has no bound.
class BoundedTaskQueue final : public httplib::TaskQueue {
 public:
  // `waiting` is kept at the number of tasks that wait for a thread; outlives the queue.
  explicit BoundedTaskQueue(std::atomic<size_t>& waiting) : waiting_(waiting) {
    for (int i = 0; i < kThreads; ++i) threads_.emplace_back([this] { Work(); });
  }

  // Called by the listening thread alone, which waits here while the queue is full.
  void enqueue(std::function<void()> task) override {
    {
      MutexLock lock(mutex_);
      while (tasks_.size() >= kMaxWaiting) has_room_.Wait(mutex_);
      tasks_.push_back(std::move(task));
      waiting_.store(tasks_.size());
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
        waiting_.store(tasks_.size());
      }
      has_room_.NotifyOne();
      task();
    }
  }

  std::atomic<size_t>& waiting_;
  Mutex mutex_;
  CondVar has_task_;
  CondVar has_room_;
  std::deque<std::function<void()>> tasks_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

// The library's server, on streams that are bounded. The library bounds each read alone, so that a
// client that sends a byte now and then keeps its thread, and headers without end are all kept.
class BoundedServer final : public httplib::Server {
 public:
  BoundedServer() {
    new_task_queue = [this] { return new BoundedTaskQueue(waiting_); };
  }

  // Once bound: lets as many connections wait as the system permits. The library lets 5, and the
  // system answers those beyond after a second or more.
  void LetMoreWait() const { ::listen(svr_sock_, SOMAXCONN); }

 private:
  bool process_and_close_socket(socket_t socket) override {
    HttpStream stream(socket, waiting_);
    bool closed = false;
    bool answered = true;
    for (size_t left = kRequestsPerConnection; answered && !closed && left > 0; --left) {
      if (svr_sock_ == INVALID_SOCKET || !stream.WaitForRequest(kIdleTime)) break;
      answered = process_request(stream, /*close_connection=*/left == 1, closed, nullptr);
    }
    shutdown(socket, SHUT_RDWR);
    close(socket);
    return answered;
  }

  std::atomic<size_t> waiting_{0};
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
  server.Get("/metrics", [metrics = std::move(pages.metrics)](const httplib::Request&,
                                                              httplib::Response& response) {
    response.set_content(metrics(), "text/plain; version=0.0.4; charset=utf-8");
  });
  server.Get("/healthz", StatusPage(std::move(pages.healthy), pages.notice));
  server.Get("/readyz", StatusPage(std::move(pages.ready), pages.notice));
}

HttpServer::HttpServer(HttpPages pages) : server_(std::make_unique<BoundedServer>()) {
  server_->set_socket_options(SetSocketOptions);
  server_->set_tcp_nodelay(true);
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
  static_cast<BoundedServer&>(*server_).LetMoreWait();
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
