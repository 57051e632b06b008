// The WatchEvents streams that are open: who is told that there is something new.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "common/clock.h"
#include "common/mutex.h"
#include "server/live_set.h"

namespace quota::server {

// One stream, as those see it who have news for it. Thread-safe; nothing here blocks.
class EventListener {
 public:
  virtual ~EventListener() = default;

  // These shards have something new.
  virtual void Tell(const std::vector<uint32_t>& shards) = 0;
  // Looks at all shards and tells the client the position.
  virtual void Heartbeat() = 0;
  // Ends the stream; the first status counts.
  virtual void End(const absl::Status& status) = 0;
};

// Thread-safe. Outlives the watches.
class EventWatches {
 public:
  // A watch reads the store for itself; those who need more share one.
  static constexpr size_t kMaxWatches = 100;
  // Between positions while nothing happens: a client that resumes is behind by no more.
  static constexpr Duration kHeartbeat = std::chrono::seconds(10);

  // Events are kept for `keep`.
  explicit EventWatches(Duration keep) : keep_(keep) {}

  Duration keep() const { return keep_; }

  // RESOURCE_EXHAUSTED: there are too many. UNAVAILABLE: EndAll has been called.
  [[nodiscard]] absl::Status Add(const std::shared_ptr<EventListener>& watch);
  void Remove(const EventListener* watch);
  size_t size() const;

  // These shards have new events, which are durable.
  void Tell(const std::vector<uint32_t>& shards);

  // To be called now and then; `elapsed` never runs backwards.
  void Tick(Duration elapsed);

  // Ends all with UNAVAILABLE and refuses new ones.
  void EndAll();

 private:
  std::vector<std::shared_ptr<EventListener>> All() const;

  const Duration keep_;
  mutable Mutex mutex_;
  LiveSet<EventListener> watches_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  Duration last_heartbeat_ ABSL_GUARDED_BY(mutex_){};
};

}  // namespace quota::server
