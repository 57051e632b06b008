// Which sessions are connected, and which were lost long enough ago for their holds to end.
//
// A session is a client's name for itself across its streams. While a stream of it is open it is
// connected; when the last one ends, its grace begins, and a newer stream (a higher epoch) takes
// over. Soft state: after a restart, every session that has open holds begins a full grace.
//
// Thread-safe; never blocks for long, and calls nothing while it is locked.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/mutex.h"

namespace quota::server {

class SessionRegistry {
 public:
  // At most this many sessions are known at once: each API server process has one.
  static constexpr size_t kMaxSessions = 100'000;

  explicit SessionRegistry(Duration grace) : grace_(grace) {}

  Duration grace() const { return grace_; }

  // A stream of `session` begins. `superseded` is called, without the lock and on the thread of the
  // stream that takes over, when a stream with a higher epoch does so. ABORTED where a stream with
  // the same or a higher epoch is open; RESOURCE_EXHAUSTED where there are too many sessions.
  [[nodiscard]] absl::Status Connect(std::string_view session, uint64_t epoch,
                                     std::function<void()> superseded);

  // That stream has ended: the grace begins, unless a newer stream has taken over.
  void Disconnect(std::string_view session, uint64_t epoch, Instant now);

  // `session` has open holds in the store but no stream: after recovery. Its grace begins at `now`.
  void Recover(std::string_view session, Instant now);

  // Every session without a stream begins a full grace: the engine serves again after a stop.
  void RestartGraces(Instant now);

  // Sessions whose grace has passed. Each is returned once, and forgotten.
  std::vector<std::string> TakeLost(Instant now);

  // While a drain runs no grace ends.
  void StopGraces();

  size_t size() const;

 private:
  struct Entry {
    uint64_t epoch = 0;
    bool connected = false;
    Instant lost_at;
    std::function<void()> superseded;
  };

  const Duration grace_;
  mutable Mutex mutex_;
  absl::flat_hash_map<std::string, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace quota::server
