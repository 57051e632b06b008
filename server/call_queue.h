// The queue in front of an executor: bounded in all, and by organisation so that one cannot starve
// the rest. First in, first out.
//
// Thread-safe; never blocks for long.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/mutex.h"
#include "server/call.h"

namespace quota::server {

class CallQueue {
 public:
  struct Limits {
    // Calls in all: a second's work or more, so that a longer queue would only add latency.
    size_t calls = 65'536;
    // Calls of one organisation; see design.md, "Semantics".
    size_t calls_of_org = 1'024;
  };

  explicit CallQueue(Limits limits) : limits_(limits) {}

  // How long the queue was, and is.
  struct Growth {
    size_t before = 0;
    size_t after = 0;
  };
  // Takes the calls of `calls` that fit; puts the others into `refused`.
  Growth Push(const std::vector<Call*>& calls, std::vector<Call*>& refused);
  Growth Push(Call* call, std::vector<Call*>& refused);

  // Up to `most` calls, in order, appended to `out`. Looks at none of them: another core has
  // written them, so that each look waits for it.
  void Take(size_t most, std::vector<Call*>& out);

  size_t size() const;

 private:
  static constexpr size_t kCrowds = 256;

  struct Queued {
    Call* call;
    // 0: of no organisation.
    uint64_t org_hash;
  };

  // The lowest bits of the hash chose the shard.
  static size_t CrowdOf(uint64_t org_hash) { return (org_hash >> 32) % kCrowds; }
  size_t SizeLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return queued_.size() - taken_;
  }
  void PushLocked(Call* call, std::vector<Call*>& refused) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // It is taken: its organisation has one less.
  void Uncount(uint64_t org_hash) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Forgets what is taken, where that is worth it.
  void Tidy() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whether the organisation has its part of the queue already. Counts from now on.
  bool HasItsPart(uint64_t org_hash) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Limits limits_;
  mutable Mutex mutex_;
  // Those before `taken_` are gone. No deque: that allocates for each few calls.
  std::vector<Queued> queued_ ABSL_GUARDED_BY(mutex_);
  size_t taken_ ABSL_GUARDED_BY(mutex_) = 0;
  // How many calls those organisations have together whose hashes are partly alike: while they have
  // no more than one may have, none of them has, and nobody counts them one by one.
  std::array<size_t, kCrowds> crowds_ ABSL_GUARDED_BY(mutex_){};
  // By the 64-bit hash of the organisation's id; organisations without queued calls are not in it.
  // Empty unless it counts: from the first full crowd on, until the queue is empty.
  absl::flat_hash_map<uint64_t, uint32_t> size_of_org_ ABSL_GUARDED_BY(mutex_);
  bool counts_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace quota::server
