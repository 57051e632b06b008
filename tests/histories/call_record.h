// One call of a history: what was asked, what was answered, and when.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace quota::test {

// Of a counter that all threads of a test share: what happened before has the smaller one.
using Tick = uint64_t;
inline constexpr Tick kNoAnswer = std::numeric_limits<Tick>::max();

enum class CallKind { kReserve, kCommit, kRelease, kCharge, kUsage, kLoseSession };

// What was asked for. One organisation's; its name is not repeated here.
struct CallRequest {
  CallKind kind = CallKind::kUsage;
  std::string id = {};
  int64_t credits = 0;
  int64_t slots = 0;
  // Takes what is left where that is at least 1.
  bool best_effort = false;
  // The session that a Reserve is bound to; of LoseSession, the one that is lost. Empty: none.
  std::string session = {};

  bool operator==(const CallRequest&) const = default;
};

enum class Verdict {
  kGranted,
  kCreditsExhausted,
  kConcurrencyExhausted,
  kDone,
  // Errors.
  kNotFound,
  kAlreadyExists,
  kFailedPrecondition,
  // What no right answer of these calls is.
  kOther,
};

enum class RecordState { kNone, kOpen, kCommitted, kReleased, kSessionLost };

// What was answered. Fields that the call does not have, or that an error leaves open, are zero.
struct CallAnswer {
  Verdict verdict = Verdict::kDone;
  // Held, or charged.
  int64_t credits = 0;
  int64_t overage = 0;
  RecordState state = RecordState::kNone;
  bool repeated = false;
  bool late = false;
  // Where the organisation stood.
  int64_t allotment = 0;
  int64_t used = 0;
  int64_t held = 0;
  int64_t remaining = 0;
  int64_t in_flight = 0;
  int64_t limit = 0;
  // Of kUsage.
  int64_t day_overage = 0;
  int64_t open_reservations = 0;

  bool operator==(const CallAnswer&) const = default;
};

// A call without an answer (answered_at is kNoAnswer) may have taken effect at any time after it
// was made, or never; `answer` means nothing then.
struct CallRecord {
  CallRequest request;
  CallAnswer answer = {};
  Tick called_at = 0;
  Tick answered_at = kNoAnswer;
  // Who made it.
  int client = 0;
  // Calls of one client on one stream take effect in the order of `called_at`.
  bool on_stream = false;
};

// Of one organisation, in any order.
using History = std::vector<CallRecord>;

std::string ToText(const CallRecord& call);

}  // namespace quota::test
