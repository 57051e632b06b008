#include "server/http_server.h"

#include <gtest/gtest.h>

#include <atomic>

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

}  // namespace
}  // namespace quota::server
