#include "tests/overload/session_flood.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <thread>
#include <utility>

#include "common/mutex.h"
#include "tests/overload/pace.h"

namespace quota::test {
namespace {

using std::chrono::steady_clock;

// How finely a pace is kept.
constexpr std::chrono::milliseconds kFloodTick{1};

std::shared_ptr<grpc::Channel> OwnConnection(const std::string& target) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

// One at a time is written, and one read; the rest waits in numbers.
class SessionFlood::Stream final
    : public grpc::ClientBidiReactor<v1::SessionRequest, v1::SessionResponse> {
 public:
  Stream(const Options& options, int number)
      : options_(options),
        session_(options.name + "-" + std::to_string(number)),
        pace_(options.batches_per_second),
        stub_(v1::QuotaService::NewStub(OwnConnection(options.target))) {
    v1::Batch& batch = *batch_.mutable_batch();
    for (int i = 0; i < options.operations; ++i) {
      AddOperation(batch);
    }
    open_.mutable_open()->set_session_id(session_);
    open_.mutable_open()->set_epoch(1);
    stub_->async()->Session(&context_, this);
    AddHold();
    writing_ = true;
    StartWrite(&open_);
    if (options.reads) StartRead(&response_);
    StartCall();
  }

  ~Stream() override {
    context_.TryCancel();
    Stop();
    MutexLock lock(mutex_);
    while (!done_) changed_.Wait(mutex_);
  }

  // Batches of its pace that are due now.
  void Offer() {
    const uint64_t due = pace_.TakeDue();
    MutexLock lock(mutex_);
    offered_ += due;
    WriteNext();
  }

  void Stop() {
    MutexLock lock(mutex_);
    if (stopped_) return;
    stopped_ = true;
    RemoveHold();
  }

  bool WaitForAnswers(steady_clock::time_point deadline) {
    MutexLock lock(mutex_);
    while (in_flight_ > 0 && !done_) {
      const auto left = deadline - steady_clock::now();
      if (left <= left.zero()) return false;
      changed_.WaitFor(mutex_, std::chrono::duration_cast<std::chrono::microseconds>(left));
    }
    return in_flight_ == 0;
  }

  FloodCounts counts() const {
    MutexLock lock(mutex_);
    return counts_;
  }

  bool done() const {
    MutexLock lock(mutex_);
    return done_;
  }

  void OnWriteDone(bool ok) override {
    MutexLock lock(mutex_);
    writing_ = false;
    failed_ = failed_ || !ok;
    WriteNext();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    FloodCounts fresh;
    for (const v1::OperationResult& result : response_.result().results()) Count(result, fresh);
    {
      MutexLock lock(mutex_);
      if (response_.has_result()) --in_flight_;
      counts_.granted += fresh.granted;
      counts_.refused += fresh.refused;
      counts_.refused_without_delay += fresh.refused_without_delay;
      counts_.other += fresh.other;
      WriteNext();
      changed_.NotifyAll();
    }
    StartRead(&response_);
  }

  void OnDone(const grpc::Status& status) override {
    MutexLock lock(mutex_);
    done_ = true;
    changed_.NotifyAll();
  }

 private:
  static void Count(const v1::OperationResult& result, FloodCounts& counts) {
    if (result.charge().decision() == v1::DECISION_GRANTED ||
        result.reserve().decision() == v1::DECISION_GRANTED) {
      ++counts.granted;
    } else if (result.error().code() == grpc::StatusCode::RESOURCE_EXHAUSTED) {
      ++counts.refused;
      if (!result.error().has_retry_delay()) ++counts.refused_without_delay;
    } else {
      ++counts.other;
    }
  }

  void AddOperation(v1::Batch& batch) const {
    v1::Operation& operation = *batch.add_operations();
    if (!options_.holds) {
      operation.mutable_charge()->set_credits(0);
      return;
    }
    operation.mutable_reserve()->set_credits(0);
    operation.mutable_reserve()->set_slots(0);
    operation.mutable_reserve()->set_bind_to_session(true);
  }

  template <typename Request>
  void Name(Request& request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    request.set_org_id(options_.orgs[next_ % options_.orgs.size()]);
    request.set_reservation_id(session_ + "-" + std::to_string(next_));
    ++next_;
  }

  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ || stopped_ || failed_ || done_ || in_flight_ >= options_.batches) return;
    if (options_.batches_per_second > 0) {
      if (offered_ == 0) return;
      --offered_;
    }
    for (v1::Operation& operation : *batch_.mutable_batch()->mutable_operations()) {
      if (operation.has_charge()) {
        Name(*operation.mutable_charge());
      } else {
        Name(*operation.mutable_reserve());
      }
    }
    ++in_flight_;
    counts_.sent += static_cast<uint64_t>(options_.operations);
    writing_ = true;
    StartWrite(&batch_);
  }

  const Options options_;
  const std::string session_;
  Pace pace_;
  std::unique_ptr<v1::QuotaService::Stub> stub_;
  grpc::ClientContext context_;
  v1::SessionRequest open_;
  v1::SessionResponse response_;

  mutable Mutex mutex_;
  CondVar changed_;
  v1::SessionRequest batch_ ABSL_GUARDED_BY(mutex_);
  uint64_t next_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t offered_ ABSL_GUARDED_BY(mutex_) = 0;
  int in_flight_ ABSL_GUARDED_BY(mutex_) = 0;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  bool failed_ ABSL_GUARDED_BY(mutex_) = false;
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
  FloodCounts counts_ ABSL_GUARDED_BY(mutex_);
};

SessionFlood::SessionFlood(const Options& options) {
  for (int i = 0; i < options.streams; ++i) {
    streams_.push_back(std::make_unique<Stream>(options, i));
  }
  if (options.batches_per_second > 0) {
    pacer_ = std::jthread([this](const std::stop_token& stop) { Keep(stop); });
  }
}

SessionFlood::~SessionFlood() { StopSending(); }

void SessionFlood::Keep(std::stop_token stop) {
  while (!stop.stop_requested()) {
    for (const auto& stream : streams_) stream->Offer();
    std::this_thread::sleep_for(kFloodTick);
  }
}

void SessionFlood::StopSending() {
  if (pacer_.joinable()) {
    pacer_.request_stop();
    pacer_.join();
  }
  for (const auto& stream : streams_) stream->Stop();
}

bool SessionFlood::WaitForAnswers(std::chrono::seconds timeout) {
  const auto deadline = steady_clock::now() + timeout;
  bool all = true;
  for (const auto& stream : streams_) all = stream->WaitForAnswers(deadline) && all;
  return all;
}

FloodCounts SessionFlood::counts() const {
  FloodCounts all;
  for (const auto& stream : streams_) {
    const FloodCounts counts = stream->counts();
    all.sent += counts.sent;
    all.granted += counts.granted;
    all.refused += counts.refused;
    all.refused_without_delay += counts.refused_without_delay;
    all.other += counts.other;
  }
  return all;
}

int SessionFlood::ended() const {
  int ended = 0;
  for (const auto& stream : streams_) ended += stream->done() ? 1 : 0;
  return ended;
}

}  // namespace quota::test
