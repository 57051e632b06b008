// One WatchEvents stream. It goes from shard to shard where there is news: asks the shard where its
// history ends now, an answer that waits until all before it is durable; reads the store up to
// there, page by page; and writes what it read. One of these at a time, so a slow client holds one
// page in memory.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/mutex.h"
#include "quota/v1/admin.pb.h"
#include "server/event_positions.h"
#include "server/service_context.h"
#include "server/stream_rpc.h"
#include "storage/keys.h"
#include "storage/store.h"

namespace quota::server {

// What is read of a shard at once.
struct EventPage {
  // Those that the client wants, with their positions.
  std::deque<v1::WatchEventsResponse> answers;
  // Where the stream stands behind them.
  EventPositions positions;
  // The shard has more up to its mark.
  bool more = false;
};

// The RPC's events, the engine's answers, the store's reader and news meet here on their own
// threads. Each changes the state under the lock and then calls Advance, which alone decides what
// is begun next. Nothing waits under the lock: those who bring news are in the way of commits.
// gRPC's share of it ends with OnDone.
class EventWatch final : public StreamReactor,
                         public Call,
                         public EventListener,
                         public std::enable_shared_from_this<EventWatch> {
 public:
  using Rpc = WriterRpc<v1::WatchEventsRequest, v1::WatchEventsResponse>;

  static StreamReactor* Start(Rpc& rpc, const ServiceContext& context,
                              const v1::WatchEventsRequest& request);

  EventWatch(Rpc& rpc, const ServiceContext& context, const v1::WatchEventsRequest& request)
      : rpc_(rpc), context_(context), org_(request.org_id()) {}

  void OnAnswered() override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  void Tell(const std::vector<uint32_t>& shards) override;
  void Heartbeat() override;
  void End(const absl::Status& status) override;

 private:
  enum class Step { kNothing, kFinish, kWrite, kAsk, kRead };

  absl::Status Begin(const v1::WatchEventsRequest& request);
  void Advance();
  Step Next() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void PreparePosition() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Ask();
  void Read();
  void OnRead(storage::Store* store);
  void TakePage(absl::StatusOr<EventPage> page) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SetEnd(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // What was begun is over.
  void OnStepDone();

  Rpc& rpc_;
  const ServiceContext context_;
  const std::string org_;

  Mutex mutex_;
  // gRPC's share.
  std::shared_ptr<EventWatch> self_ ABSL_GUARDED_BY(mutex_);
  // Something was begun that will call back.
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status end_status_ ABSL_GUARDED_BY(mutex_);

  EventPositions positions_ ABSL_GUARDED_BY(mutex_);
  // Shards whose position is to be where they end now.
  size_t unknown_ ABSL_GUARDED_BY(mutex_) = 0;
  // By shard: it may have something new.
  std::vector<bool> news_ ABSL_GUARDED_BY(mutex_);
  // The shard that is asked or read, where it ends, and whether it has more pages up to there.
  uint32_t current_ ABSL_GUARDED_BY(mutex_) = 0;
  storage::EventPosition mark_ ABSL_GUARDED_BY(mutex_);
  bool more_ ABSL_GUARDED_BY(mutex_) = false;
  // The first message has not been written.
  bool greeting_ ABSL_GUARDED_BY(mutex_) = true;
  bool position_due_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<v1::WatchEventsResponse> to_write_ ABSL_GUARDED_BY(mutex_);
  // What gRPC writes.
  v1::WatchEventsResponse writing_;
};

}  // namespace quota::server
