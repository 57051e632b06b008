#include "server/http_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "httplib.h"

namespace quota::server {
namespace {

class HttpServerTest : public ::testing::Test {
 protected:
  HttpServerTest()
      : http_(HttpPages{.metrics = [] { return std::string("a_total 1\n"); },
                        .healthy = [] { return absl::OkStatus(); },
                        .ready =
                            [this] {
                              return ready_ ? absl::OkStatus()
                                            : absl::UnavailableError("recovering");
                            }}) {}

  httplib::Result Get(const std::string& path) {
    return httplib::Client("127.0.0.1", http_.port()).Get(path);
  }

  std::atomic<bool> ready_ = false;
  HttpServer http_;
};

TEST_F(HttpServerTest, ServesItsPages) {
  ASSERT_TRUE(http_.Start({"127.0.0.1", 0}).ok());
  const auto metrics = Get("/metrics");
  ASSERT_TRUE(metrics);
  EXPECT_EQ(metrics->status, 200);
  EXPECT_EQ(metrics->body, "a_total 1\n");
  EXPECT_EQ(metrics->get_header_value("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(Get("/healthz")->status, 200);
  EXPECT_EQ(Get("/healthz")->body, "ok\n");
  EXPECT_EQ(Get("/readyz")->status, 503);
  EXPECT_EQ(Get("/readyz")->body, "recovering\n");
  ready_ = true;
  EXPECT_EQ(Get("/readyz")->status, 200);
  EXPECT_EQ(Get("/nothing")->status, 404);
}

TEST(HttpServerNoticeTest, WhatAnOperatorShouldKnowIsALineOfItsOwn) {
  HttpServer http(HttpPages{.metrics = [] { return std::string(); },
                            .healthy = [] { return absl::OkStatus(); },
                            .ready = [] { return absl::OkStatus(); },
                            .notice = [] { return std::string("mind the clock"); }});
  ASSERT_TRUE(http.Start({"127.0.0.1", 0}).ok());
  httplib::Client client("127.0.0.1", http.port());
  EXPECT_EQ(client.Get("/readyz")->status, 200);
  EXPECT_EQ(client.Get("/readyz")->body, "ok\nmind the clock\n");
}

TEST_F(HttpServerTest, APortInUseIsAnError) {
  ASSERT_TRUE(http_.Start({"127.0.0.1", 0}).ok());
  HttpServer second(HttpPages{});
  const absl::Status status = second.Start({"127.0.0.1", http_.port()});
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(status.message().find("--http-listen"), absl::string_view::npos);
}

TEST_F(HttpServerTest, StopsAtOnceAndTwice) {
  ASSERT_TRUE(http_.Start({"127.0.0.1", 0}).ok());
  http_.Stop();
  http_.Stop();
  EXPECT_FALSE(Get("/healthz"));
}

TEST_F(HttpServerTest, ManyConnectionsAtOnceAreAllAnswered) {
  ASSERT_TRUE(http_.Start({"127.0.0.1", 0}).ok());
  std::atomic<int> answered = 0;
  std::vector<std::thread> clients;
  for (int client = 0; client < 16; ++client) {
    clients.emplace_back([this, &answered] {
      for (int request = 0; request < 8; ++request) {
        if (const auto result = Get("/metrics"); result && result->status == 200) ++answered;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(answered, 16 * 8);
}

// A connection that sends what a browser would not.
class RawHttpClient {
 public:
  explicit RawHttpClient(int port) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<uint16_t>(port));
    EXPECT_EQ(connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  }
  ~RawHttpClient() { close(socket_); }
  RawHttpClient(const RawHttpClient&) = delete;
  RawHttpClient& operator=(const RawHttpClient&) = delete;

  bool Send(const std::string& bytes) {
    return send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }

 private:
  int socket_;
};

// The library keeps every header, however many there are.
TEST_F(HttpServerTest, ARequestWithoutEndIsCutOff) {
  ASSERT_TRUE(http_.Start({"127.0.0.1", 0}).ok());
  RawHttpClient client(http_.port());
  ASSERT_TRUE(client.Send("GET /metrics HTTP/1.1\r\n"));
  const std::string header = "X-Header: " + std::string(4'000, 'x') + "\r\n";
  // More than the sockets' buffers hold, so that somebody would have to read it.
  constexpr int kHeaders = 16 * 1024;
  int sent = 0;
  while (sent < kHeaders && client.Send(header)) ++sent;
  EXPECT_LT(sent, kHeaders);
}

// The library bounds the time of one read, not that of a request.
TEST_F(HttpServerTest, ClientsThatNeverFinishKeepNobodyFromAnAnswer) {
  ASSERT_TRUE(http_.Start({"127.0.0.1", 0}).ok());
  std::vector<std::unique_ptr<RawHttpClient>> slow;
  for (int i = 0; i < 60; ++i) {
    slow.push_back(std::make_unique<RawHttpClient>(http_.port()));
    ASSERT_TRUE(slow.back()->Send("GET /metrics HTTP/1.1\r\nX-Slow: "));
  }
  std::atomic<bool> answered = false;
  std::thread drip([&] {
    while (!answered) {
      for (const auto& client : slow) client->Send("a");
      std::this_thread::yield();
    }
  });
  httplib::Client client("127.0.0.1", http_.port());
  client.set_read_timeout(std::chrono::seconds(60));
  const auto health = client.Get("/healthz");
  answered = true;
  drip.join();
  ASSERT_TRUE(health);
  EXPECT_EQ(health->status, 200);
}

}  // namespace
}  // namespace quota::server
