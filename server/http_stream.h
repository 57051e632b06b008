// One connection of the HTTP port, as the library reads and writes it, with bounds that the library
// lacks: what a request may take in all, in bytes and in time.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>

#include "httplib.h"

namespace quota::server {

// Belongs to one thread.
class HttpStream final : public httplib::Stream {
 public:
  // The largest request, with line, headers and body: those of scrapers take 1 KiB.
  static constexpr size_t kMaxRequestBytes = 16 * 1024;
  // From a request's first byte to its answer's last.
  static constexpr std::chrono::milliseconds kRequestTime{5'000};
  // The same where other connections wait for a thread. A scraper's request comes with its
  // connection, and its answer fits the socket's buffer.
  static constexpr std::chrono::milliseconds kCrowdedTime{20};

  // `waiting`: connections that wait for a thread; outlives the stream.
  HttpStream(int socket, const std::atomic<size_t>& waiting) : socket_(socket), waiting_(waiting) {}

  // Blocks until the next request begins. False where `timeout` passed, others wait, or the
  // connection ended, before.
  bool WaitForRequest(std::chrono::milliseconds timeout);

  // Fail beyond the request's bounds.
  ssize_t read(char* out, size_t size) override;
  ssize_t write(const char* data, size_t size) override;

  bool is_readable() const override;
  bool is_writable() const override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  socket_t socket() const override { return socket_; }

 private:
  using TimePoint = std::chrono::steady_clock::time_point;

  // Whether `events` of poll(2) come until then. `crowded`: until when, where others wait.
  bool WaitFor(short events, TimePoint until, TimePoint crowded) const;
  bool WaitFor(short events) const;
  bool Buffered() const { return next_ < end_; }

  const int socket_;
  const std::atomic<size_t>& waiting_;
  // What has been read of the socket and not by the library, which reads byte by byte.
  std::array<char, 4096> buffer_;
  size_t next_ = 0;
  size_t end_ = 0;
  // The present request's.
  size_t bytes_left_ = 0;
  TimePoint started_;
};

}  // namespace quota::server
