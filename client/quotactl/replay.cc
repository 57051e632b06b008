#include "client/quotactl/replay.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status.h"

namespace quota::client {
namespace {

// How often the caller of Add() and Finish() gets to report progress.
constexpr Duration kProgressInterval = std::chrono::milliseconds(500);
// Every catalog's default ttl is longer than this; longer holds ask for a ttl of their own.
constexpr Duration kShortHold = std::chrono::seconds(10);
// What a hold's ttl has to spare for a late commit.
constexpr Duration kTtlMargin = std::chrono::seconds(30);

Cost ToCost(const RequestPrice& price) {
  if (price.method.empty()) return price.credits;
  v1::MethodCall call;
  call.set_name(price.method);
  call.mutable_attributes()->insert(price.attributes.begin(), price.attributes.end());
  return call;
}

Duration Scaled(Duration recorded, double speed) {
  // A century, so that no slow speed overflows.
  constexpr double kLongest = 100.0 * 366 * 24 * 3600 * 1e6;
  const double scaled = static_cast<double>(recorded.count()) / speed;
  return Duration(static_cast<int64_t>(std::clamp(scaled, -kLongest, kLongest)));
}

}  // namespace

Replay::Replay(Client& client, AdminClient& admin, ReplayOptions options, Progress progress)
    : client_(client),
      admin_(admin),
      options_(std::move(options)),
      progress_(std::move(progress)),
      begin_(time_.Elapsed()) {
  for (int i = 0; i < options_.workers; ++i) workers_.emplace_back([this] { Work(); });
}

Replay::~Replay() {
  {
    MutexLock lock(mutex_);
    stopped_ = true;
    work_.NotifyAll();
  }
  Join();
}

absl::Status Replay::Add(std::string_view org_id, const AccessLogRequest& request,
                         RequestPrice price) {
  ReplayCall call{.price = std::move(price)};
  if (options_.speed.has_value()) {
    if (!first_recorded_.has_value()) first_recorded_ = request.time;
    if (request.time.has_value()) {
      // Lines may be out of order: what was before the first starts at once.
      call.start = Scaled(*request.time - *first_recorded_, *options_.speed);
    }
    call.hold = Scaled(request.duration, *options_.speed);
  }
  ReportProgress();
  for (;;) {
    {
      MutexLock lock(mutex_);
      if (stopped_) return absl::FailedPreconditionError("too many calls failed");
      if (schedule_.waiting() < kMostWaiting) {
        call.org = schedule_.OrgIndex(org_id);
        if (schedule_.org_count() > kMostOrgs) {
          return absl::ResourceExhaustedError(
              absl::StrCat("the log names more than ", kMostOrgs,
                           " organisations: check which group --org-group names"));
        }
        if (call.org == report_.orgs.size()) {
          report_.orgs.emplace_back().org_id = std::string(org_id);
        }
        schedule_.Add(std::move(call));
        work_.NotifyOne();
        return absl::OkStatus();
      }
      space_.WaitFor(mutex_, kProgressInterval);
    }
    ReportProgress();
  }
}

ReplayReport Replay::Finish() {
  for (;;) {
    {
      MutexLock lock(mutex_);
      closed_ = true;
      work_.NotifyAll();
      if (stopped_ || schedule_.idle()) break;
      space_.WaitFor(mutex_, kProgressInterval);
    }
    ReportProgress();
  }
  Join();
  MutexLock lock(mutex_);
  report_.elapsed = Now();
  report_.stopped = stopped_;
  return std::move(report_);
}

void Replay::Join() {
  for (std::thread& worker : workers_) {
    if (worker.joinable()) worker.join();
  }
}

void Replay::ReportProgress() {
  if (Now() - last_progress_ < kProgressInterval) return;
  last_progress_ = Now();
  int64_t calls = 0;
  {
    MutexLock lock(mutex_);
    calls = calls_;
  }
  progress_(calls);
}

void Replay::Work() {
  LatencyHistogram reserve;
  LatencyHistogram commit;
  while (const std::optional<ReplayTask> task = NextTask()) {
    std::string org_id;
    {
      MutexLock lock(mutex_);
      org_id = schedule_.OrgId(task->call.org);
    }
    switch (task->step) {
      case ReplayTask::Step::kPrepare:
        Prepare(*task, org_id);
        break;
      case ReplayTask::Step::kReserve:
        MakeCall(*task, org_id, reserve, commit);
        break;
      case ReplayTask::Step::kCommit:
        FinishCall(*task, org_id, task->reservation_id, commit);
        break;
    }
  }
  MutexLock lock(mutex_);
  report_.reserve.Merge(reserve);
  report_.commit.Merge(commit);
}

std::optional<ReplayTask> Replay::NextTask() {
  MutexLock lock(mutex_);
  for (;;) {
    if (stopped_) return std::nullopt;
    std::optional<ReplayTask> task = schedule_.Take(Now());
    if (task.has_value()) {
      if (schedule_.waiting() == kMostWaiting / 2) space_.NotifyOne();
      return task;
    }
    if (closed_ && schedule_.idle()) return std::nullopt;
    WaitForChange(schedule_.NextDue());
  }
}

void Replay::WaitForChange(std::optional<Duration> due) {
  if (due.has_value()) {
    work_.WaitFor(mutex_, std::max(*due - Now(), Duration::zero()));
  } else {
    work_.Wait(mutex_);
  }
}

absl::StatusOr<int64_t> Replay::FindLimit(const std::string& org_id, bool& created) {
  const auto usage = client_.GetUsage(org_id);
  if (usage.ok()) {
    for (const v1::PoolUsage& pool : usage->usage().pools()) {
      if (pool.name() == "main") return pool.limit();
    }
    return 1;
  }
  if (usage.status().code() != absl::StatusCode::kNotFound) return usage.status();
  // Its calls are refused as those of an unknown organisation: that is an answer, too.
  if (options_.create_edition.empty()) return 1;

  v1::CreateOrgRequest request;
  request.set_org_id(org_id);
  request.set_edition(options_.create_edition);
  request.set_agents(options_.create_agents);
  QUOTA_ASSIGN_OR_RETURN(const v1::Org org, admin_.CreateOrg(request));
  created = true;
  for (const v1::PoolLimit& pool : org.pools()) {
    if (pool.name() == "main") return pool.limit();
  }
  return 1;
}

void Replay::Prepare(const ReplayTask& task, const std::string& org_id) {
  bool created = false;
  absl::StatusOr<int64_t> limit = FindLimit(org_id, created);
  if (limit.ok() && options_.in_flight.has_value()) {
    limit = *options_.in_flight;
  } else if (limit.ok() && options_.speed.has_value()) {
    limit = std::numeric_limits<int64_t>::max();
  }
  MutexLock lock(mutex_);
  if (created) ++report_.orgs_created;
  if (!limit.ok()) {
    // Every call of this organisation would fail in the same way, after the same wait.
    report_.first_failure = Annotate(limit.status(), absl::StrCat("organisation ", org_id));
    stopped_ = true;
    space_.NotifyAll();
  } else {
    schedule_.Prepared(task.call.org, *limit);
  }
  work_.NotifyAll();
}

void Replay::MakeCall(const ReplayTask& task, const std::string& org_id, LatencyHistogram& reserve,
                      LatencyHistogram& commit) {
  ReserveOptions options;
  options.org_id = org_id;
  options.cost = ToCost(task.call.price);
  if (task.call.hold > kShortHold) options.ttl = task.call.hold + kTtlMargin;
  const Duration begin = Now();
  absl::StatusOr<ReserveOutcome> outcome = client_.Reserve(options);
  reserve.Record(Now() - begin);

  std::string reservation_id;
  {
    MutexLock lock(mutex_);
    ReplayOrgReport& org = report_.orgs[task.call.org];
    ++org.calls;
    if (outcome.ok() && outcome->granted()) {
      ++org.granted;
      reservation_id = outcome->reservation().Detach();
      if (task.call.hold > Duration::zero()) {
        schedule_.Held(task, reservation_id, Now() + task.call.hold);
        work_.NotifyOne();
        return;
      }
    } else {
      if (outcome.ok()) {
        ++org.refused[outcome->refusal().decision()];
      } else {
        CountFailure(task.call.org, outcome.status());
      }
      ++calls_;
      schedule_.Ended(task.call.org);
      if (schedule_.idle()) {
        work_.NotifyAll();
        space_.NotifyAll();
      }
      return;
    }
  }
  FinishCall(task, org_id, reservation_id, commit);
}

void Replay::FinishCall(const ReplayTask& task, const std::string& org_id,
                        const std::string& reservation_id, LatencyHistogram& commit) {
  const Duration begin = Now();
  const absl::StatusOr<v1::CommitResponse> response = client_.Commit(org_id, reservation_id);
  commit.Record(Now() - begin);
  MutexLock lock(mutex_);
  if (response.ok()) {
    report_.orgs[task.call.org].credits += response->charged();
    report_.orgs[task.call.org].overage += response->overage();
  } else {
    CountFailure(task.call.org, response.status());
  }
  ++calls_;
  schedule_.Ended(task.call.org);
  if (schedule_.idle()) {
    work_.NotifyAll();
    space_.NotifyAll();
  }
}

void Replay::CountFailure(size_t org, const absl::Status& status) {
  ++report_.orgs[org].failed;
  if (report_.first_failure.ok()) {
    report_.first_failure =
        Annotate(status, absl::StrCat("organisation ", report_.orgs[org].org_id));
  }
  if (++failures_ < options_.most_failures) return;
  stopped_ = true;
  work_.NotifyAll();
  space_.NotifyAll();
}

}  // namespace quota::client
