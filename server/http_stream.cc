#include "server/http_stream.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace quota::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Between looks whether others wait.
constexpr milliseconds kSlice{10};

}  // namespace

bool HttpStream::WaitFor(short events, TimePoint until, TimePoint crowded) const {
  for (;;) {
    const TimePoint now = steady_clock::now();
    const auto left = std::chrono::ceil<milliseconds>(until - now);
    pollfd waiting{.fd = socket_, .events = events, .revents = 0};
    const milliseconds slice = std::clamp(left, milliseconds::zero(), kSlice);
    const int ready = poll(&waiting, 1, static_cast<int>(slice.count()));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
    if (left <= left.zero() || (now >= crowded && waiting_.load() > 0)) return false;
  }
}

bool HttpStream::WaitFor(short events) const {
  return WaitFor(events, started_ + kRequestTime, started_ + kCrowdedTime);
}

bool HttpStream::WaitForRequest(milliseconds timeout) {
  const TimePoint now = steady_clock::now();
  if (!Buffered() && !WaitFor(POLLIN, now + timeout, now + kCrowdedTime)) return false;
  bytes_left_ = kMaxRequestBytes;
  started_ = steady_clock::now();
  return true;
}

bool HttpStream::is_readable() const { return Buffered() || WaitFor(POLLIN); }

bool HttpStream::is_writable() const { return WaitFor(POLLOUT); }

ssize_t HttpStream::read(char* out, size_t size) {
  if (bytes_left_ == 0) return -1;
  if (!Buffered()) {
    if (!WaitFor(POLLIN)) return -1;
    const ssize_t received = recv(socket_, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (received <= 0) return received;
    next_ = 0;
    end_ = static_cast<size_t>(received);
  }
  const size_t taken = std::min({size, end_ - next_, bytes_left_});
  std::memcpy(out, buffer_.data() + next_, taken);
  next_ += taken;
  bytes_left_ -= taken;
  return static_cast<ssize_t>(taken);
}

ssize_t HttpStream::write(const char* data, size_t size) {
  if (!WaitFor(POLLOUT)) return -1;
  // What does not fit now is written by the library's next call.
  return send(socket_, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
}

// Nothing that is served here depends on where the client is.
void HttpStream::get_remote_ip_and_port(std::string& ip, int& port) const {
  ip.clear();
  port = 0;
}

void HttpStream::get_local_ip_and_port(std::string& ip, int& port) const {
  ip.clear();
  port = 0;
}

}  // namespace quota::server
