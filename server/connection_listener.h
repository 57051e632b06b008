// The port of the gRPC services: accepts connections, no more than there is room for, and hands
// them on.
//
//   ConnectionListener listener(ConnectionListener::DescriptorBound(FileLimit()));
//   listener.Bind({"127.0.0.1", 7480});
//   listener.Start([](int connection) { ... });
//
// gRPC's own listener stops listening for ever once the process has no file descriptor left, and
// leaves none for the store (adr/0019).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "server/listen_address.h"

namespace quota::server {

// Bind, Start and Stop are called by one thread.
class ConnectionListener {
 public:
  // Of gRPC at once, where the limit of open files permits. An idle one takes about 50 KiB.
  static constexpr int64_t kMaxConnections = 10'000;
  // Descriptors that are not for gRPC's connections: RocksDB's 512 files, its logs, the HTTP port.
  static constexpr int64_t kOwnDescriptors = 768;

  // Takes over an accepted connection, which blocks on nothing. On the listener's thread.
  using Take = std::function<void(int connection)>;

  // Descriptors below which connections are accepted, of `file_limit` that the process may have: a
  // new one always gets the lowest that is free, so it tells how many are open.
  static int64_t DescriptorBound(int64_t file_limit);

  explicit ConnectionListener(int64_t descriptor_bound) : descriptor_bound_(descriptor_bound) {}
  // Stops.
  ~ConnectionListener();

  // Binds to all addresses that the host stands for. Connections wait until Start.
  //   UNAVAILABLE  the port is in use, or the address is not this machine's
  [[nodiscard]] absl::Status Bind(const ListenAddress& address);
  void Start(Take take);

  // Closes the port. `take` is not called any more.
  void Stop();

  // The bound port; 0 where there is none.
  int port() const { return port_; }
  // Connections that were closed at once, as there was no room for them.
  uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }
  // Times that it paused, as there was no descriptor or memory for a connection.
  uint64_t pauses() const { return pauses_.load(std::memory_order_relaxed); }

 private:
  void Run();
  // Accepts what waits on a socket. False where nothing can be accepted now.
  bool AcceptSome(int socket);

  const int64_t descriptor_bound_;
  int port_ = 0;
  std::vector<int> sockets_;
  // Readable once the thread is to end.
  int stop_ = -1;
  Take take_;
  std::thread thread_;
  std::atomic<uint64_t> refused_{0};
  std::atomic<uint64_t> pauses_{0};
};

}  // namespace quota::server
