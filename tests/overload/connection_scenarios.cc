// Clients that only connect.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "tests/overload/http2_peer.h"
#include "tests/overload/loaded_server.h"
#include "tests/overload/process_usage.h"
#include "tests/overload/scenarios.h"
#include "tests/overload/stopwatch.h"

namespace quota::test {
namespace {

using std::chrono::steady_clock;

constexpr uint32_t kWindow = 65'535;

// What the nth connection says.
void Greet(Http2Peer& peer, int n) {
  switch (n % 5) {
    case 0:  // Nothing.
      return;
    case 1:
      return peer.SendRaw("PRI * HTT");
    case 2:
      return peer.SendRaw("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    case 3:  // A greeting, and then a frame of headers of which most is missing.
      peer.Greet(kWindow);
      return peer.SendRaw(std::string("\0\x10\0\x01\x04\0\0\0\x01", 9) + "half");
    default:
      return peer.Greet(kWindow);
  }
}

// Those that a well-behaved server has no reason to end.
bool IsProper(size_t n) { return n % 5 == 4; }

// Pumps the proper ones until `done`, or the patience is over; returns how long it took. The others
// stay as they are: silent.
template <typename Done>
double PumpUntil(std::vector<Http2Peer>& peers, const Done& done) {
  const auto begin = steady_clock::now();
  while (!done() && steady_clock::now() - begin < kPatience) {
    for (size_t i = 0; i < peers.size(); ++i) {
      if (IsProper(i)) peers[i].Pump();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return SecondsSince(begin);
}

}  // namespace

Figures OpenManyConnections(const ConnectionLoad& load) {
  LoadedServer server({.orgs = 10});
  Figures figures;
  const int64_t idle = ResidentMemory(server.id());
  const int own_files = OpenFiles(server.id());
  std::vector<Http2Peer> peers;
  double longest = 0;
  for (int i = 0; i < load.connections; ++i) {
    peers.emplace_back(server.grpc_port());
    EXPECT_TRUE(peers.back().open());
    Greet(peers.back(), i);
    if (i % 50 == 0) longest = std::max(longest, server.Probe());
  }
  const double each =
      static_cast<double>(ResidentMemory(server.id()) - idle) / 1024 / load.connections;
  figures.push_back({"another client's call, longest", longest, "s", 1, 15});
  figures.push_back({"memory of a connection", each, "KiB", 100});
  const auto proper = static_cast<int>(load.connections / 5);
  const double closed =
      PumpUntil(peers, [&] { return OpenFiles(server.id()) <= own_files + proper; });
  figures.push_back({"until only proper ones are open", closed, "s", 30, 55});
  size_t open = 0;
  for (size_t i = 0; i < peers.size(); ++i) {
    peers[i].Pump();
    if (IsProper(i) && peers[i].open()) ++open;
  }
  figures.push_back({"proper ones that were closed", proper - static_cast<double>(open), "", 0});
  figures.push_back(server.PeakMemory(load.connections * 0.1 + 64));
  peers.clear();
  figures.push_back({"recovery after the load", server.RecoverySeconds(), "s", 1, 15});
  figures.push_back(server.MemoryAfter());
  return figures;
}

Figures ExhaustFiles() {
  constexpr int kFiles = 256;
  constexpr int kConnections = 400;
  LoadedServer server({.orgs = 10, .file_limit = kFiles});
  Figures figures;
  std::vector<Http2Peer> peers;
  double longest = 0;
  for (int i = 0; i < kConnections; ++i) {
    peers.emplace_back(server.grpc_port());
    peers.back().Greet(kWindow);
    if (i % 10 == 0) longest = std::max(longest, server.ProbeUntilServed());
  }
  const auto sent = steady_clock::now();
  const auto open = [&peers] {
    return std::count_if(peers.begin(), peers.end(), [](Http2Peer& peer) { return peer.Pump(); });
  };
  while (open() >= kFiles && steady_clock::now() - sent < kPatience) std::this_thread::yield();
  const double closed = SecondsSince(sent);
  EXPECT_GT(server.Metrics().Value("quotad_refused_connections_total"), 0);
  figures.push_back({"a served client's call, longest", longest, "s", 1, 15});
  figures.push_back({"until those beyond are closed", closed, "s", 1, 15});
  figures.push_back({"files open, of " + std::to_string(kFiles),
                     static_cast<double>(OpenFiles(server.id())), "", kFiles / 2.0 + 16});
  peers.clear();
  // A new client, once there is room again.
  const auto begin = steady_clock::now();
  QuotaCalls late(server.target());
  while (!late.Charge(MakeCharge("org1", "late", 0)).ok() && SecondsSince(begin) < 30) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  figures.push_back({"until a new client is served", SecondsSince(begin), "s", 1, 29});
  return figures;
}

}  // namespace quota::test
