#include "benchmarks/peers/peer_run.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <iostream>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "benchmarks/workload.h"
#include "common/status.h"

namespace quota::bench {
namespace {

RunTimes TimesOf(const PeerOptions& options) {
  const auto duration = [](double seconds) {
    return std::chrono::duration_cast<TimePoint::duration>(std::chrono::duration<double>(seconds));
  };
  RunTimes times;
  times.begin = std::chrono::steady_clock::now();
  times.measure = times.begin + duration(options.warmup);
  times.stop = times.measure + duration(options.duration);
  times.give_up = times.stop + std::chrono::seconds(30);
  return times;
}

// The connections, and the one thread that serves them.
class Loop {
 public:
  Loop(const PeerOptions& options, const OrgChooser& chooser,
       const std::vector<std::string>& org_ids)
      : options_(options),
        chooser_(chooser),
        org_ids_(org_ids),
        random_(options.seed),
        poll_(epoll_create1(0)),
        batch_(options.depth) {}
  ~Loop() { close(poll_); }

  absl::Status Connect(Peer& peer) {
    for (uint32_t i = 0; i < options_.connections; ++i) {
      QUOTA_ASSIGN_OR_RETURN(lines_.emplace_back().connection, peer.Connect());
      epoll_event event = EventOf(i);
      epoll_ctl(poll_, EPOLL_CTL_ADD, lines_[i].connection->socket(), &event);
    }
    return absl::OkStatus();
  }

  absl::Status Run(const RunTimes& times, Recorder& recorder) {
    for (Line& line : lines_) QUOTA_RETURN_IF_ERROR(Send(line, times.begin));
    uint32_t busy = options_.connections;
    std::array<epoll_event, 64> events{};
    while (busy > 0) {
      const int count = epoll_wait(poll_, events.data(), static_cast<int>(events.size()), 1'000);
      const TimePoint now = std::chrono::steady_clock::now();
      if (now > times.give_up) return absl::DeadlineExceededError("some were never answered");
      for (int i = 0; i < count; ++i) {
        const uint32_t index = events[static_cast<size_t>(i)].data.u32;
        Line& line = lines_[index];
        QUOTA_RETURN_IF_ERROR(line.connection->Proceed(line.granted));
        if (line.granted == options_.depth) {
          granted_ += line.granted;
          line.granted = 0;
          recorder.Answered(Op::kCharge, options_.depth, line.sent_at, now);
          if (now < times.stop) {
            QUOTA_RETURN_IF_ERROR(Send(line, now));
          } else {
            --busy;
          }
        }
        Watch(index);
      }
    }
    return absl::OkStatus();
  }

  int64_t granted() const { return granted_; }

 private:
  struct Line {
    std::unique_ptr<PeerConnection> connection;
    TimePoint sent_at;
    uint32_t granted = 0;
    bool watched_for_write = false;
  };

  epoll_event EventOf(uint32_t index) const {
    epoll_event event{};
    event.events = EPOLLIN;
    if (lines_[index].watched_for_write) event.events |= EPOLLOUT;
    event.data.u32 = index;
    return event;
  }

  void Watch(uint32_t index) {
    Line& line = lines_[index];
    if (line.watched_for_write == line.connection->wants_write()) return;
    line.watched_for_write = line.connection->wants_write();
    epoll_event event = EventOf(index);
    epoll_ctl(poll_, EPOLL_CTL_MOD, line.connection->socket(), &event);
  }

  absl::Status Send(Line& line, TimePoint now) {
    for (std::string& org : batch_) org = org_ids_[chooser_.Next(random_)];
    line.sent_at = now;
    QUOTA_RETURN_IF_ERROR(line.connection->Send(batch_));
    return absl::OkStatus();
  }

  const PeerOptions& options_;
  const OrgChooser& chooser_;
  const std::vector<std::string>& org_ids_;
  Random random_;
  int poll_;
  std::vector<std::string> batch_;
  std::vector<Line> lines_;
  int64_t granted_ = 0;
};

void Print(const PeerOptions& options, const OpFigures& figures) {
  nlohmann::ordered_json json;
  json["settings"] = {{"connections", options.connections},
                      {"depth", options.depth},
                      {"orgs", options.orgs},
                      {"keys", options.keys},
                      {"seed", options.seed},
                      {"verified", true}};
  json["seconds"] = options.duration;
  json["operations"] = figures.count;
  json["operations_per_second"] = static_cast<double>(figures.count) / options.duration;
  json["latency"] = {{"p50_us", figures.latency.Percentile(50).count()},
                     {"p99_us", figures.latency.Percentile(99).count()},
                     {"max_us", figures.latency.max().count()}};
  std::cout << json.dump() << '\n';
}

absl::Status Measure(const PeerOptions& options, Peer& peer) {
  QUOTA_ASSIGN_OR_RETURN(const OrgChooser chooser, OrgChooser::Parse(options.keys, options.orgs));
  std::vector<std::string> org_ids(options.orgs);
  for (uint32_t i = 0; i < options.orgs; ++i) WriteOrgId("bench-", i, org_ids[i]);
  QUOTA_RETURN_IF_ERROR(peer.Prepare(org_ids));
  Loop loop(options, chooser, org_ids);
  QUOTA_RETURN_IF_ERROR(loop.Connect(peer));
  const RunTimes times = TimesOf(options);
  Recorder recorder(times);
  QUOTA_RETURN_IF_ERROR(loop.Run(times, recorder));
  QUOTA_ASSIGN_OR_RETURN(const int64_t used, peer.Used());
  if (used != loop.granted()) {
    return absl::FailedPreconditionError(
        absl::StrCat(loop.granted(), " credits were granted, but ", used, " are used"));
  }
  Print(options, recorder.figures(Op::kCharge));
  return absl::OkStatus();
}

}  // namespace

int RunPeer(const std::string& program, int argc, char** argv,
            const std::function<std::unique_ptr<Peer>(const PeerOptions&)>& make) {
  PeerOptions options;
  CLI::App app(
      "Charges organisations of a server that scripts/bench has started on 127.0.0.1, and prints "
      "JSON.",
      program);
  app.add_option("--port", options.port, "Of the server")->required();
  app.add_option("--connections", options.connections)->check(CLI::Range(1, 1000));
  app.add_option("--depth", options.depth, "Charges on their way on each connection")
      ->check(CLI::Range(1, 1024));
  app.add_option("--orgs", options.orgs)->check(CLI::Range(1, 10'000'000));
  app.add_option("--keys", options.keys, "uniform, zipf:EXPONENT or hot:SHARE");
  app.add_option("--duration", options.duration, "Seconds that are measured")
      ->check(CLI::Range(0.01, 86400.0));
  app.add_option("--warmup", options.warmup, "Seconds before that")
      ->check(CLI::Range(0.0, 86400.0));
  app.add_option("--seed", options.seed);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  const absl::Status status = Measure(options, *make(options));
  if (status.ok()) return 0;
  std::cerr << program << ": the run is void: " << status.message() << '\n';
  return 1;
}

}  // namespace quota::bench
