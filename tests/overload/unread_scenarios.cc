// Clients that send and never read, or never finish what they send.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "tests/overload/http2_peer.h"
#include "tests/overload/loaded_server.h"
#include "tests/overload/process_usage.h"
#include "tests/overload/scenarios.h"
#include "tests/overload/session_flood.h"
#include "tests/overload/stopwatch.h"

namespace quota::test {
namespace {

using std::chrono::steady_clock;

constexpr const char* kCharge = "/quota.v1.QuotaService/Charge";
constexpr const char* kWatchEvents = "/quota.v1.QuotaAdmin/WatchEvents";
constexpr std::chrono::milliseconds kPause{5};

void PumpAll(std::vector<Http2Peer>& peers) {
  for (Http2Peer& peer : peers) peer.Pump();
}

// The longest of another client's calls while `peers` send all that they have to.
double PumpUntilSent(std::vector<Http2Peer>& peers, LoadedServer& server, Seconds most) {
  double longest = 0;
  const auto begin = steady_clock::now();
  auto probed = begin;
  const auto sent = [](const Http2Peer& peer) { return peer.flushed() || !peer.open(); };
  while (!std::all_of(peers.begin(), peers.end(), sent) && SecondsSince(begin) < most.count()) {
    PumpAll(peers);
    if (steady_clock::now() - probed > std::chrono::milliseconds(100)) {
      longest = std::max(longest, server.Probe());
      probed = steady_clock::now();
    }
  }
  return longest;
}

int64_t OpenReservations(LoadedServer& server) {
  int64_t open = 0;
  for (const std::string& org : server.orgs()) {
    open += server.calls().GetUsage(org)->open_reservations();
  }
  return open;
}

// Until `done`, or the patience is over.
template <typename Done>
double WaitUntil(const Done& done) {
  const auto begin = steady_clock::now();
  while (!done() && steady_clock::now() - begin < kPatience) std::this_thread::sleep_for(kPause);
  return SecondsSince(begin);
}

}  // namespace

Figures NeverReadSessions(const UnreadLoad& load) {
  LoadedServer server({.orgs = 400});
  Figures figures;
  double longest = 0;
  {
    SessionFlood flood({.target = server.target(),
                        .streams = load.streams,
                        .orgs = server.orgs(),
                        .holds = true,
                        .reads = false});
    // Until nothing more is taken of them.
    uint64_t before = 1;
    for (int quiet = 0; quiet < 10;) {
      for (int i = 0; i < 10; ++i) longest = std::max(longest, server.Probe());
      std::this_thread::sleep_for(kPause * 10);
      const uint64_t sent = flood.counts().sent;
      quiet = sent == before ? quiet + 1 : 0;
      before = sent;
    }
    const double memory = server.Metrics().Value("quotad_in_flight_bytes") / (1024.0 * 1024.0);
    figures.push_back({"memory in flight, as counted", memory, "MiB", 512});
    figures.push_back({"another client's call, longest", longest, "s", 1, 15});
    EXPECT_GT(OpenReservations(server), 0);
  }
  figures.push_back(server.PeakMemory(1'024 + 512));
  figures.push_back({"recovery after the load", server.RecoverySeconds(), "s", 1, 15});
  const double ended = WaitUntil([&] { return OpenReservations(server) == 0; });
  figures.push_back({"until their reservations ended", ended, "s", 10, 55});
  figures.push_back(server.MemoryAfter());
  return figures;
}

Figures NeverReadCalls(const UnreadCallLoad& load) {
  constexpr uint32_t kCalls = 1'000;
  LoadedServer server({.orgs = 100});
  Figures figures;
  std::vector<Http2Peer> peers;
  for (int i = 0; i < load.connections; ++i) {
    peers.emplace_back(server.grpc_port());
    peers.back().Greet(0);
    for (uint32_t call = 0; call < kCalls; ++call) {
      const std::string id = std::to_string(i) + "-" + std::to_string(call);
      const auto request = MakeCharge(server.orgs()[call % server.orgs().size()], id, 0);
      peers.back().StartCall(2 * call + 1, kCharge);
      peers.back().SendMessage(2 * call + 1, request.SerializeAsString(), Http2Peer::End::kYes);
    }
    peers.back().Pump();
  }
  const double longest = PumpUntilSent(peers, server, Seconds(20));
  figures.push_back({"another client's call, longest", longest, "s", 1, 30});
  // Where others are refused for lack of memory, those who don't read give way.
  const auto begin = steady_clock::now();
  std::jthread pump([&peers](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      PumpAll(peers);
      std::this_thread::sleep_for(kPause);
    }
  });
  server.ProbeUntilServed();
  figures.push_back({"until others are served", SecondsSince(begin), "s", 15, 55});
  pump.request_stop();
  pump.join();
  figures.push_back(server.PeakMemory(1'024 + 512));
  peers.clear();
  figures.push_back({"recovery after the load", server.RecoverySeconds(), "s", 1, 15});
  figures.push_back(server.MemoryAfter());
  return figures;
}

Figures SendHugeMessages(const HugeLoad& load) {
  constexpr uint32_t kMaxMessage = 4 * 1024 * 1024;
  LoadedServer server({.orgs = 10, .may_disconnect = true});
  Figures figures;
  std::vector<Http2Peer> peers;
  {
    const std::string most(kMaxMessage - 1, 'x');
    for (int i = 0; i < load.connections; ++i) {
      peers.emplace_back(server.grpc_port());
      peers.back().Greet(65'535);
      for (int call = 0; call < load.calls; ++call) {
        const auto number = static_cast<uint32_t>(2 * call + 1);
        peers.back().StartCall(number, kCharge);
        peers.back().BeginMessage(number, kMaxMessage, most);
      }
    }
  }
  const double longest = PumpUntilSent(peers, server, Seconds(20));
  uint64_t ended = 0;
  for (const Http2Peer& peer : peers) ended += peer.ended_calls();
  figures.push_back(
      {"sent at once", static_cast<double>(load.connections * load.calls) * 4, "MiB"});
  figures.push_back({"calls that the server ended", static_cast<double>(ended), ""});
  figures.push_back({"another client's call, longest", longest, "s", 1, 30});
  // gRPC's buffers may have 512 MiB; beyond, it ends calls, which takes it some time.
  figures.push_back(server.PeakMemory(1'024 + 512));
  peers.clear();
  figures.push_back({"recovery after the load", server.RecoverySeconds(), "s", 1, 15});
  figures.push_back(server.MemoryAfter());
  return figures;
}

Figures NeverReadEvents() {
  constexpr int kWatches = 150;
  LoadedServer server({.orgs = 10});
  Figures figures;
  std::vector<Http2Peer> peers;
  for (int i = 0; i < kWatches; ++i) {
    peers.emplace_back(server.grpc_port());
    peers.back().Greet(0);
    peers.back().StartCall(1, kWatchEvents);
    peers.back().SendMessage(1, "", Http2Peer::End::kYes);
  }
  PumpUntilSent(peers, server, Seconds(10));
  // Events for them: thresholds of organisations that spend all that they have.
  double longest = 0;
  for (const std::string& org : server.orgs()) {
    for (int part = 0; part < 20; ++part) {
      const auto begin = steady_clock::now();
      const auto reply =
          server.calls().Charge(MakeCharge(org, "spend" + std::to_string(part), 5'000));
      longest = std::max(longest, SecondsSince(begin));
      EXPECT_TRUE(reply.ok()) << reply.message();
    }
    PumpAll(peers);
  }
  const double refused = WaitUntil([&] {
    PumpAll(peers);
    uint64_t ended = 0;
    for (const Http2Peer& peer : peers) ended += peer.ended_calls();
    return ended >= 50;
  });
  figures.push_back({"another client's call, longest", longest, "s", 1, 15});
  figures.push_back({"until those beyond 100 are refused", refused, "s", 1, 30});
  figures.push_back(server.PeakMemory(128));
  peers.clear();
  figures.push_back({"recovery after the load", server.RecoverySeconds(), "s", 1, 15});
  return figures;
}

}  // namespace quota::test
