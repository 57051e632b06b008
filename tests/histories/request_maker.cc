#include "tests/histories/request_maker.h"

#include <algorithm>
#include <utility>

namespace quota::test {
namespace {

constexpr int64_t kSharedIds = 4;
// Of its own ids a client settles the latest ones.
constexpr int64_t kRecentIds = 3;

}  // namespace

RequestMaker::RequestMaker(int client, uint64_t seed, std::string session)
    : client_(client), dice_(seed), session_(std::move(session)) {}

std::string RequestMaker::NewId() {
  if (dice_.Chance(1, 5)) return "shared-" + std::to_string(dice_.Pick(1, kSharedIds));
  return OwnId();
}

std::string RequestMaker::OwnId() {
  return "c" + std::to_string(client_) + "-" + std::to_string(++ids_);
}

std::string RequestMaker::KnownId() {
  if (ids_ == 0 || dice_.Chance(1, 5)) {
    return "shared-" + std::to_string(dice_.Pick(1, kSharedIds));
  }
  const int64_t oldest = std::max<int64_t>(1, ids_ - kRecentIds + 1);
  return "c" + std::to_string(client_) + "-" + std::to_string(dice_.Pick(oldest, ids_));
}

CallRequest RequestMaker::Take(CallRequest request) {
  asked_.push_back(request);
  return request;
}

CallRequest RequestMaker::Next() {
  const int64_t choice = dice_.Pick(1, 100);
  if (choice <= 35) {
    CallRequest reserve{.kind = CallKind::kReserve,
                        .id = NewId(),
                        .credits = dice_.Pick(0, 12),
                        .slots = dice_.Pick(0, 1),
                        .best_effort = dice_.Chance(1, 4)};
    if (dice_.Chance(1, 2)) reserve.session = session_;
    return Take(std::move(reserve));
  }
  if (choice <= 60) {
    return Take({.kind = CallKind::kCommit, .id = KnownId(), .credits = dice_.Pick(0, 5)});
  }
  if (choice <= 75) return Take({.kind = CallKind::kRelease, .id = KnownId()});
  if (choice <= 90 && !asked_.empty()) return dice_.AnyOf(asked_);
  if (dice_.Chance(1, 3)) return {.kind = CallKind::kUsage};
  return Take({.kind = CallKind::kCharge,
               .id = NewId(),
               .credits = dice_.Pick(1, 6),
               .best_effort = dice_.Chance(1, 4)});
}

CallRequest RequestMaker::NextPlain() {
  if (dice_.Chance(1, 3)) return {.kind = CallKind::kUsage};
  return {.kind = CallKind::kCharge, .id = OwnId(), .credits = dice_.Pick(1, 6)};
}

}  // namespace quota::test
