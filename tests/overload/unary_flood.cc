#include "tests/overload/unary_flood.h"

#include <utility>

#include "common/mutex.h"
#include "tests/integration/quota_calls.h"
#include "tests/overload/pace.h"

namespace quota::test {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kTick{1};
// A call that hangs is a failure, not the end of the test by ctest's timeout.
constexpr std::chrono::seconds kDeadline{60};

struct Attempt {
  grpc::ClientContext context;
  v1::ChargeRequest request;
  v1::ChargeResponse response;
};

bool TellsDelay(const grpc::Status& status) {
  // google.rpc.Status with the packed detail, of which the name is enough here.
  return status.error_details().find("google.rpc.RetryInfo") != std::string::npos;
}

}  // namespace

class UnaryFlood::Connection {
 public:
  Connection(const Options& options, int number)
      : options_(options),
        prefix_(options.name + "-" + std::to_string(number) + "-"),
        pace_(options.calls_per_second),
        calls_(options.target) {
    if (options.calls_per_second > 0) return;
    for (int i = 0; i < options.in_flight; ++i) Send();
  }

  ~Connection() {
    Stop();
    MutexLock lock(mutex_);
    while (in_flight_ > 0) changed_.Wait(mutex_);
  }

  void Offer() {
    for (uint64_t due = pace_.TakeDue(); due > 0; --due) Send();
  }

  void Stop() {
    MutexLock lock(mutex_);
    stopped_ = true;
  }

  bool WaitForAnswers(steady_clock::time_point deadline) {
    MutexLock lock(mutex_);
    while (in_flight_ > 0) {
      const auto left = deadline - steady_clock::now();
      if (left <= left.zero()) return false;
      changed_.WaitFor(mutex_, std::chrono::duration_cast<std::chrono::microseconds>(left));
    }
    return true;
  }

  FloodCounts counts() const {
    MutexLock lock(mutex_);
    return counts_;
  }

 private:
  void Send() {
    auto* attempt = new Attempt;
    {
      MutexLock lock(mutex_);
      if (stopped_) {
        delete attempt;
        return;
      }
      const uint64_t number = counts_.sent++;
      ++in_flight_;
      attempt->request = MakeCharge(options_.orgs[number % options_.orgs.size()],
                                    prefix_ + std::to_string(number), 0);
    }
    attempt->context.set_deadline(std::chrono::system_clock::now() + kDeadline);
    calls_.quota().async()->Charge(
        &attempt->context, &attempt->request, &attempt->response,
        [this, attempt](const grpc::Status& status) { Take(attempt, status); });
  }

  void Take(Attempt* attempt, const grpc::Status& status) {
    const bool granted = status.ok() && attempt->response.decision() == v1::DECISION_GRANTED;
    const bool refused = status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED;
    delete attempt;
    // First the next one, so that there is never none in flight before the end.
    if (options_.calls_per_second == 0) Send();
    MutexLock lock(mutex_);
    ++(granted ? counts_.granted : refused ? counts_.refused : counts_.other);
    if (refused && !TellsDelay(status)) ++counts_.refused_without_delay;
    --in_flight_;
    changed_.NotifyAll();
  }

  const Options options_;
  const std::string prefix_;
  Pace pace_;
  QuotaCalls calls_;
  mutable Mutex mutex_;
  CondVar changed_;
  int in_flight_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  FloodCounts counts_ ABSL_GUARDED_BY(mutex_);
};

UnaryFlood::UnaryFlood(const Options& options) {
  for (int i = 0; i < options.connections; ++i) {
    connections_.push_back(std::make_unique<Connection>(options, i));
  }
  if (options.calls_per_second > 0) {
    pacer_ = std::jthread([this](const std::stop_token& stop) { Keep(stop); });
  }
}

UnaryFlood::~UnaryFlood() { StopSending(); }

void UnaryFlood::Keep(std::stop_token stop) {
  while (!stop.stop_requested()) {
    for (const auto& connection : connections_) connection->Offer();
    std::this_thread::sleep_for(kTick);
  }
}

void UnaryFlood::StopSending() {
  if (pacer_.joinable()) {
    pacer_.request_stop();
    pacer_.join();
  }
  for (const auto& connection : connections_) connection->Stop();
}

bool UnaryFlood::WaitForAnswers(std::chrono::seconds timeout) {
  const auto deadline = steady_clock::now() + timeout;
  bool all = true;
  for (const auto& connection : connections_) all = connection->WaitForAnswers(deadline) && all;
  return all;
}

FloodCounts UnaryFlood::counts() const {
  FloodCounts all;
  for (const auto& connection : connections_) {
    const FloodCounts counts = connection->counts();
    all.sent += counts.sent;
    all.granted += counts.granted;
    all.refused += counts.refused;
    all.refused_without_delay += counts.refused_without_delay;
    all.other += counts.other;
  }
  return all;
}

}  // namespace quota::test
