#include "server/session_batch.h"

#include <utility>

#include "server/answer_writer.h"
#include "server/request_reader.h"

namespace quota::server {
namespace {

google::protobuf::ArenaOptions BatchArenaOptions() {
  google::protobuf::ArenaOptions options;
  // A batch of a dozen operations fits the first block, one of a thousand takes a few.
  options.start_block_size = 8 * 1024;
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
  arena_.Reset();
  request_ = google::protobuf::Arena::CreateMessage<v1::SessionRequest>(&arena_);
  response_ = google::protobuf::Arena::CreateMessage<v1::SessionResponse>(&arena_);
}

void SessionBatch::Submit(std::unique_ptr<SessionBatch> batch, const ServiceContext& context,
                          std::string_view session, std::shared_ptr<BatchOwner> owner) {
  // Whoever answers last takes the batch over.
  SessionBatch& self = *batch.release();
  self.started_ = std::chrono::steady_clock::now();
  self.metrics_ = &context.metrics;
  self.owner_ = std::move(owner);
  const auto& operations = self.request_->batch().operations();
  const auto count = static_cast<size_t>(operations.size());
  if (self.made_calls_ < count) {
    self.calls_ = std::make_unique<OperationCall[]>(count);
    self.made_calls_ = count;
  }
  std::vector<Call*> valid;
  valid.reserve(count);
  for (int i = 0; i < operations.size(); ++i) {
    OperationCall& call = self.calls_[i];
    call.batch = &self;
    call.status = ReadOperation(operations[i], session, call.command);
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
  const auto& operations = request_->batch().operations();
  for (int i = 0; i < operations.size(); ++i) {
    const OperationCall& call = calls_[i];
    const bool has_kind = operations[i].kind_case() != v1::Operation::KIND_NOT_SET;
    const Method method = has_kind ? MethodOf(call.command.operation) : Method::kUnknown;
    metrics_->Count(method, Transport::kSession, Outcome::Of(call.status, call.answer));
  }
  metrics_->Time(Method::kBatch, std::chrono::steady_clock::now() - started_);
  metrics_ = nullptr;
}

void SessionBatch::WriteAnswers() {
  if (!request_->has_batch()) return;
  CountAnswers();
  const v1::Batch& batch = request_->batch();
  v1::BatchResult& result = *response_->mutable_result();
  result.set_sequence(batch.sequence());
  result.mutable_results()->Reserve(batch.operations_size());
  for (int i = 0; i < batch.operations_size(); ++i) WriteResult(calls_[i], *result.add_results());
}

}  // namespace quota::server
