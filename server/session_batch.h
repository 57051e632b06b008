// One message of a Session stream and its answer: the request read, a call for each operation, and
// the response to write.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "common/mutex.h"
#include "google/protobuf/arena.h"
#include "quota/v1/quota.pb.h"
#include "server/message_writer.h"
#include "server/service_context.h"
#include "server/session_message.h"

namespace quota::server {

class SessionBatch;

// Batches kept for the next reads of all streams, so that a busy one does not allocate and an idle
// one has none. Thread-safe.
class SpareBatches {
 public:
  // An emptied one, or a new one.
  std::unique_ptr<SessionBatch> Take();
  void Keep(std::unique_ptr<SessionBatch> batch);

 private:
  // At most some 300 KiB each: its calls, and the bytes of request and response.
  static constexpr size_t kMost = 128;

  Mutex mutex_;
  std::vector<std::unique_ptr<SessionBatch>> batches_ ABSL_GUARDED_BY(mutex_);
};

// Gets batches back. Called on any thread.
class BatchOwner {
 public:
  virtual ~BatchOwner() = default;

  // All operations of `batch` have been answered.
  virtual void OnBatchAnswered(std::unique_ptr<SessionBatch> batch) = 0;
};

// Not thread-safe: it is in one hand at a time, the reader's, the engine's or the writer's.
class SessionBatch {
 public:
  SessionBatch();
  SessionBatch(const SessionBatch&) = delete;
  SessionBatch& operator=(const SessionBatch&) = delete;

  // As gRPC reads it; then TakeRequest makes it the request.
  grpc::ByteBuffer& read_bytes() { return read_bytes_; }
  // The errors of SessionMessage::Read.
  [[nodiscard]] absl::Status TakeRequest();
  const SessionMessage& request() const { return request_; }

  // The answer to an open.
  void SetOpened(const v1::SessionOpened& opened);
  // What is to be written, once: the results of a batch's operations are told by their calls. Not
  // done by who answers: an executor has better things to do.
  grpc::ByteBuffer WriteResponse();

  // Submits the operations of `batch`'s request, in their order; those that are no good get their
  // error at once, and don't keep the others. Then the batch belongs to the engine, and comes back
  // to `owner`, which it keeps alive, exactly once: perhaps before Submit returns. `session` lives
  // as long as the owner.
  static void Submit(std::unique_ptr<SessionBatch> batch, const ServiceContext& context,
                     std::string_view session, std::shared_ptr<BatchOwner> owner);

  // What it takes of the memory until it is written, counted by the stream.
  int64_t bytes = 0;

  // Empties it, for the next request to be read.
  void Reset();

 private:
  class OperationCall final : public Call {
   public:
    void OnAnswered() override { batch->OnOperationAnswered(); }
    SessionBatch* batch = nullptr;
  };

  void OnOperationAnswered();
  void WriteResults();
  // For the metrics, once: before the answers are written, or where nobody wants them any more.
  void CountAnswers();

  grpc::ByteBuffer read_bytes_;
  SessionMessage request_;
  // Operations that can't be read in place.
  google::protobuf::Arena arena_;
  MessageWriter response_;
  // Of the batch, and from larger ones before. Each takes 600 bytes, which would be made and
  // emptied again with every operation: they are kept, but for many.
  static constexpr size_t kKeptCalls = 256;
  std::unique_ptr<OperationCall[]> calls_;
  size_t made_calls_ = 0;
  // Of the operations: and one more while they are being submitted, so that none of them ends the
  // batch before all are on their way.
  std::atomic<size_t> unanswered_{0};
  std::shared_ptr<BatchOwner> owner_;
  // Null where its answers have been counted, or there will be none.
  Metrics* metrics_ = nullptr;
  std::chrono::steady_clock::time_point started_;
};

}  // namespace quota::server
