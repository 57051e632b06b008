// What quotad reads of its command line and of its HTTP port.
#include <httplib.h>

#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/check.h"
#include "server/http_server.h"
#include "server/options.h"
#include "tests/fuzz/byte_source.h"
#include "tests/fuzz/fuzz_target.h"

namespace quota::server {
namespace {

// A connection whose client has sent `in`, and then no more.
class FakeConnection final : public httplib::Stream {
 public:
  explicit FakeConnection(std::string_view in) : in_(in) {}

  bool is_readable() const override { return !in_.empty(); }
  bool is_writable() const override { return true; }
  ssize_t read(char* to, size_t size) override {
    const std::string_view part = in_.substr(0, size);
    in_.remove_prefix(part.size());
    std::copy(part.begin(), part.end(), to);
    return static_cast<ssize_t>(part.size());
  }
  ssize_t write(const char* from, size_t size) override {
    out_.append(from, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip = "192.0.2.1";
    port = 1;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    get_remote_ip_and_port(ip, port);
  }
  socket_t socket() const override { return -1; }

  const std::string& out() const { return out_; }
  bool empty() const { return in_.empty(); }

 private:
  std::string_view in_;
  std::string out_;
};

// The library reads and answers requests in a method that only its heirs see.
class OpenServer final : public httplib::Server {
 public:
  using httplib::Server::process_request;
};

// Keeps CLI11 from printing.
class Silence {
 public:
  Silence() : out_(std::cout.rdbuf(nothing_.rdbuf())), err_(std::cerr.rdbuf(nothing_.rdbuf())) {}
  ~Silence() {
    std::cout.rdbuf(out_);
    std::cerr.rdbuf(err_);
  }

 private:
  std::ostringstream nothing_;
  std::streambuf* out_;
  std::streambuf* err_;
};

}  // namespace

FUZZ_TARGET(listen_address) {
  const auto address = ParseListenAddress(input);
  if (!address.ok()) return;
  QUOTA_CHECK(!address->host.empty() && address->port >= 0 && address->port <= 65'535);
  const auto again = ParseListenAddress(address->Text());
  QUOTA_CHECK(again.ok() && again->host == address->host && again->port == address->port);
}

// The words, one a line.
FUZZ_TARGET(command_line) {
  std::vector<std::string> words = {"quotad"};
  std::istringstream lines{std::string(input)};
  for (std::string word; std::getline(lines, word);) words.push_back(word);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  const Silence silence;
  const CommandLine line = ParseCommandLine(static_cast<int>(arguments.size()), arguments.data());
  if (line.exit) return;
  QUOTA_CHECK(line.server.engine.executors >= 1 && line.server.engine.shards_if_new >= 1);
  QUOTA_CHECK(line.drain_timeout >= Duration::zero());
}

// A client's bytes: requests, one after the other.
FUZZ_TARGET(http) {
  OpenServer server;
  AddPages(server, {[] { return std::string("up 1\n"); }, [] { return absl::OkStatus(); },
                    [] { return absl::UnavailableError("not open"); }});
  FakeConnection connection(input);
  for (int requests = 0; requests < 16 && !connection.empty(); ++requests) {
    bool closed = false;
    if (!server.process_request(connection, false, closed, [](httplib::Request&) {}) || closed) {
      break;
    }
  }
  QUOTA_CHECK(connection.out().size() < 65'536);
}

}  // namespace quota::server
