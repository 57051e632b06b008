#include "server/session_registry.h"

#include <fmt/format.h>

#include <utility>

#include "common/status.h"

namespace quota::server {

absl::Status SessionRegistry::Connect(std::string_view session, uint64_t epoch,
                                      std::function<void()> superseded) {
  std::function<void()> older;
  {
    MutexLock lock(mutex_);
    auto found = entries_.find(std::string(session));
    if (found == entries_.end()) {
      if (entries_.size() >= kMaxSessions) {
        return WithReason(absl::ResourceExhaustedError(fmt::format(
                              "session_id: {} sessions are known, the most at once", kMaxSessions)),
                          kOverloaded);
      }
      found = entries_.try_emplace(std::string(session)).first;
    }
    Entry& entry = found->second;
    if (entry.connected && epoch <= entry.epoch) {
      return absl::AbortedError(fmt::format(
          "epoch: {}; session {} has a stream of epoch {}: use a higher one to take over", epoch,
          session, entry.epoch));
    }
    if (entry.connected) older = std::move(entry.superseded);
    entry.connected = true;
    entry.epoch = epoch;
    entry.superseded = std::move(superseded);
  }
  if (older) older();
  return absl::OkStatus();
}

void SessionRegistry::Disconnect(std::string_view session, uint64_t epoch, Instant now) {
  MutexLock lock(mutex_);
  const auto found = entries_.find(std::string(session));
  if (found == entries_.end() || found->second.epoch != epoch) return;
  found->second.connected = false;
  found->second.superseded = nullptr;
  found->second.lost_at = now + grace_;
}

void SessionRegistry::Recover(std::string_view session, Instant now) {
  MutexLock lock(mutex_);
  Entry& entry = entries_[std::string(session)];
  if (!entry.connected) entry.lost_at = now + grace_;
}

void SessionRegistry::RestartGraces(Instant now) {
  MutexLock lock(mutex_);
  for (auto& [session, entry] : entries_) {
    if (!entry.connected) entry.lost_at = now + grace_;
  }
}

std::vector<std::string> SessionRegistry::TakeLost(Instant now) {
  std::vector<std::string> lost;
  MutexLock lock(mutex_);
  if (stopped_) return lost;
  for (const auto& [session, entry] : entries_) {
    if (!entry.connected && entry.lost_at <= now) lost.push_back(session);
  }
  for (const std::string& session : lost) entries_.erase(session);
  return lost;
}

void SessionRegistry::StopGraces() {
  MutexLock lock(mutex_);
  stopped_ = true;
}

size_t SessionRegistry::size() const {
  MutexLock lock(mutex_);
  return entries_.size();
}

}  // namespace quota::server
