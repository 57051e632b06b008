#include "server/session_batch.h"

#include <grpcpp/support/slice.h>

#include <utility>

#include "server/answer_writer.h"
#include "server/request_reader.h"

namespace quota::server {
namespace {

google::protobuf::ArenaOptions BatchArenaOptions() {
  google::protobuf::ArenaOptions options;
  options.start_block_size = 1024;
  options.max_block_size = 256 * 1024;
  return options;
}

}  // namespace

std::unique_ptr<SessionBatch> SpareBatches::Take() {
  {
    MutexLock lock(mutex_);
    if (!batches_.empty()) {
      std::unique_ptr<SessionBatch> batch = std::move(batches_.back());
      batches_.pop_back();
      return batch;
    }
  }
  return std::make_unique<SessionBatch>();
}

void SpareBatches::Keep(std::unique_ptr<SessionBatch> batch) {
  batch->Reset();
  MutexLock lock(mutex_);
  if (batches_.size() < kMost) batches_.push_back(std::move(batch));
}

SessionBatch::SessionBatch() : arena_(BatchArenaOptions()) { Reset(); }

void SessionBatch::Reset() {
  CountAnswers();
  if (made_calls_ > kKeptCalls) {
    calls_.reset();
    made_calls_ = 0;
  }
  read_bytes_.Clear();
  request_.Clear();
  arena_.Reset();
  response_.Clear();
}

absl::Status SessionBatch::TakeRequest() {
  // A copy in one piece: gRPC's memory would hold on to all that came with the message.
  std::vector<grpc::Slice> slices;
  (void)read_bytes_.Dump(&slices);
  for (const grpc::Slice& slice : slices) {
    request_.bytes().append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  read_bytes_.Clear();
  return request_.Read();
}

void SessionBatch::Submit(std::unique_ptr<SessionBatch> batch, const ServiceContext& context,
                          std::string_view session, std::shared_ptr<BatchOwner> owner) {
  // Whoever answers last takes the batch over.
  SessionBatch& self = *batch.release();
  self.started_ = std::chrono::steady_clock::now();
  self.metrics_ = &context.metrics;
  self.owner_ = std::move(owner);
  const auto& operations = self.request_.operations();
  const size_t count = operations.size();
  if (self.made_calls_ < count) {
    self.calls_ = std::make_unique<OperationCall[]>(count);
    self.made_calls_ = count;
  }
  std::vector<Call*> valid;
  valid.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    OperationCall& call = self.calls_[i];
    call.batch = &self;
    call.status = ReadOperation(operations[i], session, self.arena_, call.command);
    if (call.status.ok()) valid.push_back(&call);
  }
  self.unanswered_.store(valid.size() + 1, std::memory_order_relaxed);
  if (!valid.empty()) context.engine.SubmitAll(valid);
  self.OnOperationAnswered();
}

void SessionBatch::OnOperationAnswered() {
  // Acquire and release: the last one sees what every other wrote into its call.
  if (unanswered_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  const std::shared_ptr<BatchOwner> owner = std::move(owner_);
  owner->OnBatchAnswered(std::unique_ptr<SessionBatch>(this));
}

void SessionBatch::CountAnswers() {
  if (metrics_ == nullptr) return;
  for (size_t i = 0; i < request_.operations().size(); ++i) {
    const OperationCall& call = calls_[i];
    metrics_->Count(MethodOf(call.command.operation), Transport::kSession,
                    Outcome::Of(call.status, call.answer));
  }
  metrics_->Time(Method::kBatch, std::chrono::steady_clock::now() - started_);
  metrics_ = nullptr;
}

void SessionBatch::SetOpened(const v1::SessionOpened& opened) {
  response_.Object(v1::SessionResponse::kOpenedFieldNumber, opened);
}

grpc::ByteBuffer SessionBatch::WriteResponse() {
  if (request_.kind() == SessionMessage::Kind::kBatch) {
    CountAnswers();
    response_.Message(v1::SessionResponse::kResultFieldNumber, [this] { WriteResults(); });
  }
  return response_.ToByteBuffer();
}

void SessionBatch::WriteResults() {
  response_.Int(v1::BatchResult::kSequenceFieldNumber, static_cast<int64_t>(request_.sequence()));
  for (size_t i = 0; i < request_.operations().size(); ++i) {
    response_.Message(v1::BatchResult::kResultsFieldNumber,
                      [&] { WriteResult(calls_[i], response_); });
  }
}

}  // namespace quota::server
