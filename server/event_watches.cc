#include "server/event_watches.h"

#include <fmt/format.h>

#include "common/status.h"

namespace quota::server {
namespace {

absl::Status ShuttingDown() {
  return WithReason(
      absl::UnavailableError("quotad is shutting down; resume from the last position"),
      kStoreStopped);
}

}  // namespace

absl::Status EventWatches::Add(const std::shared_ptr<EventListener>& watch) {
  MutexLock lock(mutex_);
  if (ended_) return ShuttingDown();
  if (watches_.size() >= kMaxWatches) {
    return WithReason(
        absl::ResourceExhaustedError(
            fmt::format("{} streams of WatchEvents are open, the most there may be", kMaxWatches)),
        kOverloaded);
  }
  watches_.Add(watch);
  return absl::OkStatus();
}

void EventWatches::Remove(const EventListener* watch) {
  MutexLock lock(mutex_);
  watches_.Remove(watch);
}

size_t EventWatches::size() const {
  MutexLock lock(mutex_);
  return watches_.size();
}

std::vector<std::shared_ptr<EventListener>> EventWatches::All() const {
  MutexLock lock(mutex_);
  return watches_.All();
}

void EventWatches::Tell(const std::vector<uint32_t>& shards) {
  for (const auto& watch : All()) watch->Tell(shards);
}

void EventWatches::Tick(Duration elapsed) {
  {
    MutexLock lock(mutex_);
    if (elapsed - last_heartbeat_ < kHeartbeat) return;
    last_heartbeat_ = elapsed;
  }
  for (const auto& watch : All()) watch->Heartbeat();
}

void EventWatches::EndAll() {
  {
    MutexLock lock(mutex_);
    ended_ = true;
  }
  for (const auto& watch : All()) watch->End(ShuttingDown());
}

}  // namespace quota::server
