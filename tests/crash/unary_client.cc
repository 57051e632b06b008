#include "tests/crash/unary_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace quota::test {
namespace {

using testing::AnyOf;

// The shortest that the API takes, so that what is left to its ttl ends while the test runs.
constexpr int64_t kShortTtlSeconds = 1;

}  // namespace

UnaryClient::UnaryClient(TrafficBoard& board, const std::string& target, uint64_t seed,
                         std::string prefix)
    : board_(board), calls_(target), dice_(seed), prefix_(std::move(prefix)) {}

void UnaryClient::Run() {
  while (dice_.Chance(4, 10) ? Charge() : Reserve()) {
    answered_ = uint64_t{witness_.charges.size()} << 32 | witness_.reserves.size();
  }
}

template <typename Response>
bool UnaryClient::Take(const Reply<Response>& reply, std::optional<Response>& answer) {
  if (!reply.ok()) {
    // CANCELLED: the call came as a server that was asked to stop closed its port.
    EXPECT_THAT(reply.code(), AnyOf(grpc::StatusCode::UNAVAILABLE, grpc::StatusCode::CANCELLED))
        << reply.message();
    EXPECT_TRUE(board_.end_expected()) << reply.message();
    return false;
  }
  ExpectWithinBounds(reply->usage());
  answer = reply.response;
  board_.CountAnswers(1);
  return true;
}

bool UnaryClient::Charge() {
  WitnessedCharge& charge = witness_.charges.emplace_back();
  charge.request = MakeCharge(dice_.AnyOf(board_.orgs()), NextId(), dice_.Pick(0, 40));
  if (dice_.Chance(1, 4)) charge.request.set_mode(v1::RESERVE_MODE_BEST_EFFORT);
  return Take(calls_.Charge(charge.request), charge.answer);
}

bool UnaryClient::Reserve() {
  WitnessedReserve& reserve = witness_.reserves.emplace_back();
  reserve.request = MakeReserve(dice_.AnyOf(board_.orgs()), NextId(), dice_.Pick(0, 40));
  const bool left_to_ttl = dice_.Chance(1, 50);
  if (left_to_ttl) {
    reserve.request.mutable_ttl()->set_seconds(kShortTtlSeconds);
    // Mostly without a slot, or they would soon have all of them.
    reserve.request.set_slots(dice_.Chance(1, 4) ? 1 : 0);
    if (dice_.Chance(1, 2)) reserve.request.set_on_expiry(v1::EXPIRY_ACTION_COMMIT);
  }
  if (!Take(calls_.Reserve(reserve.request), reserve.answer)) return false;
  if (!reserve.Granted() || left_to_ttl) return true;
  return dice_.Chance(3, 5) ? Commit(reserve) : Release(reserve);
}

// What was held, less, or more.
bool UnaryClient::Commit(WitnessedReserve& reserve) {
  reserve.commit = MakeCommit(reserve.request.org_id(), reserve.request.reservation_id());
  if (dice_.Chance(2, 3))
    reserve.commit->set_credits(dice_.Pick(0, reserve.answer->credits() + 30));
  return Take(calls_.Commit(*reserve.commit), reserve.committed);
}

bool UnaryClient::Release(WitnessedReserve& reserve) {
  reserve.release = MakeRelease(reserve.request.org_id(), reserve.request.reservation_id());
  return Take(calls_.Release(*reserve.release), reserve.released);
}

}  // namespace quota::test
