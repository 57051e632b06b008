// The Session RPC: batches of operations over one stream. See "Session" in quota.proto.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/clock.h"
#include "common/mutex.h"
#include "server/live_set.h"
#include "server/service_context.h"
#include "server/session_batch.h"
#include "server/stream_rpc.h"

namespace quota::server {

class SessionStream;

// The streams that are open, so that a drain can end them. Thread-safe.
class SessionStreams {
 public:
  // Each API server process has one stream, and an idle one costs some 20 KiB.
  static constexpr size_t kMaxStreams = 10'000;

  // RESOURCE_EXHAUSTED: there are too many. UNAVAILABLE: EndAll has been called.
  [[nodiscard]] absl::Status Add(const std::shared_ptr<SessionStream>& stream);
  void Remove(const SessionStream* stream);

  // Ends every stream with UNAVAILABLE once what it has read is answered, and refuses new ones.
  void EndAll();

  // Blocks until none is open, for `timeout` at most.
  void WaitUntilNone(Duration timeout);

  SpareBatches& spare() { return spare_; }

 private:
  SpareBatches spare_;
  Mutex mutex_;
  CondVar removed_;
  LiveSet<SessionStream> streams_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

// One stream. Its RPC's events, the engine's answers, a newer stream of the same session and a
// drain meet here on their own threads. Each of them changes the state under the lock and then
// calls Advance, which alone decides what gRPC is asked to do next.
//
// Order: a batch is submitted within the event that brought it, and the next read begins after
// that: so operations reach the engine in the order sent.
//
// Lifetime: gRPC's share ends with OnDone, and each batch in flight has a share. When all are gone
// the session is disconnected and the stream deletes itself.
class SessionStream final : public StreamReactor,
                            public BatchOwner,
                            public std::enable_shared_from_this<SessionStream> {
 public:
  // Read and not yet written. Enough to keep executors busy across a round trip of 10 ms at a
  // million operations a second.
  static constexpr size_t kMaxBatchesInFlight = 64;

  // In bytes: see SessionMessage and MessageWriter.
  using Rpc = BidiRpc<grpc::ByteBuffer, grpc::ByteBuffer>;

  // `streams` outlives the stream.
  static StreamReactor* Start(Rpc& rpc, const ServiceContext& context, SessionStreams& streams);

  SessionStream(Rpc& rpc, const ServiceContext& context, SessionStreams& streams);
  ~SessionStream() override;

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;
  void OnBatchAnswered(std::unique_ptr<SessionBatch> batch) override;

  // What happens to batches in flight when a stream ends.
  enum class Pending {
    // They are answered and written first.
    kWrite,
    // Their results are dropped: nobody reads them.
    kDrop,
  };
  // Reads no more, and finishes with `status`. The first status counts; kDrop wins over kWrite.
  void End(const absl::Status& status, Pending pending);

 private:
  absl::Status TakeMessage(std::unique_ptr<SessionBatch> message);
  absl::Status Open(std::unique_ptr<SessionBatch> message);
  // Counts `message` in; false where the stream is ending and takes no more.
  bool Admit();
  // Of the memory that is in flight; RESOURCE_EXHAUSTED where there is no more.
  absl::Status TakeMemory(SessionBatch& message);
  // Whether the next batch may be read.
  bool HasRoom() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  void Advance();
  void Drop(std::unique_ptr<SessionBatch> batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Rpc& rpc_;
  const ServiceContext context_;
  SessionStreams& streams_;

  // Set by the first message, before any batch is submitted.
  std::string session_;
  uint64_t epoch_ = 0;

  Mutex mutex_;
  // gRPC's share.
  std::shared_ptr<SessionStream> self_ ABSL_GUARDED_BY(mutex_);
  // From the decision to read until what was read has been submitted.
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  std::unique_ptr<SessionBatch> read_batch_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<SessionBatch> written_batch_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::unique_ptr<SessionBatch>> answered_ ABSL_GUARDED_BY(mutex_);
  size_t in_flight_ ABSL_GUARDED_BY(mutex_) = 0;
  // What they take of the memory, and the one that is written.
  CallInFlight call_ ABSL_GUARDED_BY(mutex_);
  // Threads between the decision to read or write and gRPC having been asked to: Finish waits for
  // them, as nothing may be started after it.
  int starting_ ABSL_GUARDED_BY(mutex_) = 0;
  bool connected_ ABSL_GUARDED_BY(mutex_) = false;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  bool dropping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status end_status_ ABSL_GUARDED_BY(mutex_);
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace quota::server
