// In which order, and when, the calls of a replay start and end. No threads, clock or network: the
// workers of client/quotactl/replay.h ask it what to do next.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

#include "client/price_map.h"
#include "common/clock.h"

namespace quota::client {

// One call that waits for its turn.
struct ReplayCall {
  // As ReplaySchedule::OrgIndex numbers them.
  size_t org = 0;
  RequestPrice price = {};
  // When it starts, from the replay's begin; 0 where it starts as soon as there is a slot.
  Duration start = Duration::zero();
  // How long it is held.
  Duration hold = Duration::zero();
};

struct ReplayTask {
  enum class Step {
    // Find out the organisation's limit, then call Prepared().
    kPrepare,
    // Reserve, then call Held() or Ended().
    kReserve,
    // Commit, then call Ended().
    kCommit,
  };
  Step step = Step::kReserve;
  ReplayCall call = {};
  // kCommit: the reservation.
  std::string reservation_id = {};
};

// Calls of an organisation start in the order added, as soon as their time has come, the
// organisation is prepared and fewer than its limit are in flight. Organisations take turns, so a
// busy one does not keep the others waiting. Thread safety: one thread at a time.
class ReplaySchedule {
 public:
  // The number of an organisation; a new one is to be prepared first.
  size_t OrgIndex(std::string_view org_id);
  const std::string& OrgId(size_t org) const { return orgs_[org].id; }
  size_t org_count() const { return orgs_.size(); }

  void Add(ReplayCall call);
  // At most `limit`, at least 1, calls of the organisation may be in flight.
  void Prepared(size_t org, int64_t limit);
  // The call of a kReserve task was granted and ends at `due`.
  void Held(const ReplayTask& task, std::string reservation_id, Duration due);
  // The call of a kReserve or kCommit task has ended, however it did.
  void Ended(size_t org);

  // What to do now; nothing where all that is left waits for a time or for a call to end.
  std::optional<ReplayTask> Take(Duration now);
  // When time alone makes Take() give something; nothing where no time does.
  std::optional<Duration> NextDue() const;

  // Calls that have not started.
  size_t waiting() const { return waiting_; }
  int64_t in_flight() const { return in_flight_; }
  // Nothing waits and nothing is in flight.
  bool idle() const { return waiting_ == 0 && in_flight_ == 0 && preparing_ == 0; }

 private:
  struct Org {
    std::string id;
    bool prepared = false;
    // True while it is in turns_.
    bool listed = false;
    int64_t limit = 1;
    int64_t in_flight = 0;
    // Their time has come.
    std::deque<ReplayCall> waiting;
  };
  // A task with a time; the earliest first, and among equals the one added first.
  struct Timed {
    Duration due;
    uint64_t order = 0;
    ReplayTask task;
    bool operator>(const Timed& other) const {
      return due != other.due ? due > other.due : order > other.order;
    }
  };
  using TimedQueue = std::priority_queue<Timed, std::vector<Timed>, std::greater<>>;

  // Gives the organisation a turn where it can use one.
  void Offer(size_t org);
  static ReplayTask Pop(TimedQueue& queue);

  std::map<std::string, size_t, std::less<>> index_;
  std::vector<Org> orgs_;
  std::deque<size_t> to_prepare_;
  // Organisations that may start a call now.
  std::deque<size_t> turns_;
  TimedQueue starts_;
  TimedQueue ends_;
  uint64_t next_order_ = 0;
  size_t waiting_ = 0;
  int64_t in_flight_ = 0;
  // Organisations known but not prepared.
  size_t preparing_ = 0;
};

}  // namespace quota::client
