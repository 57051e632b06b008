// Drives a running server as an API gateway would: for each request of a log Reserve, hold, Commit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "client/access_log.h"
#include "client/admin_client.h"
#include "client/client.h"
#include "client/latency_histogram.h"
#include "client/price_map.h"
#include "client/quotactl/replay_schedule.h"
#include "common/mutex.h"

namespace quota::client {

struct ReplayOptions {
  // So many times as fast as recorded, with the recorded gaps and holds. Absent: as fast as
  // possible, without gaps and holds.
  std::optional<double> speed;
  // Calls of one organisation at a time. Absent: the limit of its pool "main"; with a speed, none.
  std::optional<int64_t> in_flight;
  // Calls of all organisations that wait for an answer at a time.
  int workers = 32;
  // Where not empty, unknown organisations are created with this edition and these agents.
  std::string create_edition;
  int64_t create_agents = 0;
  // After so many failed calls the replay stops: the server is gone, or the log isn't for it.
  int64_t most_failures = 100;
};

// What became of one organisation's calls.
struct ReplayOrgReport {
  std::string org_id;
  int64_t calls = 0;
  int64_t granted = 0;
  std::map<v1::Decision, int64_t> refused;
  // Without an answer, or with an error: neither granted nor refused, or not committed.
  int64_t failed = 0;
  // Charged by the commits, and what they could not charge.
  int64_t credits = 0;
  int64_t overage = 0;
};

struct ReplayReport {
  // In the order of their first request.
  std::vector<ReplayOrgReport> orgs;
  // Created because they were unknown.
  int64_t orgs_created = 0;
  Duration elapsed = Duration::zero();
  // From the call until its answer, retries included.
  LatencyHistogram reserve;
  LatencyHistogram commit;
  // The first failure; OK where there was none.
  absl::Status first_failure;
  // True where not all requests were made.
  bool stopped = false;
};

// One use: construct, Add() all requests, Finish(). Add and Finish belong to one thread; the calls
// are made by threads of its own.
class Replay {
 public:
  // Requests that wait in memory; Add() blocks above it, so a log of any size can be replayed.
  static constexpr size_t kMostWaiting = 10'000;
  // A log with more is read with the wrong organisation group.
  static constexpr size_t kMostOrgs = 1'000'000;

  // Called now and then on the thread of Add() and Finish(), with the calls ended so far.
  using Progress = std::function<void(int64_t calls)>;

  // The clients must outlive the replay.
  Replay(Client& client, AdminClient& admin, ReplayOptions options, Progress progress);
  // Stops without waiting for what has not started.
  ~Replay();

  // Queues a request. Blocks while kMostWaiting wait. FAILED_PRECONDITION once the replay has
  // stopped after too many failures; RESOURCE_EXHAUSTED with more than kMostOrgs organisations.
  [[nodiscard]] absl::Status Add(std::string_view org_id, const AccessLogRequest& request,
                                 RequestPrice price) ABSL_LOCKS_EXCLUDED(mutex_);

  // Waits until all calls have ended.
  ReplayReport Finish() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Outcome;

  void Work() ABSL_LOCKS_EXCLUDED(mutex_);
  // Blocks until there is a task; nothing once there will be none.
  std::optional<ReplayTask> NextTask() ABSL_LOCKS_EXCLUDED(mutex_);
  void Prepare(const ReplayTask& task, const std::string& org_id) ABSL_LOCKS_EXCLUDED(mutex_);
  void MakeCall(const ReplayTask& task, const std::string& org_id, LatencyHistogram& reserve,
                LatencyHistogram& commit) ABSL_LOCKS_EXCLUDED(mutex_);
  void FinishCall(const ReplayTask& task, const std::string& org_id,
                  const std::string& reservation_id, LatencyHistogram& commit)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void CountFailure(size_t org, const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The limit of a known organisation, created if need be and asked for.
  absl::StatusOr<int64_t> FindLimit(const std::string& org_id, bool& created);
  // Time since the replay began.
  Duration Now() const { return time_.Elapsed() - begin_; }
  void WaitForChange(std::optional<Duration> due) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ReportProgress() ABSL_LOCKS_EXCLUDED(mutex_);
  void Join();

  Client& client_;
  AdminClient& admin_;
  const ReplayOptions options_;
  const Progress progress_;
  const SteadyTime time_;
  const Duration begin_;

  // Of the thread that calls Add(): the recorded time of the first request, and of the last report.
  std::optional<Instant> first_recorded_;
  Duration last_progress_ = Duration::zero();

  Mutex mutex_;
  // There may be a task, or none will come.
  CondVar work_;
  // Fewer requests wait, or all have ended.
  CondVar space_;
  ReplaySchedule schedule_ ABSL_GUARDED_BY(mutex_);
  ReplayReport report_ ABSL_GUARDED_BY(mutex_);
  int64_t calls_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t failures_ ABSL_GUARDED_BY(mutex_) = 0;
  // No more requests come.
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;

  std::vector<std::thread> workers_;
};

}  // namespace quota::client
