#include "server/connection_listener.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <future>
#include <thread>

#include "server/file_limit.h"

namespace quota::server {
namespace {

using testing::HasSubstr;

constexpr int64_t kManyDescriptors = 1'000'000;
constexpr std::chrono::seconds kLongestWait{60};

// A client's end of a connection.
class TcpClient {
 public:
  TcpClient() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    // A test that hangs is a failure.
    const timeval patience{.tv_sec = kLongestWait.count(), .tv_usec = 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  }
  ~TcpClient() { close(socket_); }
  TcpClient(const TcpClient&) = delete;
  TcpClient& operator=(const TcpClient&) = delete;

  bool Connect(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<uint16_t>(port));
    return connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }

  // Blocks until the other side has closed.
  bool WaitForEnd() {
    char byte = 0;
    return recv(socket_, &byte, 1, 0) == 0;
  }

 private:
  int socket_;
};

// Takes one connection and closes it.
class TakenConnection {
 public:
  ConnectionListener::Take Take() {
    return [this](int connection) {
      close(connection);
      if (!taken_.exchange(true)) promise_.set_value();
    };
  }
  bool Wait() { return promise_.get_future().wait_for(kLongestWait) == std::future_status::ready; }

 private:
  std::atomic<bool> taken_{false};
  std::promise<void> promise_;
};

TEST(ConnectionListenerTest, HandsConnectionsOn) {
  TakenConnection taken;
  ConnectionListener listener(kManyDescriptors);
  ASSERT_TRUE(listener.Bind({"127.0.0.1", 0}).ok());
  ASSERT_GT(listener.port(), 0);
  TcpClient client;
  // It waits until there is somebody to take it.
  ASSERT_TRUE(client.Connect(listener.port()));
  listener.Start(taken.Take());
  EXPECT_TRUE(taken.Wait());
  EXPECT_EQ(listener.refused(), 0U);
}

int OptionOf(int connection, int level, int option) {
  int value = -1;
  socklen_t size = sizeof(value);
  getsockopt(connection, level, option, &value, &size);
  return value;
}

// No dead host can be had on one machine.
TEST(ConnectionListenerTest, TheSystemLooksForDeadHostsWithinTenSeconds) {
  std::promise<int> idle, between, probes, unacknowledged;
  ConnectionListener listener(kManyDescriptors);
  ASSERT_TRUE(listener.Bind({"127.0.0.1", 0}).ok());
  listener.Start([&](int connection) {
    const bool on = OptionOf(connection, SOL_SOCKET, SO_KEEPALIVE) == 1;
    idle.set_value(on ? OptionOf(connection, IPPROTO_TCP, TCP_KEEPIDLE) : -1);
    between.set_value(OptionOf(connection, IPPROTO_TCP, TCP_KEEPINTVL));
    probes.set_value(OptionOf(connection, IPPROTO_TCP, TCP_KEEPCNT));
    unacknowledged.set_value(OptionOf(connection, IPPROTO_TCP, TCP_USER_TIMEOUT));
    close(connection);
  });
  TcpClient client;
  ASSERT_TRUE(client.Connect(listener.port()));
  const int seconds = idle.get_future().get();
  EXPECT_GT(seconds, 0);
  EXPECT_LE(seconds + between.get_future().get() * probes.get_future().get(), 10);
  const int milliseconds = unacknowledged.get_future().get();
  EXPECT_GT(milliseconds, 0);
  EXPECT_LE(milliseconds, 10'000);
}

TEST(ConnectionListenerTest, ANameStandsForAllItsAddresses) {
  TakenConnection taken;
  ConnectionListener listener(kManyDescriptors);
  ASSERT_TRUE(listener.Bind({"localhost", 0}).ok());
  listener.Start(taken.Take());
  TcpClient client;
  ASSERT_TRUE(client.Connect(listener.port()));
  EXPECT_TRUE(taken.Wait());
}

TEST(ConnectionListenerTest, APortInUseAndAForeignAddressAreErrors) {
  ConnectionListener listener(kManyDescriptors);
  ASSERT_TRUE(listener.Bind({"127.0.0.1", 0}).ok());
  ConnectionListener second(kManyDescriptors);
  const absl::Status in_use = second.Bind({"127.0.0.1", listener.port()});
  EXPECT_EQ(in_use.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(in_use.message()), HasSubstr("the port is in use"));
  // TEST-NET-1: nobody's.
  EXPECT_EQ(second.Bind({"192.0.2.1", 0}).code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(in_use.message()), HasSubstr("--grpc-listen"));
}

TEST(ConnectionListenerTest, ConnectionsBeyondTheBoundAreClosedAtOnce) {
  ConnectionListener listener(/*descriptor_bound=*/0);
  ASSERT_TRUE(listener.Bind({"127.0.0.1", 0}).ok());
  listener.Start([](int) { ADD_FAILURE() << "taken"; });
  for (uint64_t client_number = 1; client_number <= 3; ++client_number) {
    TcpClient client;
    ASSERT_TRUE(client.Connect(listener.port()));
    EXPECT_TRUE(client.WaitForEnd());
    EXPECT_EQ(listener.refused(), client_number);
  }
}

// gRPC's own listener, of version 1.51, stops for ever.
TEST(ConnectionListenerTest, ListensOnAfterTheProcessHadNoDescriptorLeft) {
  TakenConnection taken;
  ConnectionListener listener(kManyDescriptors);
  ASSERT_TRUE(listener.Bind({"127.0.0.1", 0}).ok());
  TcpClient client;
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  listener.Start(taken.Take());
  // As many as standard input, output and error: those that are open stay open.
  const rlimit none{.rlim_cur = 3, .rlim_max = before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  ASSERT_TRUE(client.Connect(listener.port()));
  const auto deadline = std::chrono::steady_clock::now() + kLongestWait;
  while (listener.pauses() == 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_GT(listener.pauses(), 0U);
  EXPECT_TRUE(taken.Wait());
}

TEST(ConnectionListenerTest, TheStoreKeepsItsPartOfTheDescriptors) {
  EXPECT_EQ(ConnectionListener::DescriptorBound(256), 128);
  EXPECT_EQ(ConnectionListener::DescriptorBound(1'024), 512);
  EXPECT_EQ(ConnectionListener::DescriptorBound(4'096), 4'096 - 768);
  EXPECT_EQ(ConnectionListener::DescriptorBound(1 << 20), 10'768);
}

TEST(FileLimitTest, IsRaisedToTheHardLimit) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit low{.rlim_cur = 100, .rlim_max = before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  EXPECT_EQ(FileLimit(), 100);
  EXPECT_EQ(static_cast<rlim_t>(RaiseFileLimit()), before.rlim_max);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
}

}  // namespace
}  // namespace quota::server
