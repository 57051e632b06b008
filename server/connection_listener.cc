#include "server/connection_listener.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"

namespace quota::server {
namespace {

// Between attempts while the process, or the machine, has no descriptor left.
constexpr int kPauseMs = 100;
// A dead host is found within 10 s, by the system, which answers probes itself however busy the
// processes are: after so long without a word come probes, so far apart, and after so many without
// an answer the end; the same time is for data without an acknowledgement.
constexpr int kIdleSeconds = 5;
constexpr int kProbeSeconds = 1;
constexpr int kProbes = 4;
constexpr int kUnacknowledgedMs = 9'000;
// Between looks whether the thread is to end.
constexpr int kAcceptsAtOnce = 64;

void Set(int socket, int level, int option, int value) {
  setsockopt(socket, level, option, &value, sizeof(value));
}

// A socket that listens there; -1, with errno, where there can't be one.
int ListenOn(const addrinfo& address) {
  const int fd = socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  // A restart need not wait for the connections of the last run. Without SO_REUSEPORT: a second
  // server fails to start instead of getting half of the connections.
  Set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  // "[::]" is every address, IPv4 among them.
  if (address.ai_family == AF_INET6) Set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  // Connections inherit the rest. Answers leave at once.
  Set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  Set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  Set(fd, IPPROTO_TCP, TCP_KEEPIDLE, kIdleSeconds);
  Set(fd, IPPROTO_TCP, TCP_KEEPINTVL, kProbeSeconds);
  Set(fd, IPPROTO_TCP, TCP_KEEPCNT, kProbes);
  Set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, kUnacknowledgedMs);
  if (bind(fd, address.ai_addr, address.ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0) return fd;
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

// Where a socket's address keeps its port.
in_port_t& Port(sockaddr* address) {
  return address->sa_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(address)->sin6_port
                                        : reinterpret_cast<sockaddr_in*>(address)->sin_port;
}

int PortOf(int socket) {
  sockaddr_storage storage{};
  auto* const address = reinterpret_cast<sockaddr*>(&storage);
  socklen_t size = sizeof(storage);
  return getsockname(socket, address, &size) == 0 ? ntohs(Port(address)) : 0;
}

// Whether a name's other addresses may do: this machine lacks this one.
bool IsElsewhere(int error) { return error == EADDRNOTAVAIL || error == EAFNOSUPPORT; }

absl::Status CantListen(const ListenAddress& address, std::string_view why) {
  return absl::UnavailableError(absl::StrCat("can't listen for gRPC on ", address.Text(), ": ",
                                             std::string(why), "; see --grpc-listen"));
}

}  // namespace

int64_t ConnectionListener::DescriptorBound(int64_t file_limit) {
  // Of a very low limit the store gets half.
  const int64_t own = std::min(kOwnDescriptors, file_limit / 2);
  return std::min(file_limit - own, kMaxConnections + kOwnDescriptors);
}

ConnectionListener::~ConnectionListener() { Stop(); }

absl::Status ConnectionListener::Bind(const ListenAddress& address) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (error != 0) return CantListen(address, gai_strerror(error));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> all(found, freeaddrinfo);
  for (const addrinfo* one = all.get(); one != nullptr; one = one->ai_next) {
    // Where any port will do, the first one's is the others' too.
    if (port_ != 0) Port(one->ai_addr) = htons(static_cast<uint16_t>(port_));
    const int socket = ListenOn(*one);
    if (socket >= 0) {
      sockets_.push_back(socket);
      port_ = PortOf(socket);
    } else if (!IsElsewhere(errno)) {
      Stop();
      break;
    }
  }
  if (!sockets_.empty()) return absl::OkStatus();
  return CantListen(address, "the port is in use, or the address is not this machine's");
}

void ConnectionListener::Start(Take take) {
  take_ = std::move(take);
  stop_ = eventfd(0, EFD_CLOEXEC);
  thread_ = std::thread([this] { Run(); });
}

void ConnectionListener::Stop() {
  if (thread_.joinable()) {
    const uint64_t one = 1;
    // Can't fail: the counter is at 0.
    [[maybe_unused]] const ssize_t written = write(stop_, &one, sizeof(one));
    thread_.join();
    close(stop_);
  }
  for (const int socket : sockets_) close(socket);
  sockets_.clear();
}

void ConnectionListener::Run() {
  std::vector<pollfd> waiting;
  for (const int socket : sockets_)
    waiting.push_back({.fd = socket, .events = POLLIN, .revents = 0});
  pollfd stop{.fd = stop_, .events = POLLIN, .revents = 0};
  waiting.push_back(stop);
  while (waiting.back().revents == 0) {
    poll(waiting.data(), waiting.size(), -1);
    for (size_t i = 0; i < sockets_.size(); ++i) {
      if (waiting[i].revents == 0 || AcceptSome(sockets_[i])) continue;
      // Without a descriptor they wait in the kernel, which would say so again and again.
      pauses_.fetch_add(1, std::memory_order_relaxed);
      poll(&stop, 1, kPauseMs);
    }
  }
}

bool ConnectionListener::AcceptSome(int socket) {
  for (int i = 0; i < kAcceptsAtOnce; ++i) {
    const int connection = accept4(socket, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (connection >= descriptor_bound_) {
      // Counted first: whoever sees the end finds it counted. The client sees UNAVAILABLE and tries
      // again later.
      refused_.fetch_add(1, std::memory_order_release);
      close(connection);
    } else if (connection >= 0) {
      take_(connection);
    } else {
      // Otherwise no descriptor or memory is left.
      return errno == EAGAIN || errno == EINTR || errno == ECONNABORTED;
    }
  }
  return true;
}

}  // namespace quota::server
