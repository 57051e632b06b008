// The HTTP port under clients that keep it busy.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "tests/overload/loaded_server.h"
#include "tests/overload/process_usage.h"
#include "tests/overload/scenarios.h"
#include "tests/overload/stopwatch.h"

namespace quota::test {
namespace {

using std::chrono::steady_clock;

// A connection to the HTTP port, made again whenever the server ends it.
class HttpPeer {
 public:
  explicit HttpPeer(int port) : port_(port) {}
  ~HttpPeer() { Close(); }
  HttpPeer(HttpPeer&& other) noexcept
      : port_(other.port_), socket_(std::exchange(other.socket_, -1)) {}
  HttpPeer& operator=(HttpPeer&&) = delete;

  // Sends what there is room for; connects before that where there is no connection.
  void Send(std::string_view begin, std::string_view more) {
    if (socket_ < 0) {
      Connect();
      more = begin;
    }
    if (send(socket_, more.data(), more.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
        errno != EAGAIN) {
      Close();
    }
  }

 private:
  void Connect() {
    socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<uint16_t>(port_));
    connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address));
  }

  void Close() {
    if (socket_ >= 0) close(socket_);
    socket_ = -1;
  }

  int port_;
  int socket_ = -1;
};

}  // namespace

Figures AbuseHttp(const HttpLoad& load) {
  LoadedServer server({.orgs = 10});
  Figures figures;
  double longest_page = 0;
  double longest_call = 0;
  {
    constexpr std::string_view kRequest = "GET /metrics HTTP/1.1\r\n";
    const std::string header = "x-header: " + std::string(8'000, 'y') + "\r\n";
    std::jthread abuse([&](const std::stop_token& stop) {
      std::vector<HttpPeer> peers;
      for (int i = 0; i < load.connections; ++i) peers.emplace_back(server.http_port());
      while (!stop.stop_requested()) {
        for (int i = 0; i < load.connections && !stop.stop_requested(); ++i) {
          // One in ten sends headers without end, the others a byte now and then.
          peers[i].Send(kRequest, i % 10 == 0 ? header : "a");
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
    });
    for (const auto begin = steady_clock::now(); SecondsSince(begin) < load.time.count();) {
      const auto asked = steady_clock::now();
      server.Metrics();
      longest_page = std::max(longest_page, SecondsSince(asked));
      longest_call = std::max(longest_call, server.Probe());
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }
  figures.push_back({"/metrics, longest", longest_page, "s", 5, 25});
  figures.push_back({"another client's call, longest", longest_call, "s", 1, 15});
  figures.push_back(server.PeakMemory(128));
  figures.push_back({"recovery after the load", server.RecoverySeconds(), "s", 1, 15});
  return figures;
}

}  // namespace quota::test
