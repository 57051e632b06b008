#include "benchmarks/noop_service.h"

#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "benchmarks/noop_answers.h"
#include "common/mutex.h"
#include "google/protobuf/arena.h"
#include "server/quota_service.h"
#include "server/stream_rpc.h"
#include "server/unary_rpc.h"

namespace quota::bench {
namespace {

constexpr int kWaiting = server::QuotaService::kWaiting;

// One message and its answer, on an arena that is used again.
class Exchange {
 public:
  Exchange() { Reset(); }
  void Reset() {
    arena_.Reset();
    request = google::protobuf::Arena::CreateMessage<v1::SessionRequest>(&arena_);
    response = google::protobuf::Arena::CreateMessage<v1::SessionResponse>(&arena_);
  }

  v1::SessionRequest* request = nullptr;
  v1::SessionResponse* response = nullptr;

 private:
  static google::protobuf::ArenaOptions Options() {
    google::protobuf::ArenaOptions options;
    options.start_block_size = 64 * 1024;
    options.max_block_size = 256 * 1024;
    return options;
  }
  google::protobuf::Arena arena_{Options()};
};

// Reads the next message while an answer is being written, up to as many as quotad does.
class Stream final : public server::StreamReactor {
 public:
  using Rpc = server::BidiRpc<v1::SessionRequest, v1::SessionResponse>;

  // `sync`: what answers wait for, or null.
  Stream(Rpc& rpc, GroupSync* sync) : rpc_(rpc), sync_(sync) { Read(); }

  void OnReadDone(bool ok) override {
    if (!ok) return End();
    std::unique_ptr<Exchange> exchange;
    {
      MutexLock lock(mutex_);
      exchange = std::move(reading_);
    }
    Answer(*exchange->request, *exchange->response);
    bool may_read = false;
    {
      MutexLock lock(mutex_);
      ++in_flight_;
      may_read = in_flight_ < kMaxInFlight;
      paused_ = !may_read;
    }
    if (sync_ == nullptr) {
      Write(std::move(exchange));
    } else {
      const int operations = exchange->request->batch().operations_size();
      sync_->Await(operations, [this, exchange = std::move(exchange)]() mutable {
        Write(std::move(exchange));
      });
    }
    if (may_read) Read();
  }

  void OnWriteDone(bool ok) override {
    Exchange* write = nullptr;
    bool resume = false;
    bool finish = false;
    {
      MutexLock lock(mutex_);
      --in_flight_;
      writing_->Reset();
      spare_.push_back(std::move(writing_));
      if (!ok) {
        in_flight_ -= static_cast<int>(answered_.size());
        answered_.clear();
      }
      if (!answered_.empty()) write = TakeAnswered();
      resume = std::exchange(paused_, false);
      finish = ended_ && in_flight_ == 0;
    }
    if (write != nullptr) rpc_.StartWrite(*write->response);
    if (resume) Read();
    if (finish) rpc_.Finish(grpc::Status::OK);
  }

  // A read or write ends with it.
  void OnCancel() override {}
  void OnDone() override { delete this; }

 private:
  static constexpr int kMaxInFlight = 64;

  // Writes the answer after those before it.
  void Write(std::unique_ptr<Exchange> exchange) {
    Exchange* write = nullptr;
    {
      MutexLock lock(mutex_);
      answered_.push_back(std::move(exchange));
      if (writing_ == nullptr) write = TakeAnswered();
    }
    if (write != nullptr) rpc_.StartWrite(*write->response);
  }

  void Read() {
    v1::SessionRequest* request = nullptr;
    {
      MutexLock lock(mutex_);
      if (spare_.empty()) spare_.push_back(std::make_unique<Exchange>());
      reading_ = std::move(spare_.back());
      spare_.pop_back();
      request = reading_->request;
    }
    rpc_.StartRead(request);
  }

  Exchange* TakeAnswered() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    writing_ = std::move(answered_.front());
    answered_.pop_front();
    return writing_.get();
  }

  // The client has sent its last message, or is gone.
  void End() {
    bool finish = false;
    {
      MutexLock lock(mutex_);
      ended_ = true;
      finish = in_flight_ == 0;
    }
    if (finish) rpc_.Finish(grpc::Status::OK);
  }

  Rpc& rpc_;
  GroupSync* const sync_;
  Mutex mutex_;
  std::unique_ptr<Exchange> reading_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<Exchange> writing_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::unique_ptr<Exchange>> answered_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<Exchange>> spare_ ABSL_GUARDED_BY(mutex_);
  // Read and not yet written.
  int in_flight_ ABSL_GUARDED_BY(mutex_) = 0;
  // It does not read because too many are in flight.
  bool paused_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace

void NoopService::Listen(server::RpcLoop& loop, GroupSync* sync) {
  const auto answer = [sync](server::UnaryRpc& rpc, const auto& request, auto& response) {
    Answer(request, response);
    if (sync == nullptr) return rpc.Finish(grpc::Status::OK);
    sync->Await(1, [&rpc] { rpc.Finish(grpc::Status::OK); });
  };
  server::ListenUnary(loop, *this, &NoopService::RequestReserve, answer, kWaiting);
  server::ListenUnary(loop, *this, &NoopService::RequestCommit, answer, kWaiting);
  server::ListenUnary(loop, *this, &NoopService::RequestCharge, answer, kWaiting);
  server::ListenUnary(loop, *this, &NoopService::RequestGetUsage, answer, kWaiting);
  server::ListenBidi(loop, *this, &NoopService::RequestSession,
                     [sync](Stream::Rpc& rpc) { return new Stream(rpc, sync); });
}

}  // namespace quota::bench
