#include "tests/histories/player.h"

#include <gtest/gtest.h>

#include <atomic>

#include "tests/histories/call_wire.h"
#include "tests/integration/wait_until.h"

namespace quota::test {
namespace {

using Certainty = WireAnswer::Certainty;

// Far more than a store takes to open again on a machine with other work.
constexpr std::chrono::seconds kPatience{60};

}  // namespace

Tick NextTick() {
  static std::atomic<Tick> now{0};
  return ++now;
}

UnaryPlayer::UnaryPlayer(const PlayerOptions& options)
    : options_(options), calls_(options.target), requests_(options.client, options.seed, "") {}

void UnaryPlayer::Run() {
  for (int call = 0; call < options_.calls; ++call) {
    CallUntilAnswered(options_.plain ? requests_.NextPlain() : requests_.Next());
  }
}

void UnaryPlayer::Look() { CallUntilAnswered({.kind = CallKind::kUsage}); }

void UnaryPlayer::CallUntilAnswered(const CallRequest& request) {
  EXPECT_TRUE(WaitUntil([&] { return Call(request); }, kPatience)) << "no answer";
}

bool UnaryPlayer::Call(const CallRequest& request) {
  CallRecord record{.request = request, .called_at = NextTick(), .client = options_.client};
  const WireAnswer answer = CallOnce(calls_.quota(), options_.org, request);
  if (answer.certainty == Certainty::kNotMade) return false;
  if (answer.certainty == Certainty::kAnswered) {
    record.answer = answer.answer;
    record.answered_at = NextTick();
  }
  history_.push_back(std::move(record));
  return answer.certainty == Certainty::kAnswered;
}

}  // namespace quota::test
