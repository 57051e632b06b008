#include "benchmarks/run.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>
#include <sys/resource.h>

#include <algorithm>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "benchmarks/worker.h"
#include "common/mutex.h"
#include "common/status.h"

namespace quota::bench {
namespace {

// Answers that take longer than this after the last start are lost.
constexpr std::chrono::seconds kPatience{30};
constexpr std::chrono::seconds kProgressInterval{1};
// Connecting, and starting threads, must be over when the first call is due.
constexpr std::chrono::milliseconds kLead{20};

// `connections` of them, each a TCP connection of its own.
std::vector<std::shared_ptr<grpc::Channel>> Connect(const RunOptions& options) {
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (uint32_t i = 0; i < options.connections; ++i) {
    grpc::ChannelArguments arguments;
    // Otherwise channels to one address share a connection.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
    // Usage of a thousand organisations.
    arguments.SetMaxReceiveMessageSize(16 * 1024 * 1024);
    channels.push_back(
        grpc::CreateCustomChannel(options.server, grpc::InsecureChannelCredentials(), arguments));
  }
  return channels;
}

// User and system time of this process.
double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// The part of `total` that thread `index` of `parts` has: as even as it goes.
uint32_t Share(uint32_t total, uint32_t parts, uint32_t index) {
  return total / parts + (index < total % parts ? 1 : 0);
}

// The threads of a run, and the instants at which it is looked at.
class Crew {
 public:
  Crew(const RunOptions& options, const WorkloadOptions& workload,
       const std::vector<std::shared_ptr<grpc::Channel>>& channels)
      : options_(options) {
    times_.begin = std::chrono::steady_clock::now() + kLead;
    times_.measure = times_.begin + options.warmup;
    times_.stop = times_.measure + options.duration;
    times_.give_up = times_.stop + kPatience;
    for (uint32_t i = 0; i < options.threads; ++i) {
      const WorkerOptions worker = OptionsOf(i, workload, channels);
      workers_.push_back(worker.streams > 0 ? NewSessionWorker(worker, workload, i)
                                            : NewUnaryWorker(worker, workload, i));
    }
  }

  // Runs the threads until all is answered, and fills what is measured from outside.
  absl::Status Run(const std::function<void(const Progress&)>& show, RunResult& result) {
    std::vector<std::thread> threads;
    for (const auto& worker : workers_) {
      threads.emplace_back([this, &worker] {
        worker->Run();
        MutexLock lock(mutex_);
        ++ended_;
        changed_.NotifyAll();
      });
    }
    const absl::Status watched = Watch(show, result);
    for (std::thread& thread : threads) thread.join();
    for (const auto& worker : workers_) QUOTA_RETURN_IF_ERROR(worker->recorder().failure());
    return watched;
  }

  std::vector<std::unique_ptr<Worker>>& workers() { return workers_; }

 private:
  WorkerOptions OptionsOf(uint32_t index, const WorkloadOptions& workload,
                          const std::vector<std::shared_ptr<grpc::Channel>>& channels) const {
    WorkerOptions worker;
    for (size_t i = index % channels.size(); i < channels.size(); i += options_.threads) {
      worker.channels.push_back(channels[i]);
    }
    worker.in_flight = Share(options_.in_flight, options_.threads, index);
    worker.batch = options_.batch;
    double starts = 1;
    if (options_.transport == Transport::kSession) {
      worker.streams = Share(options_.streams, options_.threads, index);
      starts = options_.batch;
    }
    if (options_.rate) {
      worker.starts_per_second =
          *options_.rate / workload.mix.MeanOperations() / starts / options_.threads;
    }
    worker.times = times_;
    // Threads take turns with their starts, rather than all at the same instant.
    if (worker.starts_per_second) {
      worker.times.begin += std::chrono::duration_cast<TimePoint::duration>(
          std::chrono::duration<double>(index / (*worker.starts_per_second * options_.threads)));
    }
    return worker;
  }

  absl::Status Watch(const std::function<void(const Progress&)>& show, RunResult& result) {
    WatchUntil(times_.measure, "warming up", show);
    const double cpu = CpuSeconds();
    absl::StatusOr<ServerCounters> before = ServerCounters();
    if (!options_.metrics.empty()) before = ReadServerCounters(options_.metrics);
    WatchUntil(times_.stop, "measuring", show);
    result.generator_cpu_seconds = CpuSeconds() - cpu;
    absl::StatusOr<ServerCounters> after = ServerCounters();
    if (!options_.metrics.empty()) after = ReadServerCounters(options_.metrics);
    if (!before.ok()) return before.status();
    if (!after.ok()) return after.status();
    if (!options_.metrics.empty()) result.server = *after - *before;
    return absl::OkStatus();
  }

  // Returns early where all threads have ended.
  void WatchUntil(TimePoint end, std::string_view stage,
                  const std::function<void(const Progress&)>& show) {
    auto shown_at = std::chrono::steady_clock::now();
    int64_t shown = Answered();
    for (;;) {
      const auto now = std::chrono::steady_clock::now();
      if (now >= end) return;
      {
        MutexLock lock(mutex_);
        if (ended_ == workers_.size()) return;
        const auto wait = std::min<std::chrono::steady_clock::duration>(
            end - now, shown_at + kProgressInterval - now);
        changed_.WaitFor(mutex_, std::chrono::ceil<std::chrono::microseconds>(
                                     std::max(wait, std::chrono::steady_clock::duration::zero())));
      }
      const auto then = std::chrono::steady_clock::now();
      if (then - shown_at < kProgressInterval) continue;
      const int64_t answered = Answered();
      const double seconds = std::chrono::duration<double>(then - shown_at).count();
      show({.stage = stage,
            .elapsed = std::chrono::duration_cast<Duration>(then - times_.begin),
            .operations_per_second = static_cast<double>(answered - shown) / seconds});
      shown_at = then;
      shown = answered;
    }
  }

  int64_t Answered() const {
    int64_t answered = 0;
    for (const auto& worker : workers_) answered += worker->recorder().answered();
    return answered;
  }

  const RunOptions& options_;
  RunTimes times_;
  std::vector<std::unique_ptr<Worker>> workers_;
  Mutex mutex_;
  CondVar changed_;
  size_t ended_ ABSL_GUARDED_BY(mutex_) = 0;
};

absl::StatusOr<WorkloadOptions> WorkloadOf(const RunOptions& options) {
  QUOTA_ASSIGN_OR_RETURN(const Mix mix, Mix::Parse(options.mix));
  QUOTA_ASSIGN_OR_RETURN(const OrgChooser orgs, OrgChooser::Parse(options.keys, options.orgs));
  return WorkloadOptions{.mix = mix,
                         .orgs = orgs,
                         .org_prefix = options.org_prefix,
                         .credits = options.credits,
                         .seed = options.seed};
}

}  // namespace

absl::Status CheckRunOptions(const RunOptions& options) {
  if (absl::StatusOr<WorkloadOptions> workload = WorkloadOf(options); !workload.ok()) {
    return workload.status();
  }
  const auto mistake = [](const auto&... parts) {
    return absl::InvalidArgumentError(absl::StrCat(parts...));
  };
  if (options.in_flight < options.threads || options.connections < options.threads) {
    return mistake("--threads ", options.threads,
                   ": each thread needs a connection and something in flight; raise --connections "
                   "and --in-flight");
  }
  if (options.transport == Transport::kUnary) return absl::OkStatus();
  if (options.streams < options.threads || options.in_flight < options.streams) {
    return mistake("--streams ", options.streams,
                   ": there must be one for each thread, and --in-flight as many batches");
  }
  // The API's limit.
  constexpr uint32_t kMaxBatchesOfStream = 64;
  if ((options.in_flight + options.streams - 1) / options.streams > kMaxBatchesOfStream) {
    return mistake("--in-flight ", options.in_flight, ": a stream may have at most ",
                   kMaxBatchesOfStream, " batches in flight; raise --streams");
  }
  return absl::OkStatus();
}

int64_t RunResult::operations() const {
  int64_t sum = 0;
  for (const OpFigures& each : figures) sum += each.count;
  return sum;
}

absl::StatusOr<RunResult> Run(const RunOptions& options,
                              const std::function<void(const Progress&)>& show) {
  QUOTA_RETURN_IF_ERROR(CheckRunOptions(options));
  QUOTA_ASSIGN_OR_RETURN(const WorkloadOptions workload, WorkloadOf(options));
  const std::vector<std::shared_ptr<grpc::Channel>> channels = Connect(options);
  Population population(channels.front(), options.org_prefix, options.orgs);
  std::vector<OrgUsage> before;
  if (options.verify) {
    show({.stage = "creating organisations"});
    QUOTA_ASSIGN_OR_RETURN(before, population.Prepare(options.creation, options.edition));
  }

  RunResult result;
  result.seconds = std::chrono::duration<double>(options.duration).count();
  Crew crew(options, workload, channels);
  QUOTA_RETURN_IF_ERROR(crew.Run(show, result));

  Promised promised(options.orgs);
  for (const auto& worker : crew.workers()) {
    for (size_t op = 0; op < kOps; ++op) {
      const OpFigures& figures = worker->recorder().figures(static_cast<Op>(op));
      result.figures[op].count += figures.count;
      result.figures[op].latency.Merge(figures.latency);
    }
    promised.Add(worker->workload().promised());
    result.all_operations += worker->recorder().answered();
  }
  if (result.operations() == 0) {
    return absl::FailedPreconditionError(
        "no answer came while it was measured; give a longer --duration");
  }
  if (!options.verify) return result;
  show({.stage = "verifying"});
  QUOTA_ASSIGN_OR_RETURN(const std::vector<OrgUsage> after, population.ReadUsage());
  QUOTA_RETURN_IF_ERROR(Verify(options.org_prefix, before, after, promised));
  for (const auto& worker : crew.workers()) {
    QUOTA_RETURN_IF_ERROR(population.Release(worker->workload()));
  }
  return result;
}

}  // namespace quota::bench
