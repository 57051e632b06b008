// Batches over Session streams. A batch's messages are used again; its answer is parsed into an
// arena that is.
#include <google/protobuf/arena.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/async_stream.h>

#include <array>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "benchmarks/worker.h"
#include "client/grpc_status.h"
#include "client/uuid.h"

namespace quota::bench {
namespace {

class SessionWorker;

// One of the batches that are in flight: all its operations are of one kind.
struct BatchSlot {
  Work work = Work::kReserve;
  Op op = Op::kReserve;
  TimePoint due;
  std::vector<Item> items;
  // One for each kind, so that its fields keep their memory.
  std::array<v1::SessionRequest, kOps> requests;
};

// One stream, with its share of the batches. At most one message is being written, and one read.
class Stream {
 public:
  Stream(SessionWorker& worker, v1::QuotaService::Stub& stub, uint32_t slots);

  void Open();
  bool HasRoom() const { return !free_.empty(); }
  void Begin(Work work, TimePoint due);
  void Close();
  void Cancel() { context_.TryCancel(); }

 private:
  // What gRPC tells about one kind of action.
  class Step final : public Completion {
   public:
    Step(Stream& stream, void (Stream::*method)(bool)) : stream_(stream), method_(method) {}
    void Proceed(bool ok) override { (stream_.*method_)(ok); }

   private:
    Stream& stream_;
    void (Stream::*method_)(bool);
  };

  void OnStarted(bool ok);
  void OnWritten(bool ok);
  void OnRead(bool ok);
  void OnFinished(bool ok);

  void Send(uint32_t slot, Op op, TimePoint due);
  void WriteNext();
  void Read();
  absl::Status TakeResult(const v1::SessionResponse& response, TimePoint now);
  void Advance(uint32_t slot, TimePoint now);
  // The stream has ended: whatever is in flight will not be answered.
  void Break();

  SessionWorker& worker_;
  v1::QuotaService::Stub& stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientAsyncReaderWriter<v1::SessionRequest, v1::SessionResponse>> rpc_;
  Step started_{*this, &Stream::OnStarted};
  Step written_{*this, &Stream::OnWritten};
  Step read_{*this, &Stream::OnRead};
  Step finished_{*this, &Stream::OnFinished};

  v1::SessionRequest open_;
  std::vector<BatchSlot> slots_;
  std::vector<uint32_t> free_;
  std::deque<const v1::SessionRequest*> to_write_;
  google::protobuf::Arena arena_;
  v1::SessionResponse* response_ = nullptr;
  bool writing_ = false;
  bool writes_done_ = false;
  bool closing_ = false;
  bool broken_ = false;
  bool opened_ = false;
  grpc::Status status_;
};

class SessionWorker final : public Worker {
 public:
  SessionWorker(const WorkerOptions& options, const WorkloadOptions& workload_options,
                uint32_t thread)
      : Worker(options, workload_options, thread) {
    for (const auto& channel : options.channels) {
      stubs_.push_back(v1::QuotaService::NewStub(channel));
    }
    for (uint32_t i = 0; i < options.streams; ++i) {
      // The first streams take what does not divide.
      const uint32_t slots = (options.in_flight + options.streams - 1 - i) / options.streams;
      streams_.push_back(std::make_unique<Stream>(*this, *stubs_[i % stubs_.size()], slots));
    }
  }

  // For its streams.
  void StreamOpened() {
    if (++opened_ == streams_.size()) Ready();
  }
  void StreamEnded() {
    if (++ended_ == streams_.size()) Closed();
  }
  using Worker::Ended;
  using Worker::Fail;
  using Worker::mutable_recorder;
  using Worker::options;
  using Worker::queue;

 protected:
  void Open() override {
    for (const auto& stream : streams_) stream->Open();
  }
  void StartWork(TimePoint due) override {
    // Streams take turns.
    do {
      next_ = (next_ + 1) % streams_.size();
    } while (!streams_[next_]->HasRoom());
    streams_[next_]->Begin(workload().NextWork(), due);
  }
  void Close() override {
    for (const auto& stream : streams_) stream->Close();
  }
  void Cancel() override {
    for (const auto& stream : streams_) stream->Cancel();
  }

 private:
  std::vector<std::unique_ptr<v1::QuotaService::Stub>> stubs_;
  std::vector<std::unique_ptr<Stream>> streams_;
  size_t next_ = 0;
  size_t opened_ = 0;
  size_t ended_ = 0;
};

google::protobuf::ArenaOptions AnswerArena() {
  google::protobuf::ArenaOptions options;
  // An answer of 64 operations fits the first block.
  options.start_block_size = 64 * 1024;
  options.max_block_size = 256 * 1024;
  return options;
}

Stream::Stream(SessionWorker& worker, v1::QuotaService::Stub& stub, uint32_t slots)
    : worker_(worker), stub_(stub), slots_(slots), arena_(AnswerArena()) {
  for (uint32_t i = 0; i < slots; ++i) {
    slots_[i].items.resize(worker.options().batch);
    free_.push_back(i);
  }
  open_.mutable_open()->set_session_id(client::NewUuid());
  open_.mutable_open()->set_epoch(1);
}

void Stream::Open() { rpc_ = stub_.AsyncSession(&context_, worker_.queue(), TagOf(&started_)); }

void Stream::OnStarted(bool ok) {
  if (!ok) return Break();
  to_write_.push_back(&open_);
  WriteNext();
  Read();
}

void Stream::Begin(Work work, TimePoint due) {
  const uint32_t slot = free_.back();
  free_.pop_back();
  BatchSlot& batch = slots_[slot];
  batch.work = work;
  for (Item& item : batch.items) item = worker_.workload().NextItem();
  Send(slot, FirstOp(work), due);
}

void Stream::Send(uint32_t slot, Op op, TimePoint due) {
  BatchSlot& batch = slots_[slot];
  batch.op = op;
  batch.due = due;
  v1::SessionRequest& request = batch.requests[static_cast<size_t>(op)];
  v1::Batch& message = *request.mutable_batch();
  // The slot is in flight once: its number finds it again.
  message.set_sequence(slot);
  while (message.operations_size() < static_cast<int>(batch.items.size())) {
    message.add_operations();
  }
  for (size_t i = 0; i < batch.items.size(); ++i) {
    worker_.workload().Write(op, batch.items[i], *message.mutable_operations(static_cast<int>(i)));
  }
  to_write_.push_back(&request);
  WriteNext();
}

void Stream::WriteNext() {
  if (writing_ || broken_) return;
  if (!to_write_.empty()) {
    writing_ = true;
    const v1::SessionRequest* request = to_write_.front();
    to_write_.pop_front();
    rpc_->Write(*request, TagOf(&written_));
  } else if (closing_ && !writes_done_) {
    writing_ = true;
    writes_done_ = true;
    // Answered by the end of the stream, which the read tells.
    rpc_->WritesDone(TagOf(&written_));
  }
}

void Stream::OnWritten(bool ok) {
  writing_ = false;
  // Not ok: the stream has ended, and so will the read, which tells.
  if (ok) WriteNext();
}

void Stream::Read() {
  arena_.Reset();
  response_ = google::protobuf::Arena::CreateMessage<v1::SessionResponse>(&arena_);
  rpc_->Read(response_, TagOf(&read_));
}

void Stream::OnRead(bool ok) {
  if (!ok) return Break();
  const TimePoint now = std::chrono::steady_clock::now();
  const absl::Status status = TakeResult(*response_, now);
  if (!status.ok()) worker_.Fail(status);
  // The next answer is on its way while this one's successor is sent.
  const bool is_result = response_->has_result();
  const uint64_t slot = is_result ? response_->result().sequence() : 0;
  Read();
  if (!is_result) {
    opened_ = true;
    worker_.StreamOpened();
  } else if (status.ok()) {
    Advance(static_cast<uint32_t>(slot), now);
  } else if (slot < slots_.size()) {
    free_.push_back(static_cast<uint32_t>(slot));
    worker_.Ended();
  }
}

absl::Status Stream::TakeResult(const v1::SessionResponse& response, TimePoint now) {
  if (response.has_opened() && !opened_) return absl::OkStatus();
  const v1::BatchResult& result = response.result();
  if (result.sequence() >= slots_.size()) {
    return absl::FailedPreconditionError(
        absl::StrCat("a result is of batch ", result.sequence(), ", which was not sent"));
  }
  const BatchSlot& batch = slots_[result.sequence()];
  if (result.results_size() != static_cast<int>(batch.items.size())) {
    return absl::FailedPreconditionError(absl::StrCat(
        "a batch of ", batch.items.size(), " operations has ", result.results_size(), " results"));
  }
  for (int i = 0; i < result.results_size(); ++i) {
    absl::Status status = worker_.workload().Take(batch.op, batch.items[i], result.results(i));
    if (!status.ok()) return status;
  }
  worker_.mutable_recorder().Answered(batch.op, result.results_size(), batch.due, now);
  return absl::OkStatus();
}

void Stream::Advance(uint32_t slot, TimePoint now) {
  BatchSlot& batch = slots_[slot];
  if (batch.op == Op::kReserve) {
    if (batch.work == Work::kReserveCommit) return Send(slot, Op::kCommit, now);
    for (const Item& item : batch.items) worker_.workload().LeaveOpen(item);
  }
  free_.push_back(slot);
  worker_.Ended();
}

void Stream::Close() {
  closing_ = true;
  if (opened_) {
    WriteNext();
  } else {
    Cancel();
  }
}

void Stream::Break() {
  if (broken_) return;
  broken_ = true;
  rpc_->Finish(&status_, TagOf(&finished_));
}

void Stream::OnFinished(bool /*ok*/) {
  if (!closing_ || !status_.ok()) {
    worker_.Fail(status_.ok() ? absl::UnavailableError("the server ended a Session stream")
                              : client::FromGrpcStatus(status_));
  }
  // Whatever was in flight comes back unanswered.
  const size_t lost = slots_.size() - free_.size();
  free_.clear();
  for (size_t i = 0; i < lost; ++i) worker_.Ended();
  if (!opened_) worker_.StreamOpened();
  worker_.StreamEnded();
}

}  // namespace

std::unique_ptr<Worker> NewSessionWorker(const WorkerOptions& options,
                                         const WorkloadOptions& workload_options, uint32_t thread) {
  return std::make_unique<SessionWorker>(options, workload_options, thread);
}

}  // namespace quota::bench
